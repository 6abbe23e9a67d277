"""A fake of Ollama's server, written from its documented behaviour (docs/api.md, docs/openai.md, August 2026).

No Ollama can be installed from the package indexes. What stands in for it here is a contract: what its own Python
client and the API's documentation say of each path, with a model of words for tokens. What it does of its own accord,
and what matters to a proxy, is kept: prompts that are cut, models that are loaded again, requests that its vendor gets.
"""

import asyncio
import base64
import hashlib
import ipaddress
import itertools
import json
import math
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from harness import WORDS, StandIn

from proxy.upstreams.client import Timeouts, UpstreamClient
from proxy.upstreams.upstream import Upstream

REGISTRY, LIBRARY = "registry.ollama.ai/", "library/"
WHEN = "2026-08-21T18:48:22.123456789Z"
OPTIONS = {"temperature": (int, float), "top_p": (int, float), "num_predict": (int,), "seed": (int,), "stop": (list,)}
Json = dict[str, Any]
T = TypeVar("T")


def upstream_of(server: StandIn, **changes: Any) -> Upstream:
    """Return it as an upstream of one's own, as the file of upstreams would have it."""
    given = {"vendor": False, "networks": (ipaddress.ip_network("127.0.0.0/8"),), "default_model": "llama3.2"}
    return Upstream("o", "ollama", "onprem", server.url, **{**given, **changes})


def ask(server: StandIn, question: Callable[[UpstreamClient, Upstream], Awaitable[T]], **changes: Any) -> T:
    """Ask it something by the client that Ringfence has for it."""

    async def run() -> T:
        upstream = upstream_of(server, **changes)
        client = UpstreamClient(upstream, Timeouts(2, 2), lambda _: None, lambda *_: "")
        try:
            return await question(client, upstream)
        finally:
            await client.close()

    return asyncio.run(run())


class Refused(Exception):
    """An answer with a status and a text, as `{"error": text}`."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


@dataclass
class Model:
    """A model on the disk of the server; a remote one is a name and a host."""

    name: str
    capabilities: tuple[str, ...] = ("completion", "tools")
    context: int = 131_072
    """What the model could have, which is not what it is loaded with."""
    num_ctx: int | None = None
    """`PARAMETER num_ctx` of its Modelfile."""
    remote_host: str = ""
    remote_model: str = ""
    size: int = 2_019_393_189

    @property
    def remote(self) -> Json:
        given = {"remote_model": self.remote_model, "remote_host": self.remote_host}
        return {name: value for name, value in given.items() if value}

    def listed(self, context: int | None = None) -> Json:
        details = {"format": "gguf", "family": "llama", "families": ["llama"], "parameter_size": "3.2B"}
        row: Json = {"name": self.name, "model": self.name, "size": self.size, "digest": digest(self.name)}
        row |= {"details": {**details, "quantization_level": "Q4_K_M"}}
        if context is not None:
            return {**row, "size_vram": row["size"], "expires_at": WHEN, "context_length": context}
        return {**row, **self.remote, "modified_at": WHEN, "capabilities": list(self.capabilities)}


@dataclass
class Ollama(StandIn):
    """The server. What it does is set by the fields, before or between requests."""

    name: str = "ollama"
    disk: dict[str, Model] = field(default_factory=lambda: {"llama3.2:latest": Model("llama3.2:latest")})
    library: dict[str, Model] = field(default_factory=dict)
    """What can be pulled."""
    no_cloud: bool = True
    default_context: int = 4096
    """`OLLAMA_CONTEXT_LENGTH`, or what the server chose by its memory."""
    version: str = "0.32.1"
    dimensions: int = 8
    loaded: dict[str, tuple[int, bool]] = field(default_factory=dict)
    """Context and shift of each model in memory."""
    loads: list[str] = field(default_factory=list)
    """Each load of a model, in order."""
    cut: list[int] = field(default_factory=list)
    """How many messages were dropped from a prompt, each time that some were."""
    to_vendor: list[Json] = field(default_factory=list)
    """Bodies that went to Ollama's vendor."""
    before_use: Callable[[], None] = lambda: None
    """Called when a request for an answer has arrived, before anything is decided."""
    unknown: tuple[str, ...] = ()
    """Paths that its version does not have."""
    breaks: str = ""
    """In the middle of a stream: `error`, or `end` without a last line."""

    async def _answer(self, method: str, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        if path in self.routes or self.behaviour != "answer":
            return await super()._answer(method, path, body, writer)
        if path in self.unknown:
            return self._json(writer, {"error": "404 page not found"}, 404)
        try:
            if method == "GET":
                return self._json(writer, self._read(path))
            return await self._post(path, json.loads(body), writer)
        except Refused as refused:
            shape: Json = {"error": refused.text}
            if path.startswith("/v1/"):
                shape = {"error": {"message": refused.text, "type": "api_error", "param": None, "code": None}}
            return self._json(writer, shape, refused.status)

    def _read(self, path: str) -> Json:
        match path:
            case "/api/version":
                return {"version": self.version}
            case "/api/status":
                return {"cloud": {"disabled": self.no_cloud, "source": "env" if self.no_cloud else "none"}}
            case "/api/tags":
                return {"models": [model.listed() for model in self.disk.values()]}
            case "/api/ps":
                return {"models": [self.disk[name].listed(context) for name, (context, _) in self.loaded.items()]}
            case "/v1/models":
                listed = [{"id": name, "object": "model", "owned_by": "library"} for name in self.disk]
                return {"object": "list", "data": listed}
        raise Refused(404, "404 page not found")

    async def _post(self, path: str, asked: Json, writer: asyncio.StreamWriter) -> bool:
        match path:
            case "/api/show":
                return self._json(writer, self._show(asked["model"]))
            case "/api/pull":
                return await self._lines(writer, self._pull(asked["model"]))
            case (
                "/api/chat"
                | "/api/generate"
                | "/api/embed"
                | "/v1/chat/completions"
                | "/v1/completions"
                | "/v1/embeddings"
            ):
                self.before_use()
                return await self._infer(path, asked, writer)
        raise Refused(404, "404 page not found")

    async def _infer(self, path: str, asked: Json, writer: asyncio.StreamWriter) -> bool:
        # The cloud is looked for under `model`; what is then decoded takes the last name in any letters.
        name = str([value for each, value in asked.items() if each.casefold() == "model"][-1])
        for said in (str(asked.get("model", "")), name):
            if says_cloud(said):
                return await self._forward({**asked, "model": said}, writer)
        model = self._found(name)
        if path == "/api/generate" and not asked.get("prompt") and asked.get("keep_alive") == 0:
            self.loaded.pop(model.name, None)
            return self._json(writer, told(name, response="", done=True, done_reason="unload"))
        embeds = path.endswith(("/embed", "/embeddings"))
        if model.remote_host and model.remote_model:
            if embeds:  # forwarded only for a name that says cloud
                raise Refused(500, "no such file")
            return await self._forward({**asked, "model": model.remote_model}, writer, name, model)
        if embeds:
            return self._json(writer, self._embedded(path, name, model, asked))
        return await self._generate(path, name, model, asked, writer)

    async def _generate(self, path: str, name: str, model: Model, asked: Json, writer: asyncio.StreamWriter) -> bool:
        compatible = path.startswith("/v1/")
        if "completion" not in model.capabilities:
            raise Refused(400, f'"{name}" does not support {"chat" if "chat" in path else "generate"}')
        context = self._load(model, shift=compatible or asked.get("shift", True))
        if path == "/api/generate" and not asked.get("prompt"):
            return self._json(writer, told(name, response="", done=True, done_reason="load"))
        if "messages" not in asked:
            asked = {**asked, "messages": [{"role": "user", "content": asked["prompt"]}]}
        parts = list(self._generated(model, from_openai(asked) if compatible else asked, context))
        if compatible:
            return self._json(writer, as_openai(name, joined(parts)))
        lines = [told(name, **part) for part in parts]
        if asked.get("stream", True):
            return await self._lines(writer, lines)
        return self._json(writer, joined(lines))

    def _found(self, name: str, missing: int = 404) -> Model:
        for model in self.disk.values():
            if full(model.name) == full(name):
                return model
        raise Refused(missing, f"model '{name}' not found")

    def _load(self, model: Model, *, shift: bool) -> int:
        context = min(model.num_ctx or self.default_context, model.context)
        if self.loaded.get(model.name) != (context, shift):
            self.loaded[model.name] = context, shift
            self.loads.append(model.name)
        return context

    def _show(self, name: str) -> Json:
        if says_cloud(name):
            raise Refused(403 if self.no_cloud else 404, "ollama cloud is disabled: remote model details")
        model = self._found(name)
        if model.remote_host and self.no_cloud:
            raise Refused(403, "ollama cloud is disabled: remote model details are unavailable")
        parameters = f"num_ctx                        {model.num_ctx}" if model.num_ctx else ""
        parameters += '\nstop                           "<|eot_id|>"'
        info = {"general.architecture": "llama", "llama.context_length": model.context}
        listed = model.listed()
        return {
            **{name: listed[name] for name in ("details", "capabilities", "modified_at")},
            **model.remote,
            "license": "invented",
            "modelfile": "# Modelfile generated by ollama show",
            "parameters": parameters.strip(),
            "template": "{{ .Prompt }}",
            "model_info": info,
        }

    def _pull(self, name: str) -> Iterator[Json]:
        yield {"status": "pulling manifest"}
        found = [model for model in self.library.values() if full(model.name) == full(name)]
        if not found:
            yield {"error": "pull model manifest: file does not exist"}
            return
        layer, total = digest(name), found[0].size
        for completed in (0, total // 4, total):
            progress = {"status": f"pulling {layer[:12]}", "digest": f"sha256:{layer}", "total": total}
            yield {**progress, **({"completed": completed} if completed else {})}
        yield from ({"status": status} for status in ("verifying sha256 digest", "writing manifest"))
        self.disk[found[0].name] = found[0]
        yield {"status": "success"}

    def _generated(self, model: Model, asked: Json, context: int) -> Iterator[Json]:
        messages, options = asked["messages"], asked.get("options") or {}
        for message in messages:
            check_message(message)
        for name, value in options.items():
            if name in OPTIONS and not isinstance(value, OPTIONS[name]):
                raise Refused(400, f'option "{name}" must be of another type')
        if asked.get("tools") and "tools" not in model.capabilities:
            raise Refused(400, f"{model.name} does not support tools")
        thinks = "thinking" in model.capabilities
        if asked.get("think") and not thinks:
            raise Refused(400, f'"{model.name}" does not support thinking')
        left, kept = messages, 0
        while tokens(left) > context and (kept := kept + 1) < len(messages) and asked.get("truncate", True):
            left = [each for each in messages[:kept] if each["role"] == "system"] + messages[kept:]
        if tokens(left) > context and not asked.get("truncate", True):
            said = f"request ({tokens(left)} tokens) exceeds the available context size ({context} tokens)"
            error = {"code": 400, "message": f"{said}, try increasing it", "type": "exceed_context_size_error"}
            raise Refused(400, json.dumps({"error": error}))
        if kept:
            self.cut.append(kept)
        yield from answered(asked, tokens(left), thinks=thinks)

    def _embedded(self, path: str, name: str, model: Model, asked: Json) -> Json:
        compatible, context = path.startswith("/v1/"), self._load(model, shift=True)
        texts = [asked["input"]] if isinstance(asked["input"], str) else asked["input"]
        if not all(isinstance(text, str) for text in texts):
            raise Refused(400, "invalid input type")
        cuts = compatible or asked.get("truncate", True)
        if not cuts and any(len(text.split()) > context for text in texts):
            raise Refused(400, "the input length exceeds the context length")
        used = sum(min(len(text.split()), context) for text in texts)
        made = [vector(text, asked.get("dimensions") or self.dimensions) for text in texts]
        if not compatible:
            return {"model": name, "embeddings": made, "total_duration": 14143917, "prompt_eval_count": used}
        data = [{"object": "embedding", "index": index, "embedding": each} for index, each in enumerate(made)]
        return {"object": "list", "data": data, "model": name, "usage": {"prompt_tokens": used, "total_tokens": used}}

    async def _forward(
        self, asked: Json, writer: asyncio.StreamWriter, name: str = "", model: Model | None = None
    ) -> bool:
        if self.no_cloud:
            raise Refused(403, "ollama cloud is disabled: remote inference is unavailable")
        self.to_vendor.append(asked)
        lines = [told(name or asked["model"], **part) for part in answered({"messages": []}, 7)]
        lines = [{**line, **(model.remote if model else {})} for line in lines]
        if asked.get("stream", True):
            return await self._lines(writer, lines)
        return self._json(writer, joined(lines))

    def _broken(self, lines: Iterable[Json]) -> Iterator[Json]:
        yield from itertools.islice(lines, 2)
        if self.breaks == "error":
            yield {"error": f"an error was encountered while running the model: {self.requests[-1].body!r}"}

    def _json(self, writer: asyncio.StreamWriter, shape: Json, status: int = 200) -> bool:
        return self._reply(writer, status, json.dumps(shape).encode())

    async def _lines(self, writer: asyncio.StreamWriter, lines: Iterable[Json]) -> bool:
        writer.write(self._head(200, {"content-type": "application/x-ndjson", "transfer-encoding": "chunked"}))
        for line in self._broken(lines) if self.breaks else lines:
            item = json.dumps(line).encode() + b"\n"
            # In two pieces, as a network may deliver it.
            for piece in (item[:7], item[7:]):
                writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True


def full(name: str) -> str:
    """Return the whole name that a short one stands for."""
    small = name.lower().removeprefix(REGISTRY).removeprefix(LIBRARY).removesuffix(":local")
    return small if ":" in small.rpartition("/")[2] else f"{small}:latest"


def says_cloud(name: str) -> bool:
    """Whether a name asks for the vendor's model: `:cloud`, or a tag that ends in `-cloud`, in any letters."""
    suffix = name.rpartition(":")[2].strip().lower() if ":" in name else ""
    return suffix == "cloud" or ("/" not in suffix and suffix.endswith("-cloud"))


def digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def tokens(messages: list[Json]) -> int:
    """Count words and a few more for each message."""
    return sum(len(str(message.get("content") or "").split()) + 4 for message in messages)


def told(model: str, **fields: Any) -> Json:
    return {"model": model, "created_at": WHEN, "done": False, **fields}


def check_message(message: Json) -> None:
    if not isinstance(message.get("content", ""), str):
        where = "Go struct field ChatRequest.messages.content of type string"
        raise Refused(400, f"json: cannot unmarshal {message['content']!r} into {where}")
    for image in message.get("images") or []:
        try:
            base64.b64decode(image, validate=True)
        except ValueError:
            raise Refused(400, "illegal base64 data at input byte 4") from None
    for call in message.get("tool_calls") or []:
        if not isinstance(call["function"]["arguments"], dict):
            raise Refused(400, "Value looks like object, but can't find closing '}' symbol")


def from_openai(asked: Json) -> Json:
    """Return what /v1 makes of a request, as far as tests look at it; `truncate` is not part of that."""
    return {"messages": asked["messages"], "tools": asked.get("tools"), "stream": asked.get("stream", False)}


def as_openai(name: str, whole: Json) -> Json:
    """Return a whole answer as /v1 has it, of chat and completions alike; streams no longer come from there."""
    used, made = whole["prompt_eval_count"], whole["eval_count"]
    choice = {"index": 0, "finish_reason": "stop", "text": whole["message"]["content"], "message": whole["message"]}
    usage = {"prompt_tokens": used, "completion_tokens": made, "total_tokens": used + made}
    return {"id": "chatcmpl-1", "object": "chat.completion", "model": name, "choices": [choice], "usage": usage}


def answered(asked: Json, used: int, *, thinks: bool = False) -> Iterator[Json]:
    """Yield the parts of an answer."""
    text, options = list(WORDS), asked.get("options") or {}
    last = asked["messages"][-1] if asked["messages"] else {}
    if asked.get("format"):
        text = ['{"unit"', ': "c"}']
    if images := [image for message in asked["messages"] for image in message.get("images") or []]:
        text = [f"{len(images)} images."]
    ended = "stop"
    if 0 <= (most := options.get("num_predict") or -1) < len(text):
        text, ended = text[:most], "length"
    if thinks and asked.get("think") is not False:
        yield {"message": {"role": "assistant", "content": "", "thinking": "Let me see."}}
    if asked.get("tools") and "weather" in str(last.get("content")):
        for place in ("Graz", "Linz"):
            function = {"index": 0, "name": asked["tools"][0]["function"]["name"], "arguments": {"place": place}}
            calls = [{"id": f"call_{place.lower()}", "function": function}]
            yield {"message": {"role": "assistant", "content": "", "tool_calls": calls}}
        text = []
    for word in text:
        logprobs = [{"token": word, "logprob": -0.25}] if asked.get("logprobs") else []
        yield {"message": {"role": "assistant", "content": word}, **({"logprobs": logprobs} if logprobs else {})}
    counts = {"prompt_eval_count": used, "eval_count": len(text), "total_duration": 5_000_000}
    yield {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": ended, **counts}


def joined(parts: list[Json]) -> Json:
    """Return the parts of an answer as one."""
    message = {"role": "assistant", "content": "".join(part["message"]["content"] for part in parts)}
    if thought := "".join(part["message"].get("thinking", "") for part in parts):
        message["thinking"] = thought
    calls = [call for part in parts for call in part["message"].get("tool_calls", [])]
    logprobs = [each for part in parts for each in part.get("logprobs", [])]
    more = {"logprobs": logprobs} if logprobs else {}
    return {**parts[-1], "message": {**message, **({"tool_calls": calls} if calls else {})}, **more}


def vector(text: str, size: int) -> list[float]:
    """Return a vector of length one that is the text's own."""
    drawn = hashlib.shake_128(text.encode()).digest(size)
    length = math.sqrt(sum((byte + 1) ** 2 for byte in drawn))
    return [(byte + 1) / length for byte in drawn]
