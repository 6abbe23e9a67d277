"""One of several processes that write one log on PostgreSQL: waits for a line, appends, and says what was acknowledged.

Arguments: how many decisions, how many in flight, the directory of its keys. The log is `RINGFENCE_AUDIT_URL`. Each
acknowledged record is a line `id seq link`.
"""

import asyncio
import os
import sys
from pathlib import Path

import conftest

from audit.log import AuditLog
from audit.place import place_of


async def write(log: AuditLog, count: int) -> None:
    """Append decisions with their outcomes."""
    for _ in range(count):
        decided = await log.append("route.decision", conftest.make_decision())
        closed = await log.append("route.outcome", conftest.make_outcome(decided.id))
        for receipt in (decided, closed):
            os.write(1, f"{receipt.id} {receipt.seq} {receipt.link}\n".encode())


async def main(log: AuditLog) -> None:
    """Keep some writers busy."""
    count, lanes = int(sys.argv[1]), int(sys.argv[2])
    await asyncio.gather(*(write(log, count // lanes) for _ in range(lanes)))


os.write(1, b"ready\n")
sys.stdin.readline()
place = place_of(os.environ["RINGFENCE_AUDIT_URL"])
opened = AuditLog.open(place, keys=Path(sys.argv[3]), origin=conftest.ORIGIN, deadline_s=30.0)
asyncio.run(main(opened))
opened.close()
