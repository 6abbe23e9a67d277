"""What is known of bodies that are not there: pruned with all before them, erased one by one, or of another period.

The chain keeps the hash of each, so that everything else is judged as ever. What a missing body said, nobody can know;
that it may be missing has to follow from records that are there. Only the standard library is used.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from audit.proofs.merkle import Frontier
from audit.records.kept import PASSING
from audit.records.schema import MAX_INT
from audit.records.tombstone import Tombstone

ERASURE = ("erasure.done", 2)
PRUNE = ("retention.pruned", 2)
MAX_ERASED = 100_000
"""Tombstones that are kept for the end of the log."""


@dataclass(slots=True)
class Absences:
    """What is carried from record to record. `slack` are left-out records that no writer's count accounts for yet."""

    pruned: int = 0
    first: int = 0
    last: int = MAX_INT
    left_out: int = 0
    slack: int = 0
    erased: dict[int, Tombstone] = field(default_factory=dict)
    erased_total: int = 0
    still_there: int = 0
    """Bodies that a record says were erased, and that are there."""
    _unaccounted: set[int] = field(default_factory=set)
    _root: bytes | None = None
    _is_pruned: bool = False
    _passing: int = 0
    _announced: int = 0
    _most: int = 0

    def may_be_left_out(self, seq: int) -> bool:
        """Whether a record's body need not be there."""
        return seq < self.pruned or not self.first <= seq <= self.last

    def before(self, seq: int, raw: bytes, tombstone: Tombstone | None, tree: Frontier) -> None:
        """Take in a record that is about to be judged; `tree` is over all before it."""
        if self.pruned and seq == self.pruned:
            self._root = tree.root()
        if not raw:
            self.left_out += 1
            self.slack += 1
        self._passing += (not raw or tombstone is not None) and self._counts(seq)
        if tombstone is not None:
            self.erased_total += 1
            if len(self.erased) < MAX_ERASED:
                self.erased[seq] = tombstone
                self._unaccounted.add(seq)

    def after(self, seq: int, body: Mapping[str, Any]) -> None:
        """Take in a valid record: it may say what is gone."""
        self._passing += body["kind"] in PASSING and self._counts(seq)
        match body["kind"], body["v"]:
            case kind if kind == ERASURE:
                self._account(seq, body["records"])
            case kind if kind == PRUNE:
                self._is_pruned = self._is_pruned or self._covers(body)
                self._announce(body["to_seq"] + 1, body["bodies"])

    def unerased(self) -> Iterator[tuple[int, str]]:
        """Yield each tombstone that no record accounts for."""
        for seq in sorted(self._unaccounted):
            yield seq, "its body is gone, and no record behind it says that it was erased"
        if self.erased_total > len(self.erased):
            yield max(self.erased), f"there are more than {MAX_ERASED} erased bodies; those behind are not checked"

    def unpruned(self) -> Iterator[tuple[int, str]]:
        """Yield what is wrong with the prefix that is said to be pruned."""
        if self.pruned and not self._is_pruned:
            yield self.pruned, "bodies before it are said to be pruned, and no record says so of these records"
        elif self._passing > self._most:
            yield self.pruned, "more bodies before it are gone than the records of prunes say: some that always stay"

    def _counts(self, seq: int) -> bool:
        return seq < self.pruned and self.first <= seq <= self.last

    def _announce(self, size: int, bodies: int) -> None:
        """Bound how many records of a prefix pass at all: a prune tells how many it finds, others went before it."""
        if self._announced < size <= self.pruned:
            self._most += min(bodies, size - self._announced)
            self._announced = size

    def _account(self, seq: int, records: list[dict[str, Any]]) -> None:
        for named in records:
            stone = self.erased.get(named["seq"])
            if stone is None:
                self.still_there += named["seq"] < seq and not self.may_be_left_out(named["seq"])
            elif stone.as_json() == named and stone.seq < seq:
                self._unaccounted.discard(stone.seq)

    def _covers(self, body: Mapping[str, Any]) -> bool:
        whole = body["from_seq"] == 0 and body["to_seq"] + 1 == self.pruned
        return whole and self._root is not None and body["root"] == self._root.hex()
