"""A `response` object, whole or in the events of a stream. Source: OpenAI's API reference, "Streaming events".

Two repairs, for servers such as llama.cpp, whose events lack numbers that client libraries rely on: an event without
`sequence_number`, `output_index` or `content_index` gets it, and the `response` of one that begins gets the time, an
empty `model` and an empty `output`. An event that lacks none of them is passed on unchanged.
"""

import re
import time
from typing import Any

import orjson

from proxy.endpoints.endpoint import Dialect, below
from proxy.endpoints.states import States
from proxy.errors import RingfenceError

CUT_SHORT = {"max_output_tokens": "length", "content_filter": "content_filter"}
"""Reasons of an incomplete response, and how an outcome names them."""
MOST_ITEMS = 10_000
LINE_END = re.compile(rb"\r\n|\n|\r")
OF_A_PART = re.compile(r"response\.(content_part|output_text|refusal|reasoning_text)\.")
BEGINS = frozenset({"response.created", "response.queued", "response.in_progress"})
BEGUN = frozenset({"created_at", "model", "output"})
"""What libraries rely on in a response that begins."""


class ResponsesDialect(Dialect):
    """Reads responses, repairs their events, and writes errors as the API's `error` event."""

    def __init__(self) -> None:
        super().__init__()
        self._number = -1
        self._items: dict[str, int] = {}
        self._parts: dict[str, int] = {}

    def see(self, answer: dict[str, Any]) -> None:
        """Take note of a response, of an event that carries one, or of a list of items."""
        response = below(answer, "response") or answer
        self.observed.named(response.get("model"))
        usage = below(response, "usage")
        cached = below(usage, "input_tokens_details").get("cached_tokens")
        self.observed.used(**{"in": usage.get("input_tokens"), "out": usage.get("output_tokens"), "cached": cached})
        if response.get("object") == "response" and response.get("status") in ("completed", "incomplete"):
            reason = below(response, "incomplete_details").get("reason")
            self.observed.finished(CUT_SHORT.get(reason, "other") if isinstance(reason, str) else "stop")
        _note(self.states, answer, response)

    def is_error(self, answer: dict[str, Any]) -> bool:
        """Whether it is an `error` or a failed response."""
        return answer.get("type") in ("error", "response.failed") or bool(answer.get("error"))

    def passed(self, event: bytes, answer: dict[str, Any]) -> bytes:
        """Return an event with the numbers that it should have."""
        if not str(answer.get("type", "")).startswith("response."):
            return event
        missing = self._missing(answer)
        response = answer.get("response")
        if answer["type"] in BEGINS and isinstance(response, dict) and not response.keys() >= BEGUN:
            missing["response"] = {"created_at": int(time.time()), "model": "", "output": [], **response}
        if not missing:
            return event
        kept = [line for line in LINE_END.split(event) if line and not line.startswith(b"data:")]
        return b"\n".join([*kept, b"data: " + orjson.dumps({**answer, **missing})]) + b"\n\n"

    def error_event(self, message: str, code: str) -> bytes:
        """Frame an error as the API's `error` event, with the object that libraries look for to raise their own."""
        self._number += 1
        said = {"code": code, "message": message, "param": None}
        shape = {"type": "error", **said, "sequence_number": self._number, "error": {"type": "upstream_error", **said}}
        return b"event: error\ndata: " + orjson.dumps(shape) + b"\n\n"

    def refusal_event(self, error: RingfenceError) -> bytes:
        """Frame a refusal likewise."""
        self._number += 1
        said = error.body()["error"]
        first = {"type": "error", "code": error.code, "message": error.message, "param": None}
        shape = {**first, "sequence_number": self._number, "error": said}
        return b"event: error\ndata: " + orjson.dumps(shape) + b"\n\n"

    def _missing(self, answer: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        given = answer.get("sequence_number")
        if type(given) is int:
            self._number = given
        else:
            self._number = found["sequence_number"] = self._number + 1
        name = below(answer, "item").get("id") or answer.get("item_id")
        if len(self._items) > MOST_ITEMS:  # of an answer without end
            self._items.clear()
            self._parts.clear()
        if isinstance(name, str):
            index = self._items.setdefault(name, answer.get("output_index", len(self._items)))
            if "output_index" not in answer:
                found["output_index"] = index
            if OF_A_PART.match(answer["type"]) and "content_index" not in answer:
                begun = answer["type"] == "response.content_part.added"
                self._parts[name] = self._parts.get(name, -1 if begun else 0) + begun
                found["content_index"] = self._parts[name]
        return found


class KeptDialect(ResponsesDialect):
    """Reads what was answered before and is shown again: it costs no tokens a second time."""

    def see(self, answer: dict[str, Any]) -> None:
        """Take note of all but the usage."""
        super().see(answer)
        self.observed.usage.clear()


def _note(states: States, answer: dict[str, Any], response: dict[str, Any]) -> None:
    """Note every id by which the caller could refer to what its server keeps."""
    if response.get("object") == "response":
        states.note("response", response.get("id"))
        states.note("conversation", below(response, "conversation").get("id"))
    rows = answer.get("data") if answer.get("object") == "list" else response.get("output")
    for item in [*(rows if isinstance(rows, list) else ()), answer.get("item")]:
        if isinstance(item, dict):
            # Reasoning is brought back by its id, or as it was enciphered, whether or not the response was stored.
            states.note("item", item.get("id"), carried=item.get("type") == "reasoning")
            states.note("item", item.get("encrypted_content"), carried=True)
    states.note("item", answer.get("item_id"))
