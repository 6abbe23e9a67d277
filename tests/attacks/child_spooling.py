"""A process that makes decisions and outcomes durable until it is killed: in the spool while its home holds `down`.

Argument: the home directory. Each acknowledged record is a line `ok ID`.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from receivers import DECISION

from audit.errors import AuditUnavailable
from audit.log import AuditLog
from audit.spool import imports as spool_import
from audit.spool.spool import SpoolPlan

home = Path(sys.argv[1])
spool_import.BATCH = 8


async def append(kind: str, body: dict[str, Any]) -> str:
    """Append until it is acknowledged; an acknowledgement that came too late counts as none."""
    while True:
        try:
            made = await log.append_or_spool(kind, body)
        except AuditUnavailable:
            continue
        os.write(1, f"ok {made.id}\n".encode())
        return made.id


async def work() -> None:
    """Decide for ever."""
    while True:
        dec = await append("route.decision", DECISION)
        await append("route.outcome", {"dec": dec, "attempt": 1, "status": "ok"})


async def main() -> None:
    await asyncio.gather(*(work() for _ in range(4)))


plan = SpoolPlan(home / "spool", always=True)
log = AuditLog.open(home / "audit.db", keys=home / "keys", origin="log.example/audit", deadline_s=5.0, spool=plan)
commit = log._store.commit


def refusing(rows: Any) -> Any:
    """Be a store that is down while the file is there."""
    if (home / "down").exists():
        raise AuditUnavailable("full")
    return commit(rows)


log._store.commit = refusing  # type: ignore[method-assign]
asyncio.run(main())
