"""What a pack of a period keeps: the period, what stands beside it, and whatever is about no single request."""

import json
from dataclasses import replace

import pytest

from audit.errors import AuditMismatch
from audit.evidence.facts import Facts
from audit.pack.keeping import Keeping, time_of
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.merkle import root_of
from audit.records.kept import PASSING
from audit.records.tombstone import Tombstone
from audit.sources.source import COLUMNS, Raw

TS = "2026-10-01T00:00:00.000000Z"
STONE = Tombstone(
    4,
    "01a1fe6d-0185-7595-b576-122b77425aaa",
    "route.outcome",
    1,
    TS,
    "b" * 64,
    "01a1fe6d-0185-7595-b576-122b77425aab",
    3,
)
FACTS = Facts("1" * 32, "log.example/a", 9, "0" * 64, 3, 5)
ACTOR = {"kind": "system", "id": "command-line"}
ENVELOPE = {
    "id": STONE.id,
    "salt": "A" * 22,
    "ts": TS,
    "clock": {"src": "unknown", "sync": False},
    "w": {"inst": "a", "epoch": STONE.epoch, "n": 0, "mono_us": 0},
}
READ = {"v": 2, "kind": "audit.read", "actor": ACTOR, "filters": [], "rows": 1}
LIFTED = {"v": 1, "kind": "hold.lifted", "actor": ACTOR, "hold": "one"}


def raw(seq: int, body: dict[str, object] | bytes, columns: tuple[object, ...] = ()) -> Raw:
    if not isinstance(body, bytes):
        body = json.dumps({**ENVELOPE, **body}, sort_keys=True, separators=(",", ":")).encode()
    return Raw(seq, bytes(32), bytes(32), bytes([seq]) * 32, body, columns)


def test_what_passes_is_kept_within_the_period_and_beside_it() -> None:
    assert READ["kind"] in PASSING
    keeping = Keeping(FACTS, 0)
    kept = [seq for seq in range(9) if keeping.keeps(raw(seq, {**READ, "what": "records"}))]
    assert kept == [2, 3, 4, 5, 6]
    assert keeping.rows == 3


def test_all_else_is_kept_and_that_an_export_was_asked_for() -> None:
    for body in (LIFTED, {**READ, "what": "export"}, b"no record at all"):
        keeping = Keeping(FACTS, 0)
        assert [keeping.keeps(raw(seq, body)) for seq in range(9)] == [True] * 9


def test_what_is_gone_is_not_counted() -> None:
    keeping = Keeping(FACTS, 4)
    for seq, body in enumerate((b"", b"", b"", b"", STONE.encode(), LIFTED, LIFTED, LIFTED, LIFTED)):
        keeping.keeps(raw(seq, body))
    assert keeping.rows == 1


def test_a_log_that_is_not_what_was_signed_or_lacks_the_account_of_what_is_gone_is_refused() -> None:
    def kept(pruned: int, *bodies: object) -> Keeping:
        keeping = Keeping(replace(FACTS, size=len(bodies)), pruned)
        for seq, body in enumerate(bodies):
            keeping.keeps(raw(seq, body))  # type: ignore[arg-type]
        return keeping

    head = Checkpoint("log.example/a", 2, root_of(bytes([seq]) * 32 for seq in range(2)))
    kept(0, LIFTED, LIFTED).require_whole(head)
    for keeping in (kept(0, LIFTED), kept(0, LIFTED, LIFTED, LIFTED)):
        with pytest.raises(AuditMismatch, match="not the one that was signed"):
            keeping.require_whole(head)
    for keeping in (kept(1, b"", LIFTED), kept(0, LIFTED, replace(STONE, seq=1).encode())):
        with pytest.raises(AuditMismatch, match="pruned or erased behind"):
            keeping.require_whole(head)


def test_the_time_of_a_record_stands_beside_it_or_in_it() -> None:
    columns = tuple("column" if name == "ts" else None for name in COLUMNS)
    assert time_of(raw(0, LIFTED, columns)) == "column"
    assert time_of(raw(0, LIFTED)) == TS
    assert time_of(raw(4, STONE.encode())) == TS
    assert [time_of(raw(0, body)) for body in (b"", b"no", b"[]", b"{}")] == ["", "", "", ""]
