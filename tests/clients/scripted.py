"""A model server that answers as the vendors document it: chat, completions, embeddings, responses, and messages.

What it says follows from what it is asked: with tools it calls the first one, with a tool's result it talks, with a
schema it gives an object, after `Repeat: ` it repeats, otherwise it says a sentence whose letters are longer than a
byte. Streams arrive in pieces that end within a letter and within a line.

Sources: OpenAI's API reference (chat, completions, embeddings, "Responses" with "Streaming events") and Anthropic's
("Messages", "Streaming messages", "Token counting").
"""

import asyncio
import base64
import hashlib
import itertools
import json
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from harness import StandIn

WORDS = ("The", " café", " in", " Zürich 🙂", " opens", " at", " nine", ".")
TEXT = "".join(WORDS)
PARSED = {"city": "Zürich", "degrees": 21}
CALLED = {"city": "Zürich"}
AFTER_TOOL = ("It", " is", " 21", " °C", ".")
CREATED = 1760000000
VECTOR = (0.25, -0.5, 0.125, 1.0)
"""Numbers that are the same as 32 bits."""
CHAT_USAGE = {
    "prompt_tokens": 12,
    "completion_tokens": 8,
    "total_tokens": 20,
    "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
}
RESPONSE_USAGE = {
    "input_tokens": 12,
    "input_tokens_details": {"cached_tokens": 4},
    "output_tokens": 8,
    "output_tokens_details": {"reasoning_tokens": 0},
    "total_tokens": 20,
}
PIECE = 61
"""Bytes of a stream that are written at once."""

Asked = dict[str, Any]
Events = Iterator[bytes]


def said(asked: Asked) -> tuple[str, ...]:
    """Return the words of an answer that is no tool call."""
    if tool_results(asked):
        return AFTER_TOOL
    if repeat := re.search(r'Repeat: ([^"\\]*)', json.dumps(asked, ensure_ascii=False)):
        return tuple(re.findall(r"\s*\S+", repeat[1]))
    if schema(asked):
        text = json.dumps(PARSED, ensure_ascii=False)
        return tuple(text[at : at + 5] for at in range(0, len(text), 5))
    return WORDS


def tool_results(asked: Asked) -> list[Any]:
    """Return the results of tools that a request brings, in any of the three dialects."""
    items = [*asked.get("messages", ()), *(i for i in as_items(asked.get("input")) if isinstance(i, dict))]
    blocks = [b for i in items if isinstance(i.get("content"), list) for b in i["content"] if isinstance(b, dict)]
    found = [i for i in items if i.get("role") == "tool" or i.get("type") == "function_call_output"]
    return [*found, *(b for b in blocks if b.get("type") == "tool_result")]


def as_items(given: Any) -> list[Any]:
    return given if isinstance(given, list) else []


def referred(asked: Asked) -> set[str]:
    """Return the ids of what a request for a response refers to."""
    items = [item for item in as_items(asked.get("input")) if isinstance(item, dict)]
    ids = {str(item["id"]) for item in items if item.get("type") == "item_reference"}
    return ids | ({str(before)} if (before := asked.get("previous_response_id")) else set())


def schema(asked: Asked) -> bool:
    shape = asked.get("response_format") or (asked.get("text") or {}).get("format") or {}
    return shape.get("type") == "json_schema"


def tool_name(asked: Asked) -> str | None:
    """Return the name of the tool that is to be called, if one is."""
    if tool_results(asked) or not asked.get("tools"):
        return None
    tool = asked["tools"][0]
    return str((tool.get("function") or tool)["name"])


def arguments() -> Iterator[str]:
    """Yield the arguments of a call, in pieces that are no JSON."""
    text = json.dumps(CALLED, ensure_ascii=False)
    return (text[at : at + 4] for at in range(0, len(text), 4))


def framed(data: Any, event: str = "") -> bytes:
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def logprobs(words: tuple[str, ...]) -> dict[str, Any]:
    tokens = [{"token": word, "logprob": -0.5, "bytes": list(word.encode()), "top_logprobs": []} for word in words]
    return {"content": tokens, "refusal": None}


class Chat:
    """`/v1/chat/completions`."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.common = {"id": "chatcmpl-1", "created": CREATED, "model": asked["model"], "service_tier": "default"}

    def whole(self) -> Any:
        message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None, "annotations": []}
        if name := tool_name(self.asked):
            called = {"name": name, "arguments": "".join(arguments())}
            message["tool_calls"] = [{"id": "call_1", "type": "function", "function": called}]
        else:
            message["content"] = "".join(said(self.asked))
        choices = [
            {
                "index": index,
                "message": message,
                "logprobs": logprobs(said(self.asked)) if self.asked.get("logprobs") else None,
                "finish_reason": "tool_calls" if name else "stop",
            }
            for index in range(self.asked.get("n") or 1)
        ]
        return {**self.common, "object": "chat.completion", "choices": choices, "usage": CHAT_USAGE}

    def events(self) -> Events:
        yield b": keep-alive\n\n"
        yield self._chunk({"role": "assistant", "content": None if tool_name(self.asked) else "", "refusal": None})
        if name := tool_name(self.asked):
            first = {"index": 0, "id": "call_1", "type": "function", "function": {"name": name, "arguments": ""}}
            yield self._chunk({"tool_calls": [first]})
            for piece in arguments():
                yield self._chunk({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
        else:
            for word in said(self.asked):
                yield self._chunk({"content": word})
        yield self._chunk({}, "tool_calls" if name else "stop")
        if (self.asked.get("stream_options") or {}).get("include_usage"):
            yield framed({**self.common, "object": "chat.completion.chunk", "choices": [], "usage": CHAT_USAGE})
        yield b"data: [DONE]\n\n"

    def failure(self) -> bytes:
        error = {"message": f"failed on {self.asked['messages']}", "type": "server_error", "param": None, "code": None}
        return framed({"error": error})

    def _chunk(self, delta: Any, finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return framed({**self.common, "object": "chat.completion.chunk", "choices": [choice]})


class Completions:
    """`/v1/completions`."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.common = {"id": "cmpl-1", "object": "text_completion", "created": CREATED, "model": asked["model"]}

    def whole(self) -> Any:
        return {**self.common, "choices": [self._choice(TEXT, "stop")], "usage": CHAT_USAGE}

    def events(self) -> Events:
        for word in WORDS:
            yield framed({**self.common, "choices": [self._choice(word, None)]})
        yield framed({**self.common, "choices": [self._choice("", "stop")]})
        yield b"data: [DONE]\n\n"

    def failure(self) -> bytes:
        return framed({"error": {"message": f"failed on {self.asked['prompt']}", "type": "server_error"}})

    def _choice(self, text: str, finish: str | None) -> Any:
        return {"index": 0, "text": text, "logprobs": None, "finish_reason": finish}


class Embeddings:
    """`/v1/embeddings`: a vector for each text or array of token ids, turned by its place."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked

    def whole(self) -> Any:
        given = self.asked["input"]
        many = given if isinstance(given, list) and not isinstance(given[0], int) else [given]
        return {
            "object": "list",
            "data": [self._vector(index) for index in range(len(many))],
            "model": self.asked["model"],
            "usage": {"prompt_tokens": 5, "total_tokens": 5},
        }

    def _vector(self, index: int) -> Any:
        numbers = [*VECTOR[index % 4 :], *VECTOR[: index % 4]]
        packed = base64.b64encode(struct.pack("<4f", *numbers)).decode()
        given = packed if self.asked.get("encoding_format") == "base64" else numbers
        return {"object": "embedding", "index": index, "embedding": given}


class Responses:
    """`/v1/responses`."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.numbers = itertools.count()

    def whole(self) -> Any:
        return self._response("completed", [self._item("completed")])

    def events(self) -> Events:
        item = self._item("in_progress")
        yield self._event("response.created", response=self._response("in_progress", []))
        yield self._event("response.in_progress", response=self._response("in_progress", []))
        yield self._event("response.output_item.added", output_index=0, item=item)
        at = {"item_id": item["id"], "output_index": 0}
        yield from self._called(at) if tool_name(self.asked) else self._text(at)
        yield self._event("response.output_item.done", output_index=0, item=self._item("completed"))
        yield self._event("response.completed", response=self.whole())

    def failure(self) -> bytes:
        return self._event("error", code="server_error", message=f"failed on {self.asked['input']}", param=None)

    def _text(self, at: Any) -> Events:
        place = {**at, "content_index": 0}
        text = "".join(said(self.asked))
        part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        yield self._event("response.content_part.added", **place, part=part)
        for word in said(self.asked):
            yield self._event("response.output_text.delta", **place, delta=word, logprobs=[])
        yield self._event("response.output_text.done", **place, text=text, logprobs=[])
        yield self._event("response.content_part.done", **place, part={**part, "text": text})

    def _called(self, at: Any) -> Events:
        for piece in arguments():
            yield self._event("response.function_call_arguments.delta", **at, delta=piece)
        name = tool_name(self.asked)
        yield self._event("response.function_call_arguments.done", **at, name=name, arguments="".join(arguments()))

    def _item(self, status: str) -> Any:
        done = status == "completed"
        if name := tool_name(self.asked):
            called = {"call_id": "call_1", "name": name, "arguments": "".join(arguments()) if done else ""}
            return {"id": "fc_1", "type": "function_call", "status": status, **called}
        part = {"type": "output_text", "text": "".join(said(self.asked)), "annotations": [], "logprobs": []}
        content = [part] if done else []
        return {"id": "msg_1", "type": "message", "status": status, "role": "assistant", "content": content}

    def _response(self, status: str, output: list[Any]) -> Any:
        asked = self.asked
        return {
            "id": "resp_1",
            "object": "response",
            "created_at": CREATED,
            "status": status,
            "background": False,
            "error": None,
            "incomplete_details": None,
            "instructions": asked.get("instructions"),
            "max_output_tokens": asked.get("max_output_tokens"),
            "model": asked["model"],
            "output": output,
            "parallel_tool_calls": True,
            "previous_response_id": asked.get("previous_response_id"),
            "reasoning": {"effort": None, "summary": None},
            "service_tier": "default",
            "store": asked.get("store", True),
            "temperature": 1.0,
            "text": asked.get("text") or {"format": {"type": "text"}},
            "tool_choice": asked.get("tool_choice", "auto"),
            "tools": asked.get("tools", []),
            "top_p": 1.0,
            "truncation": "disabled",
            "usage": RESPONSE_USAGE if status == "completed" else None,
            "user": None,
            "metadata": {},
        }

    def _event(self, kind: str, **fields: Any) -> bytes:
        return framed({"type": kind, "sequence_number": next(self.numbers), **fields}, kind)


class Messages:
    """`/v1/messages`, Anthropic's."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked

    def whole(self) -> Any:
        name = tool_name(self.asked)
        block = self._block({"input": CALLED}) if name else self._block({"text": "".join(said(self.asked))})
        return self._message([*self._thoughts(), block], "tool_use" if name else "end_turn", 8)

    def events(self) -> Events:
        name = tool_name(self.asked)
        yield self._event("message_start", message=self._message([], None, 1))
        at = 0
        for at, thought in enumerate(self._thoughts(), start=1):
            yield self._event("content_block_start", index=at - 1, content_block={**thought, "signature": ""})
            signed = {"type": "signature_delta", "signature": thought["signature"]}
            yield self._event("content_block_delta", index=at - 1, delta=signed)
            yield self._event("content_block_stop", index=at - 1)
        yield self._event(
            "content_block_start", index=at, content_block=self._block({"input": {}} if name else {"text": ""})
        )
        yield self._event("ping")
        for piece in arguments() if name else said(self.asked):
            kind = (
                {"type": "input_json_delta", "partial_json": piece} if name else {"type": "text_delta", "text": piece}
            )
            yield self._event("content_block_delta", index=at, delta=kind)
        yield self._event("content_block_stop", index=at)
        ended = {"stop_reason": "tool_use" if name else "end_turn", "stop_sequence": None}
        yield self._event("message_delta", delta=ended, usage={"output_tokens": 8})
        yield self._event("message_stop")

    def failure(self) -> bytes:
        error = {"type": "overloaded_error", "message": f"failed on {self.asked['messages']}"}
        return self._event("error", error=error)

    def _thoughts(self) -> list[Any]:
        """Return what it thought, sealed, where it was asked to think: each conversation has a seal of its own."""
        if "thinking" not in self.asked:
            return []
        cipher = hashlib.shake_256(json.dumps(self.asked["messages"]).encode()).digest(300)
        seal = base64.b64encode(cipher).decode()
        return [{"type": "thinking", "thinking": "Let me see.", "signature": seal}]

    def _block(self, fields: Any) -> Any:
        if name := tool_name(self.asked):
            return {"type": "tool_use", "id": "toolu_1", "name": name, **fields}
        return {"type": "text", **fields}

    def _message(self, content: list[Any], stop: str | None, tokens: int) -> Any:
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": self.asked["model"],
            "content": content,
            "stop_reason": stop,
            "stop_sequence": None,
            "usage": {"input_tokens": 12, "output_tokens": tokens},
        }

    def _event(self, kind: str, **fields: Any) -> bytes:
        return framed({"type": kind, **fields}, kind)


class TokenCount:
    """`/v1/messages/count_tokens`, Anthropic's."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked

    def whole(self) -> Any:
        return {"input_tokens": 21}


SCRIPTS = {
    "/v1/chat/completions": Chat,
    "/v1/completions": Completions,
    "/v1/embeddings": Embeddings,
    "/v1/responses": Responses,
    "/v1/messages": Messages,
    "/v1/messages/count_tokens": TokenCount,
}


@dataclass
class Scripted(StandIn):
    """A stand-in that knows every endpoint.

    Its behaviours are `answer`, `status:NNN`, `hang_up`, `half_stream` and `error_in_stream`. As at the vendor, a
    response and its items can be referred to by their ids only where it was stored.
    """

    stored: set[str] = field(default_factory=set)

    async def _answer(self, method: str, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        script = SCRIPTS.get(path.partition("?")[0])
        if script is None or method != "POST" or self.behaviour.startswith(("status:", "hang_up")):
            return await super()._answer(method, path, body, writer)
        answer = script(json.loads(body))
        if not referred(answer.asked) <= self.stored:
            error = {"message": "Item not found.", "type": "invalid_request_error", "param": "input", "code": None}
            return self._reply(writer, 404, json.dumps({"error": error}).encode())
        if script is Responses and answer.asked.get("store", True):
            whole = answer.whole()
            self.stored |= {whole["id"], *(item["id"] for item in whole["output"])}
        if not answer.asked.get("stream"):
            return self._reply(writer, 200, json.dumps(answer.whole(), ensure_ascii=False).encode())
        writer.write(self._head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"}))
        stream = b"".join(self._played(answer))
        for at in range(0, len(stream), PIECE):
            writer.write(b"%x\r\n%s\r\n" % (len(stream[at : at + PIECE]), stream[at : at + PIECE]))
            await writer.drain()
            await asyncio.sleep(0)
        if self.behaviour == "half_stream":
            return False
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True

    def _played(self, answer: Any) -> Events:
        if self.behaviour == "answer":
            return answer.events()
        begun = itertools.islice(answer.events(), 5)
        return begun if self.behaviour == "half_stream" else itertools.chain(begun, [answer.failure()])
