"""A model server that keeps responses, as OpenAI's API reference describes it ("Responses")."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from harness import StandIn

SAID = "It is sunny."


@dataclass
class Keeper(StandIn):
    """A stand-in that answers at `/v1/responses`, and keeps what it answered where `store` is not false.

    Its ids begin with its name, or with `prefix`, so that two can be made to give the same. With `reasons`, each answer
    has a reasoning item without words. `behaviour` may also be `slow_stream`: it stops after the first event.
    """

    prefix: str = ""
    reasons: bool = False
    kept: dict[str, Any] = field(default_factory=dict)
    given: int = 0
    conversation: str = ""

    @property
    def paths(self) -> list[str]:
        """What was asked for, but for lists of models."""
        return [f"{seen.method} {seen.path}" for seen in self.requests if seen.path != "/v1/models"]

    async def _answer(  # noqa: PLR0911 - one return an operation
        self, method: str, path: str, body: bytes, writer: asyncio.StreamWriter
    ) -> bool:
        where, _, query = path.removeprefix("/v1/responses").partition("?")
        if not path.startswith("/v1/responses") or self.behaviour in {"hang", "hang_up"} or ":" in self.behaviour:
            return await super()._answer(method, path, body, writer)
        if not where:
            return await self._create(json.loads(body), writer)
        name, _, what = where.removeprefix("/").partition("/")
        if name not in self.kept:
            return self._reply(writer, 404, b'{"error": {"message": "not here", "type": "x", "code": null}}')
        if method == "DELETE":
            del self.kept[name]
            return self._json(writer, {"id": name, "object": "response", "deleted": True})
        if what == "input_items":
            items = [{"id": f"{name}_in", "type": "message", "role": "user", "content": []}]
            return self._json(writer, {"object": "list", "data": items, "has_more": False})
        if "stream=true" in query:
            return await self._stream_it(self.kept[name], writer)
        return self._json(writer, self.kept[name])

    async def _create(self, asked: dict[str, Any], writer: asyncio.StreamWriter) -> bool:
        referred = [asked.get("previous_response_id")]
        items = asked["input"] if isinstance(asked["input"], list) else []
        named = [item["id"] for item in items if item.get("type") == "item_reference"]
        known = {item["id"] for kept in self.kept.values() for item in kept["output"]}
        if any(one not in self.kept for one in referred if one) or not known.issuperset(named):
            return self._reply(writer, 404, b'{"error": {"message": "not here", "type": "x", "code": null}}')
        self.given += 1
        made = self._response(asked, f"{self.prefix or self.name}_{self.given}")
        if asked.get("store") is not False:
            self.kept[made["id"]] = made
        return await self._stream_it(made, writer) if asked.get("stream") else self._json(writer, made)

    def _response(self, asked: dict[str, Any], name: str) -> dict[str, Any]:
        part = {"type": "output_text", "text": SAID, "annotations": [], "logprobs": []}
        message = {
            "id": f"msg_{name}",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [part],
        }
        thought = {"id": f"rs_{name}", "type": "reasoning", "summary": [], "encrypted_content": f"sealed-{name}"}
        return {
            "id": f"resp_{name}",
            "object": "response",
            "created_at": 1760000000,
            "status": "completed",
            "model": asked["model"],
            "output": [thought, message] if self.reasons else [message],
            "store": asked.get("store", True),
            "error": None,
            "usage": {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7},
            **({"conversation": {"id": self.conversation}} if self.conversation else {}),
        }

    async def _stream_it(self, made: dict[str, Any], writer: asyncio.StreamWriter) -> bool:
        writer.write(self._head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"}))
        begun = {**made, "status": "in_progress", "output": [], "usage": None}
        events: list[dict[str, Any]] = [{"type": "response.created", "response": begun}]
        for index, item in enumerate(made["output"]):
            told = {"output_index": index, "item": item}
            events += [{"type": f"response.output_item.{kind}", **told} for kind in ("added", "done")]
        events.append({"type": "response.completed", "response": made})
        for number, event in enumerate(events):
            data = json.dumps({**event, "sequence_number": number}).encode()
            piece = b"event: " + event["type"].encode() + b"\ndata: " + data + b"\n\n"
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()
            if self.behaviour == "slow_stream":
                await asyncio.sleep(3600)
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True

    def _json(self, writer: asyncio.StreamWriter, answer: Any) -> bool:
        return self._reply(writer, 200, json.dumps(answer).encode())
