"""Reads an answer before everything else does: measures it, and takes out what only the measuring asked for.

So what is scanned, recorded and passed on is the answer that the caller asked for.
"""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

import orjson

from proxy.confidence.gauge import Gauge
from proxy.upstreams.errors import Lost
from proxy.upstreams.sse import LINE_END, Cutter
from proxy.upstreams.translation import Translation

MAX_HELD_BYTES = 16 * 1024 * 1024
"""Of a stream that is held until its end. A longer one is broken off."""
OK = HTTPStatus.OK.value


class Measured:
    """A translation that measures what comes out of another one, or of none."""

    def __init__(self, inner: Translation | None, gauge: Gauge, *, asked: bool) -> None:
        """`asked`: the caller itself wants the probabilities of tokens."""
        self.content_type = inner.content_type if inner else "text/event-stream"
        self._inner = inner
        self._gauge = gauge
        self._asked = asked

    def whole(self, body: bytes, status: int) -> bytes:
        """Measure a whole answer."""
        body = self._inner.whole(body, status) if self._inner else body
        return (self._seen(body) or body) if status == OK else body

    async def stream(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Measure a stream, event by event. Raises Lost for one that is too long to be held."""
        cutter, total = Cutter(), 0
        async for chunk in self._inner.stream(chunks) if self._inner else chunks:
            total += len(chunk)
            if total > MAX_HELD_BYTES:
                raise Lost("answer_too_large")
            for event in cutter.cut(chunk):
                yield self._event(event)
            if cutter.too_large:  # which is an error for whoever reads it next
                break
        if rest := cutter.rest:
            yield self._event(rest)

    def _event(self, event: bytes) -> bytes:
        lines = [line for line in LINE_END.split(event) if line]
        seen = self._seen(b"\n".join(line[5:].strip() for line in lines if line.startswith(b"data:")))
        if seen is None:
            return event
        return b"\n".join([*(line for line in lines if not line.startswith(b"data:")), b"data: " + seen, b"", b""])

    def _seen(self, data: bytes) -> bytes | None:
        """Measure an object; return it without what nobody asked for, None where it can stay as it is. Raises Lost."""
        try:
            answer = orjson.loads(data)
        except orjson.JSONDecodeError:
            return None
        if not isinstance(answer, dict):
            return None
        self._gauge.see(answer)
        if self._asked or not _stripped(answer):
            return None
        try:
            return orjson.dumps(answer)
        except orjson.JSONEncodeError:  # it nests deeper than can be written
            raise Lost("bad_answer") from None


def _stripped(answer: dict[str, Any]) -> bool:
    """Take the probabilities out of an answer; whether there were any."""
    choices = answer.get("choices")
    listed = choices if isinstance(choices, list) else []
    having = [each for each in listed if isinstance(each, dict) and each.get("logprobs")]
    for choice in having:
        choice["logprobs"] = None
    return bool(having)
