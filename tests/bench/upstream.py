"""The one model server that every target talks to: answers at once, so that what is measured is the way to it.

    python tests/bench/upstream.py

Prints its base URL and serves until standard input closes. A raw asyncio protocol, so that it costs little itself. No
answer comes twice: one whose text was scanned before would cost its scan no more. A request for a stream says by
`max_tokens` of how many words, an event each; a model whose name ends in `-paced` says the first at once and then ten a
second, and one whose name ends in `-echo` says what it was asked.
"""

import asyncio
import itertools
import json
import re
import sys

import uvloop

WORDS = 20
PACE_S = 0.1
TEXT = """
A bounded queue keeps memory in check because whoever fills it has to wait until somebody takes from it, and the wait is
felt where the work comes from. Put the limit where the work enters, measure how long things lie there, and refuse early
what cannot be done in time. A generator does the same within one program: it makes the next value when it is asked for.
Two of them in a row need no list between them. Where order matters, number what you send and let the reader sort it.
"""


def _event(delta: dict[str, str], finish: str | None = None) -> bytes:
    shape = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-mini"}
    body = json.dumps({**shape, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}).encode()
    data = b"data: " + body + b"\n\n"
    return b"%x\r\n%s\r\n" % (len(data), data)


def _whole(text: str) -> bytes:
    message = {"role": "assistant", "content": text}
    return json.dumps(
        {
            "id": "c",
            "object": "chat.completion",
            "created": 1,
            "model": "gpt-4o-mini",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 200, "completion_tokens": WORDS, "total_tokens": 200 + WORDS},
        }
    ).encode()


WHOLE = _whole("Answer 00000000. " + " ".join(TEXT.split()[:WORDS]))
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
NUMBERED = _event({"role": "assistant", "content": "Answer 00000000. "})
EVENTS = [_event({"content": f"{word} "}) for word in TEXT.split()]
END = [_event({}, "stop"), b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"]
numbers = itertools.count()


def answer(body: bytes) -> list[bytes]:
    """Return the pieces that are written, one by one."""
    number = b"%08d" % next(numbers)
    if b'"stream":true' not in body and b'"stream": true' not in body:
        whole = WHOLE.replace(b"00000000", number)
        if b'-echo"' in body:
            whole = _whole(json.loads(body)["messages"][-1]["content"])
        return [b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(whole) + whole]
    asked = re.search(rb'"max_tokens": ?(\d+)', body)
    words = itertools.islice(itertools.cycle(EVENTS), int(asked[1]) if asked else WORDS)
    return [HEAD, NUMBERED.replace(b"00000000", number), *words, *END]


class Upstream(asyncio.Protocol):
    """Reads a request by its length and writes the answer; a stream is written event by event."""

    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (head := self._buffer.find(b"\r\n\r\n")) >= 0:
            lines = self._buffer[:head].lower().split(b"\r\n")
            lengths = [int(line[15:]) for line in lines if line.startswith(b"content-length:")]
            end = head + 4 + sum(lengths)
            if len(self._buffer) < end:
                return
            body, self._buffer = self._buffer[head + 4 : end], self._buffer[end:]
            if b'-paced"' in body:
                self._paced = asyncio.ensure_future(self._pace(answer(body)))
                return
            for piece in answer(body):
                self._transport.write(piece)  # type: ignore[attr-defined]

    async def _pace(self, pieces: list[bytes]) -> None:
        begin, *words, stop, end = pieces
        self._transport.write(begin + words.pop(0))  # type: ignore[attr-defined]
        for word in words:
            await asyncio.sleep(PACE_S)
            self._transport.write(word)  # type: ignore[attr-defined]
        self._transport.write(stop + end)  # type: ignore[attr-defined]


async def main() -> None:
    """Serve until standard input closes."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Upstream, "127.0.0.1", 0)
    print(f"listening on http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(main())
