"""`/v1/messages` and `/v1/messages/count_tokens`. Source: Anthropic's API reference, "Messages" and "Streaming".

A token count carries all that a message would, so it is read, decided, recorded and sent like one.

What a model thought comes back sealed: a `signature` holds the thoughts in cipher, for its vendor alone ("Extended
thinking"). A seal that an answer gave to this team is known, as a stored response is, and can go where it comes from.
"""

from dataclasses import replace
from typing import Any

import orjson

from proxy.content.opaque import CLIENT_TOOLS, Place
from proxy.content.walk import Content, Reference, Walk
from proxy.endpoints import anthropic
from proxy.endpoints.endpoint import Dialect, Endpoint, below
from proxy.errors import RequestRefused, RingfenceError

TOOL_TYPES: frozenset[object] = CLIENT_TOOLS | {None, "custom"}
"""Of tools that the caller runs; all others are run by the vendor, or show a model what is no text."""
ENDS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
"""Why an answer ended, and how an outcome names that."""
SEALS = {"thinking": "signature", "redacted_thinking": "data"}
"""Blocks that hold sealed thoughts, and where."""


def read(body: dict[str, Any], max_depth: int) -> Content:
    """Visit every key and scalar; raises RequestRefused when it is no body of messages, or as `Walk` does."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages or not all(isinstance(m, dict) for m in messages):
        raise RequestRefused("'messages' must be a non-empty array of objects.", param="messages")
    walk = Walk(max_depth)
    walk.unit("system", "system", body.get("system"), Place.BLOCKS)
    for index, message in enumerate(messages):
        path = f"messages[{index}]"
        walk.unit(path, message.get("role"), _unsealed(walk, path, message), Place.TURN)
    n_tools = walk.tools(body, TOOL_TYPES)
    walk.rest(body, "messages", "system", "tools")
    return walk.content(len(messages), n_tools)


def _unsealed(walk: Walk, path: str, message: dict[str, Any]) -> dict[str, Any]:
    """Return a message without the seals of its thoughts, which are noted as references."""
    content = message.get("content")
    if not isinstance(content, list):
        return message
    said = [_open(walk, f"{path}.content[{index}]", block) for index, block in enumerate(content)]
    return {**message, "content": said}


def _open(walk: Walk, path: str, block: Any) -> Any:
    where, seal = _seal(block)
    if not seal:
        return block
    walk.refer(Reference("item", seal, f"{path}.{where}", unknown="sealed_thoughts", sealed=True))
    return {name: value for name, value in block.items() if name != where}


def _seal(block: Any) -> tuple[str, str]:
    """Return where a block holds sealed thoughts, and the seal; nothing for another block."""
    kind = block.get("type") if isinstance(block, dict) else None
    where = SEALS.get(kind, "") if isinstance(kind, str) else ""
    seal = block[where] if where and where in block else ""
    return where, seal if isinstance(seal, str) else ""


class MessagesDialect(Dialect):
    """A `message` object, whole or told by the events of a stream. A count of tokens used none: it is not noted."""

    def see(self, answer: dict[str, Any]) -> None:
        """Take note of a message, or of an event that says something of one."""
        message = below(answer, "message") or answer
        self.observed.named(message.get("model"))
        reason = message.get("stop_reason") or below(answer, "delta").get("stop_reason")
        self.observed.finished(ENDS.get(reason, "other") if isinstance(reason, str) else reason)
        self._count(below(message, "usage"))
        content = message.get("content")
        for block in (below(answer, "content_block"), *(content if isinstance(content, list) else ())):
            self.states.note("item", _seal(block)[1], carried=True)
        self.states.note("item", below(answer, "delta").get("signature"), carried=True)

    def is_error(self, answer: dict[str, Any]) -> bool:
        """Whether it is an `error`."""
        return answer.get("type") == "error" or bool(answer.get("error"))

    def error_event(self, message: str, code: str) -> bytes:
        """Frame an error as the API's `error` event."""
        return anthropic.event(message, code)

    def refusal_event(self, error: RingfenceError) -> bytes:
        """Frame a refusal likewise."""
        return b"event: error\ndata: " + orjson.dumps(anthropic.refusal(error)) + b"\n\n"

    def _count(self, usage: dict[str, Any]) -> None:
        """Note token counts. Unlike elsewhere, `input_tokens` leaves out those that a cache was read for or written."""
        cached, kept = usage.get("cache_read_input_tokens"), usage.get("cache_creation_input_tokens")
        given = usage.get("input_tokens")
        if type(given) is int:
            given += sum(more for more in (cached, kept) if type(more) is int)
        self.observed.used(**{"in": given, "out": usage.get("output_tokens"), "cached": cached})


MESSAGES = Endpoint(
    "messages",
    "/messages",
    read,
    MessagesDialect,
    key_header="x-api-key",
    id_headers=("x-request-id", anthropic.REQUEST_ID),
)
COUNT_TOKENS = replace(MESSAGES, path="/messages/count_tokens", op="count_tokens")
