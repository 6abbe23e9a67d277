import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from proxy.detection.protocol import HEADER, MAX_ANSWER, ProtocolError
from proxy.detection.wire import Wire


def frame(body: bytes) -> bytes:
    return HEADER.pack(len(body)) + body


def wired(story: Callable[[Wire, socket.socket, list[str]], Awaitable[None]]) -> None:
    """Tell a story of a wire, the worker's end of it, and what was heard of its end."""

    async def main() -> None:
        ours, worker = socket.socketpair()
        heard: list[str] = []
        wire = Wire(lambda: heard.append("ended"))
        await asyncio.get_running_loop().create_unix_connection(lambda: wire, sock=ours)
        async with asyncio.timeout(5):
            await story(wire, worker, heard)
        wire.close()
        worker.close()

    uvloop.run(main())


def test_what_is_asked_is_answered_however_the_answer_is_cut() -> None:
    async def story(wire: Wire, worker: socket.socket, heard: list[str]) -> None:
        for pieces in ([frame(b"one")], [b"\0", b"\0\0\5tw", b"ooo"], [frame(b"three")]):
            asking = asyncio.create_task(wire.ask(frame(b"?")))
            for piece in pieces:
                await asyncio.sleep(0.01)
                worker.send(piece)
            assert await asking == b"".join(pieces)[HEADER.size :]
            assert worker.recv(100) == frame(b"?")
        assert (heard, wire.over) == ([], False)

    wired(story)


@pytest.mark.parametrize("said", [b"", b"unasked"], ids=["closed", "unasked"])
def test_an_idle_worker_that_closes_or_speaks_is_at_its_end(said: bytes) -> None:
    async def story(wire: Wire, worker: socket.socket, heard: list[str]) -> None:
        if said:
            worker.send(said)
        else:
            worker.close()
        await asyncio.sleep(0.05)
        assert (heard, wire.over) == (["ended"], True)
        with pytest.raises(ConnectionError):
            await wire.ask(frame(b"?"))

    wired(story)


def test_a_worker_that_closes_within_its_answer_gives_none() -> None:
    async def story(wire: Wire, worker: socket.socket, heard: list[str]) -> None:
        asking = asyncio.create_task(wire.ask(frame(b"?")))
        await asyncio.sleep(0.01)
        worker.send(frame(b"half")[:6])
        worker.close()
        with pytest.raises(ConnectionError):
            await asking
        assert heard == ["ended"]

    wired(story)


def test_more_than_one_answer_is_an_end_and_too_long_a_one_is_none() -> None:
    async def story(wire: Wire, worker: socket.socket, heard: list[str]) -> None:
        asking = asyncio.create_task(wire.ask(frame(b"?")))
        await asyncio.sleep(0.01)
        worker.send(frame(b"one") + b"more")
        assert await asking == b"one"
        assert (heard, wire.over) == (["ended"], True)

    async def too_long(wire: Wire, worker: socket.socket, heard: list[str]) -> None:
        asking = asyncio.create_task(wire.ask(frame(b"?")))
        await asyncio.sleep(0.01)
        worker.send(HEADER.pack(MAX_ANSWER + 1))
        with pytest.raises(ProtocolError):
            await asking

    wired(story)
    wired(too_long)
