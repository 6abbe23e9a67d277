"""The figures of all processes of a server, as one of them reads them."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from proxy import admin
from proxy.errors import RingfenceError
from proxy.metrics.exposition import Told, text, told
from proxy.metrics.metrics import Metrics
from proxy.seat import desks

READ = "metrics.read"
WITHIN_S = 2.0
"""A process that takes longer is left out, before Prometheus waits no more for any of them."""


def operations(metrics: Metrics) -> Mapping[str, Any]:
    """Return what another process of the server asks for its figures."""
    return {READ: lambda: {"families": told(metrics.families())}}


async def read(metrics: Metrics, home: Path, desk: Path) -> bytes:
    """Return all figures; those of a process that does not answer are left out."""
    own = told(metrics.families())
    return await asyncio.to_thread(_joined, own, home, desk)


def _joined(own: Told, home: Path, desk: Path) -> bytes:
    processes: dict[int, Told] = {}
    for other in desks(home):
        try:
            answer = {"families": own} if other == desk else admin.tell_desk(other, READ, within_s=WITHIN_S)
        except RingfenceError:
            continue
        if answer is not None:
            processes[0 if other == home else int(other.name)] = answer["families"]
    return text(processes)
