"""Judges each checkpoint, and each head from outside, at the moment when the records up to it have been read."""

from collections.abc import Iterator, Sequence

from audit.checkpoint import Checkpoint
from audit.marks import Head, HeadCheck, MarkCheck, Marks
from audit.note import Note
from audit.report import Findings, Fork
from audit.source import Claim, Source, StoredNote

PAGE = 1000
Checks = tuple[Sequence[MarkCheck], Sequence[HeadCheck]]


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
        heads = [(Checkpoint.of(note), note) for note in marks.trust.heads]
        self._heads = sorted(heads, key=lambda head: head[0].size, reverse=True)
        self.anchored = self.witnessed = 0
        self.forks: list[Fork] = []
        self.due = self._due()

    def upto(self, size: int) -> None:
        """Judge what lies below a record that is about to be read. Where records are missing, no root will fit."""
        root = self.marks.records.tree.root()
        while self.due <= size:
            if self._next is not None and self._next.size == self.due:
                self._judge_mark(self._next, root)
            else:
                self._judge_head(*self._heads.pop(), root)
            self.due = self._due()

    def end(self) -> None:
        """Judge what is left: what is of exactly as many records as there are, and what is of more."""
        self.upto(self.marks.records.expected_seq)
        while self._next is not None:
            self._judge_mark(self._next, None)
        while self._heads:
            self._judge_head(*self._heads.pop(), None)

    def _judge_mark(self, stored: StoredNote, root: bytes | None) -> None:
        self._next = next(self._stored, None)
        mark = self.marks.read(stored, root)
        before = self._found.total
        for check in self._mark_checks:
            what = check.judge(mark, self.marks)
            if what is not None:
                self._found.add(check.code, stored.size, what)
        self.marks.after(mark, whole=self._found.total == before)

    def _judge_head(self, stated: Checkpoint, note: Note, root: bytes | None) -> None:
        cosigners = self.marks.cosigners(note)
        head = Head(note, stated, root, self.marks.is_signed(note), cosigners, self._claim.newest)
        before = self._found.total
        for check in self._head_checks:
            what = check.judge(head, self.marks.records.origin)
            if what is not None:
                self._found.add(check.code, stated.size, what)
                if check.code == "FORK":
                    self.forks.append(Fork(note.encode().decode(), self._own(stated.size)))
        if self._found.total == before:
            self.anchored = max(self.anchored, stated.size)
            if self.marks.trust.met(cosigners or ()):
                self.witnessed = max(self.witnessed, stated.size)

    def _own(self, size: int) -> str | None:
        stored = self._source.checkpoints(size - 1, 1)
        return stored[0].note.decode(errors="replace") if stored else None

    def _due(self) -> float:
        sizes = [float(self._next.size)] if self._next is not None else []
        return min([*sizes, *(float(stated.size) for stated, _ in self._heads[-1:])], default=float("inf"))

    def _read_stored(self) -> Iterator[StoredNote]:
        above = -(2**62)
        while page := self._source.checkpoints(above, PAGE):
            for stored in page:
                if stored.size > self._claim.newest:
                    return
                yield stored
            above = page[-1].size
