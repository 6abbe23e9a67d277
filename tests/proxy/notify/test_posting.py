import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvloop
from harness import StandIn
from receivers import authority, listening

from proxy.notify.delivery import Undelivered
from proxy.notify.posting import Post

TEXT = b'{"type":"ringfence.decision"}'


@pytest.fixture
def hook() -> Iterator[StandIn]:
    made = StandIn("hook", behaviour="status:200")
    yield made
    made.stop()


def post(url: str, *, times: int = 1, within_s: float = 5.0) -> str:
    """Post to an address; returns the status of the last answer, or why there was none."""

    async def run() -> str:
        sink, status = Post(url), 0
        try:
            async with asyncio.timeout(within_s):
                for _ in range(times):
                    status = await sink.send(TEXT)
        except Undelivered as failed:
            return failed.why
        except TimeoutError:
            return "timeout"
        finally:
            await sink.close()
        return str(status)

    return uvloop.run(run())


def test_headers_are_constants_of_ours_and_those_that_are_given(hook: StandIn) -> None:
    async def run() -> int:
        sink = Post(f"http://127.0.0.1:{hook.port}/x?y=1")
        status = await sink.send(TEXT, {"x-given": "1"})
        await sink.close()
        return status

    assert uvloop.run(run()) == 200
    (seen,) = hook.posts
    assert (seen.path, seen.body) == ("/x?y=1", TEXT)
    assert seen.headers.keys() - {"host", "content-length", "accept"} == {
        "x-given", "content-type", "user-agent", "accept-encoding",
    }  # fmt: skip


def test_a_redirect_is_not_followed(hook: StandIn) -> None:
    with_trap = StandIn("elsewhere")
    hook.behaviour, hook.extra_headers = "redirect", {"location": f"http://127.0.0.1:{with_trap.port}/x"}
    assert post(f"http://127.0.0.1:{hook.port}/x") == "307"
    with_trap.stop()
    assert with_trap.connections == 0


def test_a_proxy_of_the_environment_is_not_used(hook: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = StandIn("proxy")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{elsewhere.port}")
    assert post(f"http://127.0.0.1:{hook.port}/x") == "200"
    elsewhere.stop()
    assert elsewhere.connections == 0


def test_a_cookie_is_not_kept(hook: StandIn) -> None:
    hook.extra_headers = {"set-cookie": "a=b; Path=/"}
    assert post(f"http://127.0.0.1:{hook.port}/x", times=2) == "200"
    assert all("cookie" not in seen.headers for seen in hook.posts)
    assert len(hook.posts) == 2


def test_connections_that_fail_have_a_word_of_ours(hook: StandIn) -> None:
    url = f"http://127.0.0.1:{hook.port}/x"
    hook.behaviour = "hang_up"
    assert post(url) == "lost"
    hook.behaviour = "hang"
    assert post(url, within_s=0.3) == "timeout"
    hook.stop()
    assert post(url) == "refused"


def test_an_endless_answer_is_not_read(tmp_path: Path) -> None:
    async def run() -> int:
        wrote = 0
        done = asyncio.Event()

        async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal wrote
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n")
            try:
                while True:
                    writer.write(b"x" * 65536)
                    await writer.drain()
                    wrote += 65536
            except ConnectionError:
                done.set()
            finally:
                writer.close()

        async with await asyncio.start_server(flood, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            sink = Post(f"http://127.0.0.1:{port}/x")
            await sink.send(TEXT)
            await sink.close()
            async with asyncio.timeout(10):
                await done.wait()
        return wrote

    assert uvloop.run(run()) < 100_000_000


ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


@pytest.mark.parametrize(
    ("first", "more", "why"), [(b"", b"HTTP/1.1 100 Continue\r\n\r\n", "lost"), (ANSWER, ANSWER, "")]
)
def test_a_receiver_that_answers_without_end_is_cut_off(first: bytes, more: bytes, why: str) -> None:
    """Each small answer would be parsed and kept: seconds in which no request goes on, and gigabytes."""

    async def run() -> str:
        cut, delivered = asyncio.Event(), asyncio.Event()

        async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(first)
            if first:
                await delivered.wait()
            try:
                for _ in range(100):
                    writer.write(more * 1000)
                    await writer.drain()
                await reader.read()
            except ConnectionError:
                pass
            cut.set()
            writer.close()

        server = await asyncio.start_server(flood, "127.0.0.1", 0)
        sink = Post(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x")
        said = ""
        try:
            async with asyncio.timeout(10):
                try:
                    await sink.send(TEXT)
                except Undelivered as failed:
                    said = failed.why
                delivered.set()
                await cut.wait()
        finally:
            await sink.close()
            server.close()
        return said

    assert uvloop.run(run()) == why


def test_a_long_answer_is_as_good_as_a_short_one() -> None:
    async def run() -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while await reader.readuntil(b"\r\n\r\n"):
                await reader.readexactly(len(TEXT))
                body = b"x" * 200_000
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            sink = Post(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x")
            for _ in range(20):
                await sink.send(TEXT)
            await sink.close()

    uvloop.run(run())


@pytest.mark.parametrize("trusted", [True, False])
def test_over_tls_the_receiver_must_be_one_that_the_machine_trusts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    made = authority(tmp_path)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(made.ca))

    async def run() -> tuple[bytes, str]:
        async with listening(made.terms) as received:
            sink = Post(f"https://127.0.0.1:{received.port}/x")
            delivery = asyncio.create_task(sink.send(TEXT))
            why = ""
            if trusted:
                await received.until(TEXT)
                delivery.cancel()
                await asyncio.gather(delivery, return_exceptions=True)
            else:
                try:
                    await delivery
                except Undelivered as failed:
                    why = failed.why
            await sink.close()
            return received.all, why

    arrived, why = uvloop.run(run())
    assert (TEXT in arrived, why) == ((True, "") if trusted else (False, "tls"))
