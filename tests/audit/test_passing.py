"""Checkpoints and heads are judged in the order of their sizes, each against the root of just so many records."""

from collections.abc import Sequence
from typing import Any

import pytest

from audit.checkpoint import Checkpoint
from audit.checks import State
from audit.keyring import Keyring
from audit.marks import HEAD_CHECKS, MARK_CHECKS, Marks
from audit.note import Note
from audit.passing import Passing
from audit.report import Findings
from audit.source import Claim, StoredNote
from audit.trust import Trust
from audit.vkey import Signer

SIGNER = Signer("log.example/audit", bytes(32))
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
    passing = Passing(source, claim, Marks.of(trust, state), found, (MARK_CHECKS, HEAD_CHECKS))
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
