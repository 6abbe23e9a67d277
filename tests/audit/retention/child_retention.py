"""Prunes or erases in a log, and is gone at a given stage, without a word to anybody."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[3])]

from retained import LATER, Retained  # noqa: E402

from audit.log import AuditLog  # noqa: E402
from audit.retention import doing, taking  # noqa: E402


def die(*_: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def main(home: Path, stage: str, ids: list[str]) -> None:
    log = AuditLog.open(home / "audit.db", keys=home / "keys", origin="log.example/audit", deadline_s=10)
    kept = Retained(log, home, dict, dict)
    kept.sign()
    taking.TILE = 16
    if stage in {"named", "erased"}:
        entomb = taking.entomb
        taking.entomb = die if stage == "named" else lambda *given: (entomb(*given), die())  # type: ignore[assignment]
        if stage == "erased":
            kept.hands.__class__.entomb = (  # type: ignore[method-assign]
                lambda self, stones: (self._do(lambda run: entomb(run, stones)), die())
            )
        kept.erase(*ids)
    ahead = doing.announce(kept.parts, doing.plan_prune(kept.parts, LATER, print))
    if stage == "announced":
        die()
    doing.wait(kept.parts, ahead, 10, print)
    kept.hands.begin(ahead.size)
    if stage == "begun":
        die()
    take, taken = taking.take, []

    def one(run: Any) -> Any:
        """Take one slice; die inside the transaction of the second, or right behind the first."""
        if taken and stage == "slice":
            take(run)
            die()
        taken.append(take(run))
        return taken[-1]

    taking.take = one
    kept.hands._do(one)  # type: ignore[attr-defined]
    if stage == "between":
        die()
    kept.hands.take()


main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
