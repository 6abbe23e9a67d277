"""The canary's sink: a server on loopback, inside the server process, that stands where the model servers stand.

It speaks as much of the OpenAI and Anthropic APIs as the canary's requests need, says the same to all of them, and
keeps no byte of what it gets: a body is looked through for the values and marks of the test that runs, and forgotten.
What it keeps is counts, of which there are no more than values and marks were announced. It never logs.

Its paths begin with a random word, made anew with each server, so nothing that is configured leads here.
"""

import asyncio
import contextlib
import json
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

HOST = "127.0.0.1"
MAX_HEAD, MAX_BODY = 64 * 1024, 4 * 1024 * 1024
WITHIN_S = 30.0
MAX_OPEN = 64
"""Connections at a time; one more is closed."""
SAID = "ok"
NOTHING = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
ANSWERS: Mapping[str, dict[str, Any]] = {
    "chat/completions": {
        "id": "canary",
        "object": "chat.completion",
        "created": 0,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": SAID}, "finish_reason": "stop"}],
        "usage": NOTHING,
    },
    "completions": {
        "id": "canary",
        "object": "text_completion",
        "created": 0,
        "choices": [{"index": 0, "text": SAID, "finish_reason": "stop"}],
        "usage": NOTHING,
    },
    "embeddings": {
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.0]}],
        "usage": {"prompt_tokens": 0, "total_tokens": 0},
    },
    "responses": {
        "id": "resp_canary",
        "object": "response",
        "created_at": 0,
        "status": "completed",
        "store": False,
        "output": [
            {
                "id": "msg_canary",
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "content": [{"type": "output_text", "text": SAID, "annotations": []}],
            }
        ],
        "usage": {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0},
    },
    "messages": {
        "id": "msg_canary",
        "type": "message",
        "role": "assistant",
        "content": [{"type": "text", "text": SAID}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 0, "output_tokens": 0},
    },
}
"""By path, an answer that cost nothing; the model is added."""


@dataclass(slots=True)
class Watching:
    """What one request of the canary's may bring, and where it came. Known to nobody else, and only while it runs."""

    mark: str = ""
    """What a harmless request says; empty for one with values."""
    values: tuple[str, ...] = ()
    answers: frozenset[str] = frozenset()
    """Zones whose sinks answer; all others fail, so that whoever tries elsewhere gets there."""
    marked: Counter[str] = field(default_factory=Counter)
    """By zone, how often the mark arrived."""
    planted: Counter[str] = field(default_factory=Counter)
    """By zone, how many of the values arrived."""
    strange: Counter[str] = field(default_factory=Counter)
    """By zone, how often something arrived that is neither."""


class Sink:
    """One server for all zones; each has a path of its own. Used by one event loop."""

    def __init__(self) -> None:
        self._word = secrets.token_urlsafe(24)
        self._server: asyncio.Server | None = None
        self._watching: Watching | None = None
        self._open = 0
        self._stray: Counter[str] = Counter()
        self.port = 0

    async def open(self) -> None:
        """Listen, on a free port of loopback."""
        self._server = await asyncio.start_server(self._serve, HOST, 0, limit=MAX_HEAD)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Take no connection any more."""
        if self._server is not None:
            self._server.close()

    def url(self, zone: str) -> str:
        """Return the base URL of a zone's sink."""
        return f"http://{HOST}:{self.port}/{self._word}/{zone}/v1"

    @contextlib.contextmanager
    def watching(self, what: Watching) -> Iterator[Watching]:
        """Look for this in what arrives, until the block ends."""
        self._watching = what
        try:
            yield what
        finally:
            self._watching = None

    def strays(self, zones: Iterable[str]) -> int:
        """Return how often something arrived at these while no request of a test was under way, since it was asked."""
        count = sum(self._stray[zone] for zone in zones)
        self._stray.clear()
        return count

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= MAX_OPEN:
                async with asyncio.timeout(WITHIN_S):
                    await self._one(reader, writer)
        except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # what is no request is no business of anybody's
        finally:
            self._open -= 1
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        method, path, _ = first.split(" ")
        _, word, zone, _, *rest = path.split("/", 4)
        if method != "POST" or not secrets.compare_digest(word, self._word):
            return
        lengths = [line.partition(":")[2] for line in lines if line.lower().startswith("content-length:")]
        length = int(lengths[0])
        if length > MAX_BODY:
            return
        body = await reader.readexactly(length)
        status, said = self._answer(zone, "/".join(rest), body)
        text = json.dumps(said).encode()
        writer.write(
            b"HTTP/1.1 %d X\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b"
            % (status, len(text), text)
        )
        await writer.drain()

    def _answer(self, zone: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """Look through a body, and answer as the test that runs wants it."""
        what = self._watching
        if what is None:
            self._stray[zone] += 1
            return 503, {"error": {"message": "no test runs", "type": "canary", "code": None}}
        text, model = _texts(body)
        found = sum(value in text for value in what.values)
        what.planted[zone] += found
        if what.mark and what.mark in text:
            what.marked[zone] += 1
        elif not found:
            what.strange[zone] += 1
        if zone not in what.answers or path not in ANSWERS:
            return 503, {"error": {"message": "as the test wants it", "type": "canary", "code": None}}
        return 200, {**ANSWERS[path], "model": model}


def _texts(body: bytes) -> tuple[str, str]:
    """Return all strings of a JSON body, as they are said and as they were written, and the model in it."""
    raw, said = body.decode("utf-8", "replace"), None
    with contextlib.suppress(ValueError, RecursionError):
        said = json.loads(body)
    model = said.get("model", "") if isinstance(said, dict) else ""
    return "\n".join([raw, *_strings(said)]), str(model)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, held in value.items():
            yield key
            yield from _strings(held)
    elif isinstance(value, list):
        for held in value:
            yield from _strings(held)
