"""Model servers that answer what they are asked about themselves, as real ones were seen to or are documented to."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from harness import ROOT, StandIn

from proxy.upstreams.client import Timeouts, UpstreamClient
from proxy.upstreams.kinds.kind import Observation
from proxy.upstreams.kinds.known import KINDS
from proxy.upstreams.upstream import Upstream

FIXTURES = ROOT / "tests" / "proxy" / "upstreams" / "kinds" / "fixtures"


@dataclass
class Told(StandIn):
    """Answers a question at each path with a status and bytes, and 404 at every other path."""

    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    def says(self, path: str, answer: Any, status: int = 200) -> None:
        """Answer at a path with what a file of the fixtures holds, with text, or with JSON."""
        said = answer.read_bytes() if isinstance(answer, Path) else answer
        self.answers[path] = status, said if isinstance(said, bytes) else orjson.dumps(said)

    async def _answer(self, method: str, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        if method != "GET":
            return await super()._answer(method, path, body, writer)
        status, said = self.answers.get(path, (404, b""))
        return self._reply(writer, status, said)


def observed(url: str, kind: str, **fields: Any) -> Observation:
    """Ask a server about itself as Ringfence does, through the only door; raises UpstreamError."""

    async def run() -> Observation:
        upstream = Upstream("u", kind, "onprem", url, **{"endpoints": KINDS[kind].endpoints, **fields})
        client = UpstreamClient(upstream, Timeouts(5, 5), lambda _: None, lambda *_: "")
        try:
            return await KINDS[kind].observe(client, upstream)
        finally:
            await client.close()

    return asyncio.run(run())
