"""Ringfence inside the process of a test: every part is the real one but the detector, which finds what the test says.

For tests that need to hold one part still: a request that is cancelled between two stages, a log that stops to answer.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import httpx
from harness import CALM, StandIn, begun_log, upstreams_file
from starlette.types import ASGIApp

from proxy.app import create_app
from proxy.detection.engine import Engine
from proxy.detection.findings import UNSCANNED, DetectorSet, Finding, Scan, Unit
from proxy.files.source import load
from proxy.identity import Role
from proxy.runtime import Runtime
from proxy.settings import ROOT, Settings

Result = TypeVar("Result")


def entity_types() -> frozenset[str]:
    """Every type that the shipped taxonomy names."""
    top = load(ROOT / "policies" / "taxonomy.yaml")
    classes = [node for _, node in top.entries["classes"][1].entries.values()]
    lists = [node.entries["entities"][1] for node in classes if "entities" in node.entries]
    return frozenset(str(member.raw) for members in lists for member in members.members)


class Scripted:
    """A detector that finds given words, each as a value of its type; `failures` make every scan incomplete."""

    def __init__(self, words: Mapping[str, str] | None = None) -> None:
        self.words = dict(words or {})
        self.failures: frozenset[str] = frozenset()
        self.tenants: list[str] = []
        """Of scans that somebody waited for; of others, such as those of answers, in `behind`."""
        self.behind: list[str] = []
        self.loaded: DetectorSet | None = DetectorSet(entity_types(), (), "0" * 64)
        self.why_not: str | None = None

    async def start(self) -> None:
        """Nothing has to be started."""

    async def close(self) -> None:
        """Nor ended."""

    def not_ready(self) -> str | None:
        return self.why_not

    def figures(self) -> dict[str, float]:
        return {"waiting": 2.0, "behind": 3.0, "workers": 1.0, "begun": 4.0}

    async def scan(self, tenant: str, units: Sequence[Unit], *, behind: bool = False) -> Scan:
        (self.behind if behind else self.tenants).append(tenant)
        found = [
            Finding(entity, 0.95, "scripted", segment.path, word.encode())
            for unit in units
            for segment in unit.segments
            for word, entity in self.words.items()
            if word in segment.text
        ]
        found += [Finding(UNSCANNED, 1.0, "scripted", "", why.encode()) for why in self.failures]
        return Scan(tuple(found), self.failures, 1, sum(len(unit.segments) for unit in units), 1, 0)


@dataclass
class Inside:
    """A running runtime, its application, and a client that calls it without a socket."""

    runtime: Runtime
    detector: Scripted
    app: ASGIApp
    client: httpx.AsyncClient

    def key(self, app: str = "app", team: str = "team", role: Role = Role.APP) -> dict[str, str]:
        """Create a key and return the header that carries it. Blocks: the log's writer is a thread of its own."""
        made = self.runtime.admin.create_key(app=app, team=team, role=role.value)
        return {"authorization": f"Bearer {made['secret']}"}

    async def settled(self) -> list[dict[str, Any]]:
        """Wait for open outcomes and return every record of the log."""
        await self.runtime.outcomes.drain(5)
        from audit.access import Filters, Records

        page = Records(self.runtime.audit.place).page(Filters(), after=-1, limit=1000)
        return [record.body for record in page.records]

    async def records(self, kind: str) -> list[dict[str, Any]]:
        """Return the records of one kind, once open outcomes are written."""
        return [body for body in await self.settled() if body["kind"] == kind]


@asynccontextmanager
async def inside(
    home: Path,
    cloud: StandIn | None = None,
    onprem: StandIn | None = None,
    *,
    detector: Scripted | None = None,
    upstreams: Path | None = None,
    begun: bool = True,
    **settings: Any,
) -> AsyncIterator[Inside]:
    """Run the whole server but its process; without `begun`, nothing is there of a log that is new."""
    file = upstreams or _upstreams(home, cloud, onprem)
    scripted = detector or Scripted()
    chosen = Settings(home=home, upstreams=file, **{**CALM, **settings})
    if begun:
        begun_log(home, settings)
    runtime = await Runtime.start(chosen, cast("Engine", scripted), home)
    app = create_app(runtime)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://ringfence") as client:
            yield Inside(runtime, scripted, app, client)
    finally:
        await runtime.close()


class Lasting:
    """A server inside that lasts for several tests: its event loop runs whenever one of them waits for something."""

    def __init__(self, home: Path, cloud: StandIn | None = None, **settings: Any) -> None:
        self._runner, self._stack = asyncio.Runner(), AsyncExitStack()
        self.ring = self.run(self._stack.enter_async_context(inside(home, cloud, **settings)))

    def run(self, waited_for: Coroutine[Any, Any, Result]) -> Result:
        """Run the server until something has come."""
        return self._runner.run(waited_for)

    def close(self) -> None:
        """End it."""
        self.run(self._stack.aclose())
        self._runner.close()


def _upstreams(home: Path, cloud: StandIn | None, onprem: StandIn | None) -> Path:
    home.mkdir(parents=True, exist_ok=True)
    return upstreams_file(home / "upstreams.yaml", cloud, onprem)
