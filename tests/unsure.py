"""An own model server that says how probable its tokens are, and policies that ask it first."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import WORDS, StandIn, eventually
from inside import Inside

from proxy.settings import ROOT

SURE, UNSURE = -0.05, -1.5
"""Logarithms: 0.95 a token, and 0.22."""
VENDOR_SAYS = ("Vendor", " words,", " of which", " there are", " a few.")


@dataclass
class Probable(StandIn):
    """Gives each word this logarithm of a probability, where it is asked to, and says `words`."""

    logprob: float = SURE
    words: tuple[str, ...] = WORDS
    finish: str = "stop"
    calls: bool = False
    obeys: bool = True
    """Whether it says probabilities at all."""
    breaks: str = ""
    """`half` or `error`: what a stream does after its first words."""

    def _choice(self, asked: dict[str, Any], words: tuple[str, ...]) -> dict[str, Any]:
        if not (self.obeys and asked.get("logprobs")):
            return {"logprobs": None}
        return {"logprobs": {"content": [{"token": word, "logprob": self.logprob, "bytes": None} for word in words]}}

    def _completion(self, asked: dict[str, Any]) -> dict[str, Any]:
        answer = super()._completion(asked)
        message = {"role": "assistant", "content": "".join(self.words)}
        if self.calls:
            message["tool_calls"] = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]  # type: ignore[assignment]
        told = {"message": message, "finish_reason": self.finish, **self._choice(asked, self.words)}
        answer["choices"][0] |= told
        return answer

    async def _stream(self, asked: dict[str, Any], writer: asyncio.StreamWriter) -> bool:
        writer.write(self._head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"}))
        shape = {"id": "c", "object": "chat.completion.chunk", "created": 1760000000, "model": asked["model"]}
        choices = [{"index": 0, "delta": {"content": word}, **self._choice(asked, (word,))} for word in self.words]
        choices.append({"index": 0, "delta": {}, "finish_reason": self.finish})
        events = [b"data: " + json.dumps({**shape, "choices": [choice]}).encode() for choice in choices]
        said = [b": a comment", *events, b"data: [DONE]"]
        if self.breaks:
            said = [*said[:3], *([b'data: {"error": {"message": "no"}}'] if self.breaks == "error" else [])]
        for item in said:
            writer.write(b"%x\r\n%s\n\n\r\n" % (len(item) + 2, item))
            await writer.drain()
            await asyncio.sleep(self.chunk_delay_s)
        if self.breaks == "half":
            return False
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True


def local_policies(home: Path, rules: str = "", thresholds: str = "{confidence: 0.80, min_characters: 10}") -> Path:
    """Write policies with own servers first, under the shipped taxonomy."""
    directory = home / "policies"
    directory.mkdir()
    taxonomy = (ROOT / "policies" / "taxonomy.yaml").read_text()
    (directory / "taxonomy.yaml").write_text(taxonomy.replace("zones:\n", "zones:\n  lab: {trust: own}\n", 1))
    grant = f"  - {{id: everyone, zones: [cloud-us, cloud-eu, onprem, lab], local_first: {thresholds}}}\n"
    head = f"policy: own\nversion: 1\nowner: ann\ngrants:\n{grant}"
    (directory / "own.yaml").write_text(head + (f"rules:\n{rules}" if rules else ""))
    return directory


class Told:
    """What one request led to: the answer, and the records in their order."""

    def __init__(self, answer: Any, records: list[dict[str, Any]]) -> None:
        self.answer = answer
        self.records = [record for record in records if record["kind"].startswith("route.")]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [record for record in self.records if record["kind"] == f"route.{kind}"]

    @property
    def text(self) -> str:
        return str(self.answer.json()["choices"][0]["message"]["content"])


Asking = Callable[..., Told]


async def call_and_leave(ring: Inside, headers: Mapping[str, str], body: Any, when: Callable[[], bool]) -> None:
    """Call the application as a server would, and go away as soon as something is so."""
    messages = [{"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}]

    async def receive() -> Any:
        if messages:
            return messages.pop()
        await asyncio.to_thread(eventually, when)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        pass

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/chat/completions",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), *((k.encode(), v.encode()) for k, v in headers.items())],
        "client": ("127.0.0.1", 1),
    }
    await asyncio.wait_for(ring.app(scope, receive, send), 20)
