"""Which records a period consists of, and whether a pack has all of them: nothing can be left out unseen.

A record belongs to the period if its time is not before `since` and before `until`. `first` and `last` are the smallest
and the largest number of one that does; all between them are in the pack, whatever their times. So are the two beside
them, which shows that the period ends there: their times lie outside. Only the standard library is used.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from audit.pack.manifest import Manifest

MAX_FAULTS = 1000
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,6}))?Z")


@dataclass(slots=True)
class Period:
    """A part of a log, and what is wrong with it. Times are as records have them, empty where there is no end."""

    first: int
    last: int
    since: str
    until: str
    pruned: int = 0
    _missing: set[int] = field(default_factory=set)
    """Which of the two beside it are not there."""
    faults: list[tuple[int | None, str]] = field(default_factory=list)

    @classmethod
    def of(cls, manifest: Manifest, pruned: int) -> Self:
        """Return what a manifest says."""
        return cls(manifest.first, manifest.last, manifest.since, manifest.until, pruned)

    def has(self, ts: str) -> bool:
        """Whether a time lies in it."""
        return bool(ts) and self.since <= ts and (not self.until or ts < self.until)

    def take(self, seq: int, ts: str, *, is_left_out: bool) -> None:
        """Judge a record by its number and its time, which is empty where it is not known."""
        if is_left_out and seq in {self.first - 1, self.last + 1}:
            self._missing.add(seq)
        what = self._fault(seq, ts, is_left_out)
        if what and len(self.faults) < MAX_FAULTS:
            self.faults.append((seq, what))

    def ends(self, size: int) -> Iterator[tuple[int | None, str]]:
        """Yield what is wrong with its ends, in a log of this size."""
        if not self.first <= self.last < size:
            yield None, "manifest.json: its period ends before it begins, or behind the log"
        if not self.since and self.first != 0:
            yield None, "manifest.json: it has no beginning, and the first record is not in it"
        if not self.until and self.last != size - 1:
            yield None, "manifest.json: it has no end, and the last record is not in it"

    def unseen(self, size: int) -> Iterator[str]:
        """Yield which ends no record shows, in a log of this size."""
        if self.first - 1 in self._missing:
            yield f"that the period begins with record {self.first}: what was before it is gone"
        if self.last + 1 in self._missing:
            yield f"that the period ends with record {self.last}: what was behind it is gone"
        elif self.until and self.last == size - 1:
            yield f"that the period ends with record {self.last}: it is the last one that there is"

    def _fault(self, seq: int, ts: str, is_left_out: bool) -> str:
        if self.first <= seq <= self.last:
            ends = (self.since and seq == self.first) or (self.until and seq == self.last)
            return "the period begins or ends with it, and its time lies outside" if ends and not self.has(ts) else ""
        if self.has(ts):
            return "its time lies in the period, and the pack has it outside"
        if is_left_out and seq >= self.pruned and seq in {self.first - 1, self.last + 1}:
            return "the record beside the period is left out, so that nobody can see that it ends there"
        return ""


def moment(text: str) -> str:
    """Read a day, which begins at midnight UTC, or a time in UTC; return it as records have theirs.

    Raises ValueError for anything else.
    """
    if _DAY.fullmatch(text):
        text = f"{text}T00:00:00Z"
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError("not a time")
    at = datetime.fromisoformat(found[1])
    return f"{at.isoformat()}.{(found[2] or '').ljust(6, '0')}Z"
