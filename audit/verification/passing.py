"""Judges each checkpoint, and each head from outside, at the moment when the records up to it have been read."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from audit.anchors.stamp import Stamp
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.note import Note
from audit.records.schema import MAX_INT
from audit.records.times import written
from audit.sources.source import Claim, Source, StoredNote
from audit.verification.marks import Head, HeadCheck, MarkCheck, Marks
from audit.verification.report import Existed, Findings, Fork
from audit.verification.state import State, seconds
from audit.verification.trust import Trust

PAGE = 1000
TOLERANCE = timedelta(minutes=5)
"""How far the clocks of a server and of a time-stamp authority may be apart."""
NEVER = "~"
"""Later than every time of a record."""
Checks = tuple[Sequence[MarkCheck], Sequence[HeadCheck]]


@dataclass(frozen=True, slots=True)
class _Ahead:
    """A head that is still to come; `until` is when the records below it were there, by its stamp or a later one's."""

    stated: Checkpoint
    note: Note
    stamp: Stamp | None
    until: str


class Passing:
    """The checkpoints and heads that are still to come, and what was made of those that were passed.

    `due` is the size of the next one.
    """

    def __init__(self, source: Source, claim: Claim, marks: Marks, found: Findings, checks: Checks) -> None:
        self._source, self._claim, self._found = source, claim, found
        self._mark_checks, self._head_checks = checks
        self.marks = marks
        self._stored = self._read_stored()
        self._next = next(self._stored, None)
        self._heads = _ahead(marks.trust)
        marks.records.stamped = {head.sha256: written(head.stamp.at - TOLERANCE) for head in marks.trust.timed}
        marks.records.not_after = self._heads[-1].until if self._heads else NEVER
        self.anchored = self.witnessed = 0
        self.kept = 0
        """The size of the largest head that was brought without a stamp, which could be given to any log."""
        self.existed: Existed | None = None
        self.forks: list[Fork] = []
        self.due = self._due()

    def upto(self, size: int) -> None:
        """Judge what lies below a record that is about to be read. Where records are missing, no root will fit."""
        root = self.marks.records.tree.root()
        while self.due <= size:
            if self._next is not None and self._next.size == self.due:
                self._judge_mark(self._next, root)
            else:
                self._judge_head(root)
            self.due = self._due()

    def end(self) -> None:
        """Judge what is left: what is of exactly as many records as there are, and what is of more."""
        self.upto(self.marks.records.expected_seq)
        while self._next is not None:
            self._judge_mark(self._next, None)
        while self._heads:
            self._judge_head(None)

    def _judge_mark(self, stored: StoredNote, root: bytes | None) -> None:
        self._next = next(self._stored, None)
        mark = self.marks.read(stored, root)
        before = self._found.total
        for check in self._mark_checks:
            what = check.judge(mark, self.marks)
            if what is not None:
                self._found.add(check.code, stored.size, what)
        self.marks.after(mark, whole=self._found.total == before)

    def _judge_head(self, root: bytes | None) -> None:
        ahead, records = self._heads.pop(), self.marks.records
        records.not_after = self._heads[-1].until if self._heads else NEVER
        note, stated = ahead.note, ahead.stated
        cosigners = self.marks.cosigners(note)
        head = Head(note, stated, root, self.marks.is_signed(note), cosigners, self._claim.newest)
        before = self._found.total
        for check in self._head_checks:
            what = check.judge(head, records.origin)
            if what is not None:
                self._found.add(check.code, stated.size, what)
                if check.code == "FORK":
                    self.forks.append(Fork(note.encode().decode(), self._own(stated.size)))
        if self._found.total > before:
            return
        self.anchored = max(self.anchored, stated.size)
        if self.marks.trust.met(cosigners or ()):
            self.witnessed = max(self.witnessed, stated.size)
        if ahead.stamp is not None:
            self.existed = _existed(self.existed, stated.size, ahead.stamp, records)
        else:
            self.kept = max(self.kept, stated.size)

    def _own(self, size: int) -> str | None:
        """Return the log's own checkpoint; none where something else lies there, which could say anything."""
        for stored in self._source.checkpoints(size - 1, 1):
            with suppress(ValueError):
                note = Note.decode(stored.note)
                Checkpoint.of(note)
                return note.encode().decode()
        return None

    def _due(self) -> float:
        sizes = [self._next.size] if self._next is not None else []
        return min([*sizes, *(ahead.stated.size for ahead in self._heads[-1:])], default=float("inf"))

    def _read_stored(self) -> Iterator[StoredNote]:
        above = -(2**62)
        while page := self._source.checkpoints(above, PAGE):
            for stored in page:
                if stored.size > self._claim.newest:
                    return
                yield stored
            above = page[-1].size


def _ahead(trust: Trust) -> list[_Ahead]:
    """Return the heads that were brought or stamped, the largest first."""
    heads = [(note, None) for note in trust.heads] + [(head.note, head.stamp) for head in trust.timed]
    stated = sorted(((Checkpoint.of(note), note, stamp) for note, stamp in heads), key=lambda head: -head[0].size)
    found, until = list[_Ahead](), NEVER
    for checkpoint, note, stamp in stated:
        until = until if stamp is None else min(until, written(stamp.at + TOLERANCE))
        found.append(_Ahead(checkpoint, note, stamp, until))
    return found


def _existed(before: Existed | None, size: int, stamp: Stamp, records: State) -> Existed:
    """Go on to the next stamp, and over what has waited for it."""
    at = written(stamp.at)
    waited = 0 if before is None else before.waited_s
    if records.unstamped_ts:
        waited = max(waited, int(min(seconds(records.unstamped_ts, at), MAX_INT)))
    records.unstamped_ts = ""
    return Existed(size, at, stamp.by, waited)
