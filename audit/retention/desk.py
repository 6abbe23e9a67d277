"""The operations of retention as the process that writes the log offers them to its command line, by name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from audit.errors import AuditMismatch
from audit.log import AuditLog
from audit.records.tombstone import Tombstone
from audit.retention.hands import OfWriter

PRUNED = "retention.pruned"
RECORDED = frozenset({"hold.placed", "hold.lifted", PRUNED, "erasure.done"})


def operations(log: AuditLog, actor: Mapping[str, Any]) -> dict[str, Callable[..., dict[str, Any]]]:
    """Return the operations; each raises AuditError. `actor` is who gives the order, in records."""
    hands = OfWriter(log)

    def record(kind: str, body: dict[str, Any]) -> dict[str, Any]:
        if kind not in RECORDED:
            raise AuditMismatch("retention makes no record of this kind")
        if kind == PRUNED and (off := log.clock.off()) is not None:
            raise AuditMismatch(
                f"the wall clock jumped ({off}), so nothing is pruned; see: ringfence audit acknowledge"
            )
        return {"seq": log.append_sync(kind, {"actor": dict(actor), **body}).seq}

    def begin(size: int) -> dict[str, Any]:
        hands.begin(size)
        return {}

    def entomb(stones: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return asdict(hands.entomb([Tombstone(**stone) for stone in stones]))

    return {
        "retention.record": record,
        "retention.begin": begin,
        "retention.take": lambda: asdict(hands.take()),
        "retention.entomb": entomb,
        "retention.scrub": lambda: {"left": hands.scrub()},
    }
