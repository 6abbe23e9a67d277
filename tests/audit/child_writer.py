"""A process that appends decisions and outcomes until it is killed, and says which were acknowledged.

Arguments: the home directory and how many are in flight. Each acknowledged record is a line `id seq link`.
"""

import asyncio
import os
import sys
from pathlib import Path

import conftest

from audit.log import AuditLog


async def write(log: AuditLog) -> None:
    """Append for ever."""
    while True:
        decided = await log.append("route.decision", conftest.make_decision())
        os.write(1, f"{decided.id} {decided.seq} {decided.link}\n".encode())
        closed = await log.append("route.outcome", conftest.make_outcome(decided.id))
        os.write(1, f"{closed.id} {closed.seq} {closed.link}\n".encode())


async def main() -> None:
    """Open the log and keep some writers busy."""
    home = Path(sys.argv[1])
    log = AuditLog.open(home / "audit.db", keys=home / "keys", origin=conftest.ORIGIN, deadline_s=30.0)
    await asyncio.gather(*(write(log) for _ in range(int(sys.argv[2]))))


asyncio.run(main())
