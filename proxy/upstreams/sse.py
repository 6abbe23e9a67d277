"""Pass a stream of server-sent events on, and read from it what the outcome record needs.

Format: WHATWG HTML, "Server-sent events", and OpenAI's chat streams (`data: {...}`, at the end `data: [DONE]`). Bytes
are passed on unchanged, comments and line ends included, as soon as an event is whole. The one exception: an error
that an upstream sends inside a stream is replaced by ours, because its text may repeat the prompt.
"""

import re
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import orjson

EVENT_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
MAX_EVENT_BYTES = 4 * 1024 * 1024
FINISH_REASONS = frozenset({"stop", "length", "tool_calls", "content_filter", "function_call"})


@dataclass(slots=True)
class Observed:
    """What an answer said of itself: numbers and names of ours, never text."""

    model: str = ""
    finish: str = ""
    usage: dict[str, int] = field(default_factory=dict)
    failed: bool = False

    def see(self, answer: Any) -> None:
        """Take note of one answer object or chunk; tolerates any shape."""
        if not isinstance(answer, dict):
            return
        if isinstance(answer.get("model"), str):
            self.model = answer["model"]
        choices = answer.get("choices")
        for choice in choices if isinstance(choices, list) else []:
            if isinstance(choice, dict) and (reason := choice.get("finish_reason")):
                self.finish = reason if isinstance(reason, str) and reason in FINISH_REASONS else "other"
        usage = answer.get("usage")
        if isinstance(usage, dict):
            details = usage.get("prompt_tokens_details")
            seen = {
                "in": usage.get("prompt_tokens"),
                "out": usage.get("completion_tokens"),
                "cached": details.get("cached_tokens") if isinstance(details, dict) else None,
            }
            self.usage = {name: n for name, n in seen.items() if type(n) is int and 0 <= n < 2**53}


def error_event(message: str, code: str) -> bytes:
    """Frame an error of ours as the last event of a stream."""
    shape = {"error": {"message": message, "type": "upstream_error", "param": None, "code": code}}
    return b"data: " + orjson.dumps(shape) + b"\n\n"


UPSTREAM_FAILED = error_event("The model server reported an error in mid-answer.", "upstream_error")


async def relay(chunks: AsyncIterator[bytes], observed: Observed) -> AsyncGenerator[bytes]:
    """Yield whole events as they come. A tail that never ends in a blank line is passed on at the end."""
    pending = b""
    async for chunk in chunks:
        pending += chunk
        cut = 0
        for end in EVENT_END.finditer(pending):
            event, cut = pending[cut : end.end()], end.end()
            yield _checked(event, observed)
            if observed.failed:
                return
        pending = pending[cut:]
        if len(pending) > MAX_EVENT_BYTES:
            observed.failed = True
            yield error_event("The model server sent an event that is too large.", "upstream_error")
            return
    if pending:
        yield _checked(pending, observed)


def _checked(event: bytes, observed: Observed) -> bytes:
    """Return the event, or our own error in place of an upstream's."""
    data = b"\n".join(line[5:].strip() for line in re.split(rb"\r\n|\n|\r", event) if line.startswith(b"data:"))
    named_error = re.search(rb"(?:^|[\r\n])event:\s*error", event) is not None
    if not named_error and (not data or data == b"[DONE]"):
        return event
    try:
        answer = orjson.loads(data)
    except orjson.JSONDecodeError:
        answer = None
    if named_error or not isinstance(answer, dict) or "error" in answer:
        observed.failed = True
        return UPSTREAM_FAILED
    observed.see(answer)
    return event
