"""Ringfence with everything but detection, to measure what detection costs. Lives here: the product has no such switch.

Settings come from the environment, as for `ringfence serve`.
"""

import logging
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from inside import Scripted

from proxy import server
from proxy.detection.findings import Scan, Unit
from proxy.seat import Seat, listen
from proxy.settings import Settings


class Blind(Scripted):
    """Finds nothing, at once, and says that the scan is complete."""

    async def scan(self, tenant: str, units: Sequence[Unit], *, behind: bool = False) -> Scan:
        return Scan((), frozenset(), 0, sum(len(unit.segments) for unit in units), 0, 0)


def blind(*_: Any) -> Blind:
    """Stand in for the engine's constructor."""
    return Blind()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    server.Engine = blind  # type: ignore[assignment, misc]
    settings = Settings.load()
    seat = Seat.alone(socket.socketpair()[0], listen(settings.host, settings.port))
    uvloop.run(server._serve(settings, seat))
