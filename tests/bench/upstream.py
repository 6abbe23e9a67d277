"""The one model server that every target talks to: answers at once, so that what is measured is the way to it.

    python tests/bench/upstream.py

Prints its base URL and serves until standard input closes. A raw asyncio protocol, so that it costs little itself.
"""

import asyncio
import json
import sys

import uvloop

CHUNKS = 20


def _event(delta: dict[str, str], finish: str | None = None) -> bytes:
    shape = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-mini"}
    body = json.dumps({**shape, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}).encode()
    data = b"data: " + body + b"\n\n"
    return b"%x\r\n%s\r\n" % (len(data), data)


def _whole() -> bytes:
    message = {"role": "assistant", "content": "word " * CHUNKS}
    body = json.dumps(
        {
            "id": "c",
            "object": "chat.completion",
            "created": 1,
            "model": "gpt-4o-mini",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 200, "completion_tokens": CHUNKS, "total_tokens": 200 + CHUNKS},
        }
    ).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)


WHOLE = _whole()
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
EVENTS = [
    _event({"role": "assistant", "content": ""}),
    *(_event({"content": "word "}) for _ in range(CHUNKS)),
    _event({}, "stop"),
    b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n",
]


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
            streamed = b'"stream":true' in body or b'"stream": true' in body
            for piece in [HEAD, *EVENTS] if streamed else [WHOLE]:
                self._transport.write(piece)  # type: ignore[attr-defined]


async def main() -> None:
    """Serve until standard input closes."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Upstream, "127.0.0.1", 0)
    print(f"listening on http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(main())
