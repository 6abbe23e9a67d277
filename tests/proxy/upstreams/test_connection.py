import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest

from proxy.upstreams import connection as module
from proxy.upstreams.connection import Connection, Response
from proxy.upstreams.errors import Lost

ASKED = b"GET / HTTP/1.1\r\nhost: h\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"


@dataclass
class Line:
    """A connection to a server that answers each request with the next of these."""

    connection: Connection
    to_server: asyncio.StreamReader
    to_us: asyncio.StreamWriter
    closed: list[Connection] = field(default_factory=list)

    async def ask(self, answer: bytes, read_s: float = 5.0, *, hang_up: bool = False) -> Response:
        asking = asyncio.ensure_future(self.connection.ask(ASKED, read_s, self.closed.append))
        await self.to_server.readuntil(b"\r\n\r\n")
        self.to_us.write(answer)
        if hang_up:
            self.to_us.close()
        return await asking


def on_a_line(test: Callable[[Line], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        arrived: asyncio.Queue[Any] = asyncio.Queue()
        server = await asyncio.start_server(lambda *ends: arrived.put_nowait(ends), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", port)
        line = Line(connection, *await arrived.get())
        await test(line)
        connection.end()
        line.to_us.close()
        server.close()

    asyncio.run(run())


async def body(answer: Response) -> bytes:
    read = bytearray()
    while piece := await answer.read():
        read += piece
    return bytes(read)


@pytest.mark.parametrize("answer", [OK, CHUNKED + b"\r\n"])
def test_a_connection_whose_answer_was_read_whole_serves_again(answer: bytes) -> None:
    async def test(line: Line) -> None:
        for number in (1, 2):
            got = await line.ask(answer)
            assert (got.status_code, await body(got), line.connection.free) == (200, b"{}", False)
            got.close()
            got.close()
            assert (line.connection.free, len(line.closed)) == (True, number)

    on_a_line(test)


@pytest.mark.parametrize(
    "answer",
    [OK + b"HTTP", OK[:-1], OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), OK.replace(b"1.1", b"1.0")],
    ids=["more came", "less came", "the server wants it closed", "it is of HTTP/1.0"],
)
def test_any_other_connection_serves_no_more(answer: bytes) -> None:
    async def test(line: Line) -> None:
        got = await line.ask(answer)
        await got.read()
        got.close()
        assert not line.connection.free
        with pytest.raises(RuntimeError):
            await line.connection.ask(ASKED, 1, line.closed.append)
        assert len(line.closed) == 1

    on_a_line(test)


def test_what_comes_unasked_is_nobodys_answer() -> None:
    async def test(line: Line) -> None:
        got = await line.ask(OK)
        await body(got)
        got.close()
        line.to_us.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
        assert await line.to_server.read() == b""
        assert not line.connection.free

    on_a_line(test)


@pytest.mark.parametrize(
    ("cut", "whole"), [(b"Content-Type: x\r\n\r\nhello", True), (b"Content-Length: 9\r\n\r\nhello", False)]
)
def test_the_end_of_the_connection_ends_only_an_answer_that_said_nothing_of_its_length(
    *, cut: bytes, whole: bool
) -> None:
    async def test(line: Line) -> None:
        got = await line.ask(b"HTTP/1.1 200 OK\r\n" + cut, hang_up=True)
        assert await got.read() == b"hello"
        if whole:
            assert await got.read() == b""
        else:
            with pytest.raises(Lost, match="connection_lost"):
                await got.read()
        got.close()
        assert not line.connection.free

    on_a_line(test)


def test_headers_are_those_of_the_answer_and_not_of_interim_ones_or_trailers() -> None:
    head = b"HTTP/1.1 %s\r\nContent-Type: %s\r\nRetry-After:  7 \r\nSet-Cookie: a=b\r\n"

    async def test(line: Line) -> None:
        interim = head % (b"103 Early Hints", b"early") + b"\r\n"
        chunks = b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nContent-Type: late\r\n\r\n"
        got = await line.ask(interim + head % (b"200 OK", b"text/x") + chunks)
        assert await body(got) == b"{}"
        assert got.headers == {"content-type": "text/x", "retry-after": "7"}

    on_a_line(test)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"HTTP/1.1 099 X\r\nContent-Length: 2\r\n\r\n[]" + OK,
        b"SSH-2.0-x\r\n",
    ],
)
def test_what_two_could_read_differently_is_lost(answer: bytes) -> None:
    async def test(line: Line) -> None:
        with pytest.raises(Lost, match="connection_lost"):
            await (await line.ask(answer)).read()

    on_a_line(test)


def test_a_server_waits_for_whoever_reads_slowly_and_is_not_blamed_for_it() -> None:
    async def test(line: Line) -> None:
        size = 8_000_000
        got = await line.ask(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (size, b"x" * size), read_s=0.1)
        await asyncio.sleep(0.3)
        assert got._size < 2_000_000
        assert len(await body(got)) == size
        got.close()
        assert line.connection.free

    on_a_line(test)


def test_a_pause_that_is_longer_than_allowed_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(line: Line) -> None:
        got = await line.ask(OK[:-1], read_s=0.1)
        assert await got.read() == b"{"
        line.to_us.write(b"")
        with pytest.raises(Lost, match="timeout"):
            await got.read()
        got.close()

    assert module.MAX_BESIDE_BYTES <= 1024 * 1024
    on_a_line(test)


def test_nothing_is_left_behind_by_whoever_does_not_wait_for_an_answer() -> None:
    async def test(line: Line) -> None:
        asking = asyncio.ensure_future(line.ask(b""))
        await asyncio.sleep(0.05)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)

    on_a_line(test)
