"""The canary inside the process of a test: a real server on a socket, whose detectors are the quick ones or broken."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import uvicorn
from harness import QUICK, StandIn
from inside import Inside, Scripted, inside

from proxy.canary import schedule
from proxy.canary.schedule import Canary
from proxy.canary.values import TYPES
from proxy.detection.analysis import Analyzer
from proxy.detection.findings import Scan, Unit
from proxy.settings import Settings

PLANNED = {"canary_values": 1, "canary_except": "PERSON"}
"""One value of each kind that needs no model."""
FEW = {"canary_except": ",".join(sorted(TYPES - {"CREDIT_CARD", "PHONE_NUMBER", "PRIVATE_KEY"}))}
"""Only three kinds, where it does not matter which."""


@cache
def analyzer() -> Analyzer:
    """Every detector but the models."""
    return Analyzer.of(Settings(**QUICK))


class Quick(Scripted):
    """Finds what detectors without models find, but for the types that are `blind`; with `failures`, nothing at all."""

    def __init__(self, *blind: str) -> None:
        super().__init__()
        self.blind = set(blind)

    async def scan(self, tenant: str, units: Sequence[Unit], *, behind: bool = False) -> Scan:
        """Scan here and now."""
        if self.failures:
            return await super().scan(tenant, units, behind=behind)
        self.tenants.append(tenant)
        found = analyzer().analyze(units)
        kept = tuple(each for each in found.findings if each.entity_type not in self.blind)
        return Scan(kept, found.failures, found.us, found.segments, found.views, found.cached)


@dataclass
class Flown:
    """A server with its canary, and the model servers that must never hear of it."""

    ring: Inside
    detector: Quick
    canary: Canary
    vendor: StandIn
    own: StandIn
    url: str

    async def fly(self) -> dict[str, Any]:
        """Run one test as somebody at the command line does, and return its report."""
        before = self.canary.ask()["ended"]
        async with asyncio.timeout(120):
            while self.canary.state()["ended"] == before:  # noqa: ASYNC110 - what the command line does
                await asyncio.sleep(0.02)
        last: dict[str, Any] = self.canary.state()["last"]
        return last


@asynccontextmanager
async def flown(home: Path, detector: Quick | None = None, **settings: Any) -> AsyncIterator[Flown]:
    """Run a server whose canary is sent when it is asked for."""
    vendor, own, found = StandIn("vendor"), StandIn("own"), detector or Quick()
    schedule.POLL_S = 0.01
    try:
        async with inside(home, vendor, own, detector=found, **{**PLANNED, **settings}) as ring:
            config = uvicorn.Config(ring.app, port=0, lifespan="off", log_config=None)
            server = uvicorn.Server(config)
            serving = asyncio.create_task(server.serve())
            while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.01)
            host, port = server.servers[0].sockets[0].getsockname()[:2]
            ring.runtime.canary.listening(host, port)
            yield Flown(ring, found, ring.runtime.canary, vendor, own, f"http://{host}:{port}")
            server.should_exit = True
            await serving
    finally:
        vendor.stop()
        own.stop()
