import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop
from certificates import CertificateAuthority, terms
from harness import StandIn

from proxy.upstreams import connecting as module
from proxy.upstreams.connecting import Connections
from proxy.upstreams.connection import Connection
from proxy.upstreams.errors import NotSent
from proxy.upstreams.tls import Tls
from proxy.upstreams.upstream import Upstream


@pytest.fixture
def server() -> Iterator[StandIn]:
    made = StandIn()
    yield made
    made.stop()


def connections(url: str) -> Connections:
    return Connections(Upstream("vendor", "openai", "cloud-us", url), 5.0)


async def used(made: Connections) -> Connection:
    """Ask something over a connection, as far as it is still there."""
    connection = await made.take()
    answer = await connection.ask(b"GET /v1/models HTTP/1.1\r\nhost: h\r\n\r\n", 5.0, made.give_back)
    while await answer.read():
        pass
    answer.close()
    return connection


def test_a_connection_is_kept_and_each_serves_one_request_at_a_time(server: StandIn) -> None:
    async def run() -> None:
        made = connections(server.url)
        first = await used(made)
        assert await used(made) is first
        taken = await made.take()
        assert taken is first
        assert await used(made) is not first
        made.close()

    asyncio.run(run())
    assert server.connections == 2


def test_a_connection_that_waits_for_long_is_closed(server: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEEPALIVE_S", 0.1)

    async def run() -> None:
        made = connections(server.url)
        first = await used(made)
        await asyncio.sleep(0.3)
        assert not first.free
        assert not made._all
        assert await used(made) is not first
        made.close()

    asyncio.run(run())


def test_a_connection_that_its_server_closed_is_not_used_again(server: StandIn) -> None:
    async def run() -> None:
        made = connections(server.url)
        first = await used(made)
        first.end()
        assert await used(made) is not first
        made.close()

    asyncio.run(run())


def test_a_name_is_looked_up_once_for_many_connections(server: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    look_up = socket.getaddrinfo

    def noted(host: str, *given: Any, **hints: Any) -> Any:
        if not hints["flags"] & socket.AI_NUMERICHOST:
            asked.append(host)
        return look_up(host, *given, **hints)

    monkeypatch.setattr(socket, "getaddrinfo", noted)

    async def run() -> None:
        made = connections(f"http://localhost:{server.port}/v1")
        await asyncio.gather(*(made.take() for _ in range(5)))
        made.close()
        await asyncio.sleep(0.05)  # so that the server sees it

    asyncio.run(run())
    assert asked == ["localhost"]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:1/v1", "connect"),
        ("https://127.0.0.1:1/v1", "connect"),
        ("http://nowhere.invalid/v1", "dns"),
        (f"http://{'x' * 70}.invalid/v1", "dns"),
    ],
)
def test_what_cannot_be_reached_is_proof_that_nothing_was_sent(url: str, reason: str) -> None:
    with pytest.raises(NotSent) as failure:
        asyncio.run(connections(url).take())
    assert failure.value.reason == reason


@pytest.mark.parametrize("said", [b"", b"220 ready\r\n"], ids=["hangs up", "speaks first"])
def test_a_server_that_does_not_wait_to_be_asked_is_not_asked_and_its_connection_not_kept(said: bytes) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        writer.close()

    async def run() -> tuple[set[str], int]:
        seen = set()
        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        made = connections(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
        for _ in range(50):
            try:
                await used(made)
            except Exception as error:  # noqa: BLE001 - the test is about which
                seen.add(type(error).__name__)
        kept = len(made._all)
        made.close()
        server.close()
        return seen, kept

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        seen, kept = runner.run(run())
    assert seen <= {"NotSent", "Lost"}
    assert not kept


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(("size", "kept"), [(10, True), (16_000_000, False)])
def test_an_answer_before_its_request_had_gone_out_ends_the_connection(
    tmp_path: Path, scheme: str, size: int, *, kept: bool
) -> None:
    authority = CertificateAuthority(tmp_path)
    context = terms(authority.issue("server", ["127.0.0.1"])) if scheme == "https" else None
    seen = asyncio.Event()

    async def hasty(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        await seen.wait()
        writer.transport.abort()

    async def run() -> bool:
        server = await asyncio.start_server(hasty, "127.0.0.1", 0, ssl=context)
        url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        tls = Tls(authority.ca.read_text())
        made = Connections(Upstream("vendor", "openai", "cloud-us", url, tls=tls), 5.0)
        connection = await made.take()
        request = b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: %d\r\n\r\n%s" % (size, b"x" * size)
        answer = await connection.ask(request, 5.0, made.give_back)
        assert await answer.read() == b"{}"
        answer.close()
        free = connection.free
        seen.set()
        made.close()
        server.close()
        await asyncio.sleep(0.05)  # so that both ends see it
        return free

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(run()) is kept
