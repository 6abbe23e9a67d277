"""Chat by Ollama's own API, where a prompt that is too long is refused; at `/v1` it is cut without a word.

Source: Ollama's docs/api.md ("Generate a chat completion"), docs/capabilities and `api/types.go`, August 2026. What is
malformed is passed on as it is, for the server to refuse.
"""

import secrets
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import orjson

from proxy.upstreams.kinds import ollama_said
from proxy.upstreams.kinds.ollama_said import Body, Failed, event
from proxy.upstreams.upstream import Upstream

PATH = "/api/chat"
OPTIONS = {
    "max_tokens": "num_predict",
    "max_completion_tokens": "num_predict",
    "seed": "seed",
    "temperature": "temperature",
    "top_p": "top_p",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
}
"""Parameters of the API that are options there; of two for one, the later counts."""
DEFAULTS = {"temperature": 1.0, "top_p": 1.0}
"""The API's own, which a model's Modelfile would change; /v1 sends them as well."""
THINK: dict[str, bool | str] = {"none": False, "minimal": "low", "xhigh": "max"}
"""Efforts to reason that Ollama calls otherwise."""
TEXTS = ("text", "refusal")
FORMATS = {"json_object": "json", "text": None}
DATA_URI = ";base64,"
MOST_TOKENS = 2**53


def written(body: Body) -> Body:
    """Return a chat request as `/api/chat` takes it. Its history is never cut, nor its context shifted as it answers.

    The context shift is an attribute of a loaded model: other endpoints ask for another, and then it is loaded again.
    """
    tools = body.get("tools") if body.get("tool_choice") != "none" else None
    more = {
        "format": _format(body.get("response_format")),
        "think": _think(body),
        "tools": tools or None,
        "logprobs": body.get("logprobs"),
        "top_logprobs": body.get("top_logprobs"),
    }
    return {
        "model": body["model"],
        "messages": list(_messages(body["messages"])),
        "stream": bool(body.get("stream")),
        "truncate": False,
        "shift": False,
        "options": _options(body),
        **{name: value for name, value in more.items() if value is not None},
    }


class ChatTranslation:
    """Of one answer, into a chat completion or a stream of its chunks."""

    content_type = "application/x-ndjson"

    def __init__(self, upstream: Upstream, body: Body) -> None:
        self._upstream = upstream
        asked = body.get("stream_options")
        self._usage = isinstance(asked, dict) and asked.get("include_usage") is True
        self._made = {"id": f"chatcmpl-{secrets.token_hex(12)}", "created": int(time.time())}
        self._calls = 0

    def whole(self, body: bytes, status: int) -> bytes:
        """Return a whole answer, or what went wrong."""
        try:
            said = ollama_said.own(ollama_said.whole(body, status), self._upstream)
            message = {"role": "assistant", "content": "", **self._message(said)}
            choice = {"index": 0, "message": message, "finish_reason": self._ended(said), "logprobs": _logprobs(said)}
            shape = {**self._shape("chat.completion", said), "choices": [choice], "usage": _usage(said)}
            return ollama_said.written(shape)
        except Failed as failed:
            return ollama_said.written(ollama_said.error(failed.code))

    async def stream(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield the chunks of a stream; one that breaks off, or says an error, ends with an error."""
        try:
            async for made in self._chunks(chunks):
                yield made
        except Failed as failed:
            yield event(ollama_said.error(failed.code))

    async def _chunks(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        first: Body = {"role": "assistant", "content": ""}
        async for line in ollama_said.lines(chunks):
            said = ollama_said.own(line, self._upstream)
            if delta := {**first, **self._message(said)}:
                yield self._chunk(said, delta)
            first = {}
            if said.get("done") is True:
                yield self._chunk(said, {}, self._ended(said))
                if self._usage:
                    shape = self._shape("chat.completion.chunk", said)
                    yield event({**shape, "choices": [], "usage": _usage(said)})
                yield b"data: [DONE]\n\n"
                return
        raise Failed

    def _message(self, said: Body) -> Body:
        """Return what a part of an answer adds; nothing where it is empty."""
        message = said.get("message")
        if not isinstance(message, dict):
            raise Failed
        text, thought, calls = message.get("content"), message.get("thinking"), message.get("tool_calls")
        if not all(value is None or isinstance(value, str) for value in (text, thought)):
            raise Failed
        more = {"content": text, "reasoning": thought, "tool_calls": list(self._called(calls)) if calls else None}
        return {name: value for name, value in more.items() if value}

    def _called(self, calls: Any) -> Iterator[Body]:
        for call in calls if isinstance(calls, list) else [None]:
            function = _function(call) if isinstance(call, dict) else {}
            name, arguments = function.get("name"), function.get("arguments") or {}
            if not isinstance(call, dict) or not isinstance(name, str) or not isinstance(arguments, dict):
                raise Failed
            known = call.get("id")
            made = known if isinstance(known, str) and known else f"call_{secrets.token_hex(8)}"
            given = {"name": name, "arguments": ollama_said.written(arguments).decode()}
            yield {"index": self._calls, "id": made, "type": "function", "function": given}
            self._calls += 1

    def _ended(self, said: Body) -> str:
        if said.get("done_reason") == "length":
            return "length"
        return "tool_calls" if self._calls else "stop"

    def _chunk(self, said: Body, delta: Body, ended: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": ended, "logprobs": None if ended else _logprobs(said)}
        return event({**self._shape("chat.completion.chunk", said), "choices": [choice]})

    def _shape(self, kind: str, said: Body) -> Body:
        name = said.get("model")
        model = name if isinstance(name, str) else ""
        return {**self._made, "object": kind, "model": model, "system_fingerprint": "fp_ollama"}


def _messages(messages: list[Body]) -> Iterator[Body]:
    calls = [call for message in messages for call in _listed(message.get("tool_calls"))]
    called = {call.get("id"): _function(call).get("name") for call in calls if isinstance(call.get("id"), str)}
    for message in messages:
        role = message.get("role")
        # Templates know no developer: what one says would be lost without a word.
        told = {"role": "system" if role == "developer" else role, **_content(message.get("content"))}
        if thought := message.get("reasoning"):
            told["thinking"] = thought
        if made := message.get("tool_calls"):
            told["tool_calls"] = [_call(call) for call in made] if isinstance(made, list) else made
        if role == "tool":
            answers = message.get("tool_call_id")
            told |= {"tool_name": message.get("name") or called.get(str(answers)) or "", "tool_call_id": answers}
        yield told


def _content(content: Any) -> Body:
    """Return the text of a message and what it shows; parts that have no place there stay, to be refused."""
    if not isinstance(content, list):
        return {} if content is None else {"content": content}
    texts: list[str] = []
    shown: list[Any] = []
    for part in content:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in TEXTS and isinstance(part.get(kind), str):
            texts.append(part[kind])
        elif kind == "image_url":
            shown.append(_image(part.get(kind)))
        elif kind == "input_audio" and isinstance(part.get(kind), dict):
            shown.append(part[kind].get("data"))
        else:
            return {"content": content}
    return {"content": "\n".join(texts), **({"images": shown} if shown else {})}


def _image(given: Any) -> Any:
    url = given.get("url") if isinstance(given, dict) else given
    return url.partition(DATA_URI)[2] if isinstance(url, str) and url.startswith("data:") and DATA_URI in url else url


def _call(call: Any) -> Any:
    """Return a call that a model made, with its arguments as an object."""
    if not isinstance(call, dict):
        return call
    function = _function(call)
    arguments = function.get("arguments")
    if isinstance(arguments, str):
        with suppress(orjson.JSONDecodeError, Failed):
            read = orjson.loads(arguments or "{}")
            # What nests too deep for where it goes stays text, for the server to refuse.
            ollama_said.written({"messages": [{"tool_calls": [{"function": {"arguments": read}}]}]})
            arguments = read
    return {"id": call.get("id"), "function": {"name": function.get("name"), "arguments": arguments}}


def _function(call: Body) -> Body:
    found = call.get("function")
    return found if isinstance(found, dict) else {}


def _listed(value: Any) -> list[Body]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _options(body: Body) -> Body:
    options = {**DEFAULTS, **{there: body[here] for here, there in OPTIONS.items() if body.get(here) is not None}}
    if (stop := body.get("stop")) is not None:
        options["stop"] = [stop] if isinstance(stop, str) else stop
    return options


def _format(wanted: Any) -> Any:
    if not isinstance(wanted, dict):
        return wanted
    if wanted.get("type") == "json_schema":
        schema = wanted.get("json_schema")
        return schema.get("schema") if isinstance(schema, dict) else schema
    return FORMATS.get(str(wanted.get("type")), wanted.get("type"))


def _think(body: Body) -> Any:
    reasoning = body.get("reasoning")
    effort = reasoning.get("effort") if isinstance(reasoning, dict) else body.get("reasoning_effort")
    return THINK.get(effort, effort) if isinstance(effort, str) else effort


def _usage(said: Body) -> Body:
    used, made = (_count(said.get(name)) for name in ("prompt_eval_count", "eval_count"))
    return {"prompt_tokens": used, "completion_tokens": made, "total_tokens": used + made}


def _count(value: Any) -> int:
    return value if type(value) is int and 0 <= value < MOST_TOKENS else 0


def _logprobs(said: Body) -> Body | None:
    found = said.get("logprobs")
    return {"content": [_token(each) for each in found], "refusal": None} if isinstance(found, list) and found else None


def _token(said: Any) -> Body:
    others = said.get("top_logprobs") if isinstance(said, dict) else None
    return {**_likely(said), "top_logprobs": [_likely(each) for each in others] if isinstance(others, list) else []}


def _likely(said: Any) -> Body:
    text, number, raw = (said.get(name) if isinstance(said, dict) else None for name in ("token", "logprob", "bytes"))
    if not isinstance(text, str) or not isinstance(number, int | float):
        raise Failed
    return {"token": text, "logprob": number, "bytes": raw if isinstance(raw, list) else list(text.encode())}
