"""Checkpoints and heads are judged in the order of their sizes, each against the root of just so many records."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from audit.anchors.stamp import Stamp
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.keyring import Keyring
from audit.proofs.note import Note
from audit.proofs.vkey import Signer
from audit.sources.source import Claim, StoredNote
from audit.verification.marks import HEAD_CHECKS, MARK_CHECKS, Marks
from audit.verification.passing import Passing, _existed
from audit.verification.report import Existed, Findings
from audit.verification.state import State
from audit.verification.trust import Trust

SIGNER = Signer("log.example/audit", bytes(32))
ALL = (MARK_CHECKS, HEAD_CHECKS)
LEAVES = [bytes([n]) * 32 for n in range(8)]


class Stored:
    """The part of a source that is asked."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.notes = [StoredNote(size, note(size).encode()) for size in sizes]

    def checkpoints(self, above: int, count: int) -> Sequence[StoredNote]:
        return [stored for stored in self.notes if stored.size > above][:count]


def note(size: int) -> Note:
    state = read(size)
    return Note(Checkpoint(SIGNER.name, size, state.tree.root()).encode()).signed(SIGNER)


def read(size: int) -> State:
    state = State(bytes(16), {}, origin=SIGNER.name)
    state.ring = Keyring()
    state.ring.take(0, {"kind": "genesis", "origin": SIGNER.name, "vkeys": [SIGNER.vkey.encode()]})
    for leaf in LEAVES[:size]:
        state.tree.append(leaf)
    return state


def passed(sizes: Sequence[int], heads: Sequence[int] = (), newest: int = 8, records: int = 8) -> tuple[Any, Findings]:
    state, found = read(0), Findings()
    claim = Claim(1, bytes(16), records, bytes(32), records - 1, newest)
    trust = Trust(heads=tuple(note(size) for size in heads))
    source: Any = Stored(sizes)
    passing = Passing(source, claim, Marks.of(trust, state), found, ALL)
    for seq, leaf in enumerate(LEAVES[:records]):
        if seq >= passing.due:
            passing.upto(seq)
        state.tree.append(leaf)
        state.expected_seq = seq + 1
    passing.end()
    return passing, found


@pytest.mark.parametrize("sizes", [[8], [1, 2, 3], [1, 5, 8], list(range(1, 9))])
def test_each_meets_the_root_of_its_own_size(sizes: list[int]) -> None:
    passing, found = passed(sizes, heads=[sizes[-1], sizes[0]])
    assert (passing.marks.count, passing.marks.signed(), passing.anchored) == (len(sizes), sizes[-1], sizes[-1])
    assert found.total == 0


def test_what_was_stored_after_the_verification_began_is_left_for_the_next_one() -> None:
    passing, found = passed([2, 6, 8], newest=6, records=6)
    assert (passing.marks.count, found.total) == (2, 0)


def test_what_is_larger_than_the_log_is_judged_at_its_end() -> None:
    _, found = passed([4, 8], heads=[7], records=5)
    assert sorted((finding.code, finding.seq) for finding in found.kept) == [("TRUNCATED", 7), ("TRUNCATED", 8)]


def test_sizes_that_no_float_has_are_met_as_they_are() -> None:
    state, found = read(8), Findings()
    state.expected_seq = 2**53 + 3
    source: Any = Stored([])
    source.notes = [StoredNote(2**53 + 1, b"")]
    passing = Passing(source, Claim(1, bytes(16), 8, bytes(32), 7, 2**53 + 1), Marks.of(Trust(), state), found, ALL)
    passing.upto(2**53 + 2)
    assert [(finding.code, finding.seq) for finding in found.kept] == [("CHECKPOINT", 2**53 + 1)]


def test_what_waits_for_a_stamp_waits_from_the_first_record_that_came_after_the_last_one() -> None:
    records, existed, waited = read(0), None, list[int]()
    for size, ts, second in (
        (2, "12:00:07", 7),
        (3, "12:00:10", 40),
        (4, "", 50),
        (5, "12:00:50", 55),
        (6, "12:00:59", 56),
    ):
        records.unstamped_ts = records.unstamped_ts or (ts and f"2026-01-31T{ts}.000000Z")
        stamp = Stamp(datetime(2026, 1, 31, 12, 0, second, tzinfo=UTC), "CN=Nordwind")
        existed = _existed(existed, size, stamp, records)
        waited.append(existed.waited_s)
    assert waited == [0, 30, 30, 30, 30]
    assert existed == Existed(6, "2026-01-31T12:00:56.000000Z", "CN=Nordwind", 30)
