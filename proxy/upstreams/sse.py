"""Pass a stream of server-sent events on, and read from it what the outcome record needs.

Format: WHATWG HTML, "Server-sent events", and OpenAI's streams (`data: {...}`, at the end of some `data: [DONE]`).
Bytes are passed on unchanged, comments and line ends included, as soon as an event is whole. The exceptions: an error
that an upstream sends inside a stream is replaced by ours, because its text may repeat the prompt; and what an
endpoint's dialect repairs or keeps back.
"""

import re
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, NamedTuple

import orjson

from proxy.endpoints.endpoint import Dialect

LINE_END = re.compile(rb"\r\n|\n|\r")
EVENT_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
NAMED_ERROR = re.compile(rb"(?:^|[\r\n])event:\s*error")
LONGEST_END = 4
MAX_EVENT_BYTES = 4 * 1024 * 1024
FAILED = "The model server reported an error in mid-answer."
TOO_LARGE = "The model server sent an event that is too large."


class Event(NamedTuple):
    """One event: its bytes as they are to be passed on, and what they say. One of ours says nothing."""

    raw: bytes
    data: bytes = b""
    answer: dict[str, Any] | None = None
    beside: str = ""
    """What stands in it beside the data: comments and names."""


class Cutter:
    """Cuts a stream into events as they become whole, and looks at no byte again and again: pieces may be tiny."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._looked = 0

    def cut(self, chunk: bytes) -> list[bytes]:
        """Return the events that this chunk ends."""
        if not self._pending and b"\r" not in chunk:
            *whole, rest = chunk.split(b"\n\n")
            self._pending += rest
            self._looked = len(rest)
            return [event + b"\n\n" for event in whole]
        self._pending += chunk
        events, start = [], 0
        for end in EVENT_END.finditer(self._pending, max(0, self._looked - LONGEST_END + 1)):
            events.append(bytes(self._pending[start : end.end()]))
            start = end.end()
        del self._pending[:start]
        self._looked = len(self._pending)
        return events

    @property
    def rest(self) -> bytes:
        """What has come of an event that has not ended."""
        return bytes(self._pending)

    @property
    def too_large(self) -> bool:
        """Whether that is more than an event may have."""
        return len(self._pending) > MAX_EVENT_BYTES


async def relay(chunks: AsyncIterator[bytes], dialect: Dialect) -> AsyncGenerator[list[Event]]:
    """Yield events as they become whole, those together that one piece of the stream ends.

    An event that names something to be remembered is the last of those that it comes with. A tail that never ends in a
    blank line is passed on at the end.
    """
    cutter = Cutter()
    async for chunk in chunks:
        events = []
        for event in cutter.cut(chunk):
            checked = _checked(event, dialect)
            if checked.raw:
                events.append(checked)
            if dialect.observed.failed:
                break
            if events and dialect.states.named:
                yield events
                events = []
        if cutter.too_large and not dialect.observed.failed:
            dialect.observed.failed = True
            events.append(Event(dialect.error_event(TOO_LARGE, "upstream_error")))
        if events:
            yield events
        if dialect.observed.failed:
            return
    if (rest := cutter.rest) and (checked := _checked(rest, dialect)).raw:
        yield [checked]


def _checked(event: bytes, dialect: Dialect) -> Event:
    """Return the event, or our own error in place of an upstream's."""
    data, beside, named_error = _read(event)
    if not named_error and (not data or data == b"[DONE]"):
        return Event(event, beside=beside)
    try:
        answer = orjson.loads(data)
    except orjson.JSONDecodeError:
        answer = None
    if named_error or not isinstance(answer, dict) or dialect.is_error(answer):
        dialect.observed.failed = True
        return Event(dialect.error_event(FAILED, "upstream_error"))
    dialect.see(answer)
    return Event(dialect.passed(event, answer), data, answer, beside)


def _read(event: bytes) -> tuple[bytes, str, bool]:
    """Return the data of an event, what stands beside it, and whether it is named an error."""
    if event.startswith(b"data:"):
        data = event[5:].strip()
        if b"\n" not in data and b"\r" not in data:  # it is nothing but one line of data, as most are
            return data, "", False
    lines = [line for line in LINE_END.split(event) if line]
    data = b"\n".join([line[5:].strip() for line in lines if line.startswith(b"data:")])
    beside = b"\n".join([line for line in lines if not line.startswith(b"data:")])
    return data, beside.decode(errors="replace"), NAMED_ERROR.search(event) is not None
