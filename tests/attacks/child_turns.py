"""Processes that want to write one SQLite file at the same time; each writes when it gets the log, and gives it back.

Arguments: home, origin, how many processes, and how many records each. Whoever is first waits until all others were
refused. What was acknowledged is said as `process seq link`; the exit status is 1 where one failed.
"""

import asyncio
import os
import sys
import time
from pathlib import Path

from audit.errors import AuditLocked
from audit.log import AuditLog

LANES = 16


def take_turn(home: Path, origin: str, number: int, records: int, *, refused: tuple[int, int], others: int) -> None:
    """Write once the log can be had; `others` is how many refusals whoever has it at once waits for."""
    told = False
    while True:
        try:
            log = AuditLog.open(home / "audit.db", keys=home / "keys", origin=origin, deadline_s=30.0)
            break
        except AuditLocked:
            if not told:
                os.write(refused[1], b"r")
            told = True
            time.sleep(0.002)
    seen = 0
    while not told and seen < others:
        seen += len(os.read(refused[0], others))
    asyncio.run(_write(log, number, records))
    log.close()


async def _write(log: AuditLog, number: int, records: int) -> None:
    async def lane(count: int) -> None:
        for _ in range(count):
            receipt = await log.append("control.tested", {"control": "c", "passed": True})
            os.write(1, f"{number} {receipt.seq} {receipt.link}\n".encode())

    await asyncio.gather(*(lane(len(range(one, records, LANES))) for one in range(LANES)))


def main() -> int:
    """Fork them all."""
    home, origin, count, records = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    refused = os.pipe()
    started = []
    for number in range(count):
        pid = os.fork()
        if pid == 0:
            take_turn(home, origin, number, records, refused=refused, others=count - 1)
            os._exit(0)
        started.append(pid)
    return int(any(os.waitpid(pid, 0)[1] for pid in started))


if __name__ == "__main__":
    sys.exit(main())
