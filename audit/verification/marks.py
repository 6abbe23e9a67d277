"""What the verifier asks of every checkpoint that the log stores, and of every head from outside, as tables of steps.

A log is signed by the keys that the verifying person brought, or else by those that its own genesis names; another key
counts once a checkpoint carries its signature beside one of a key that already counts. Checkpoints by keys that the log
names and that do not count are covered by the next one that does, for its root is over the same records. Only the
standard library and `cryptography` are used.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Self

from audit.proofs.checkpoint import Checkpoint
from audit.proofs.note import Note, WrongSignature
from audit.proofs.vkey import VerifierKey
from audit.sources.source import StoredNote
from audit.verification.state import State
from audit.verification.trust import Trust


@dataclass(frozen=True, slots=True)
class Mark:
    """One checkpoint, and the root over the records up to it: None where the records end before.

    `size` is the one under which it is filed; `note` and `stated` are None for what is no checkpoint. `signers` are
    the keys of this log that signed it; None where a signature is not by the key that it names.
    """

    size: int
    note: Note | None
    stated: Checkpoint | None
    signers: tuple[VerifierKey, ...] | None
    root: bytes | None


@dataclass(slots=True)
class Marks:
    """What is carried from checkpoint to checkpoint."""

    trust: Trust
    records: State
    vouched: set[VerifierKey] = field(default_factory=set)
    last: dict[VerifierKey, int] = field(default_factory=dict)
    """Of each key that counts, the size of the last checkpoint that it signed and that nothing is wrong with."""
    count: int = 0
    broken: bool = False

    @classmethod
    def of(cls, trust: Trust, records: State) -> Self:
        """Begin."""
        return cls(trust, records, set(trust.logs))

    def read(self, stored: StoredNote, root: bytes | None) -> Mark:
        """Read a stored checkpoint, at the time when the records up to it have been read."""
        self._begin()
        try:
            note = Note.decode(stored.note)
            stated = Checkpoint.of(note)
        except ValueError:
            return Mark(stored.size, None, None, (), root)
        return Mark(stored.size, note, stated, self._signers(note), root)

    def after(self, mark: Mark, *, whole: bool) -> None:
        """Go on. Where nothing was wrong with the checkpoint, what is below it is signed, and its other keys count."""
        self.count += 1
        if mark.stated is not None and mark.root != mark.stated.root:
            self.broken = True
        if not whole or not mark.signers:
            return
        if self.vouched.isdisjoint(mark.signers):
            if self.records.unvouched is None:
                self.records.unvouched = mark.size
            return
        self.records.unvouched = None
        self.records.cover(mark.size)
        for vkey in mark.signers:
            span = self.records.ring.find(vkey)
            if span is not None and span.covers(mark.size):
                self.vouched.add(vkey)
                self.last[vkey] = mark.size

    def signed(self) -> int:
        """Return how many records lie under a checkpoint by a key that still counts for it."""
        spans = ((self.records.ring.find(vkey), size) for vkey, size in self.last.items())
        return max((size for span, size in spans if span is not None and span.counts(size)), default=0)

    def is_signed(self, note: Note) -> bool:
        """Whether a head from outside is signed by a key that was in use; a head that was kept outlives a theft."""
        self._begin()
        spans = (self.records.ring.find(vkey) for vkey in self._signers(note) or () if vkey in self.vouched)
        return any(span is not None and span.covers(Checkpoint.of(note).size) for span in spans)

    def cosigners(self, note: Note) -> tuple[VerifierKey, ...] | None:
        """Return the witnesses of the trust that cosigned; None where a cosignature is not by whom it names."""
        try:
            return note.verified(self.trust.witnesses.values())
        except WrongSignature:
            return None

    def _begin(self) -> None:
        """Believe the keys of the genesis, once it was read, where none were brought."""
        if not self.trust.logs and not self.vouched:
            self.vouched.update(span.vkey for span in self.records.ring.spans() if span.since == 1)

    def _signers(self, note: Note) -> tuple[VerifierKey, ...] | None:
        known: Iterable[VerifierKey] = {span.vkey for span in self.records.ring.spans()} | set(self.trust.logs)
        try:
            return note.verified(known)
        except WrongSignature:
            return None


@dataclass(frozen=True, slots=True)
class MarkCheck:
    """One step: what is wrong with a checkpoint, or None."""

    name: str
    code: str
    judge: Callable[[Mark, Marks], str | None]


def _form(mark: Mark, marks: Marks) -> str | None:
    stated = mark.stated
    if stated is None:
        return "what is stored is not a checkpoint"
    if stated.size != mark.size or stated.origin != marks.records.origin:
        return "a checkpoint of another size, or of another log, is stored in its place"
    return None


def _signature(mark: Mark, _: Marks) -> str | None:
    if mark.stated is None:
        return None
    if mark.signers is None:
        return "a signature is not by the key that it names, of this text"
    return None if mark.signers else "no key of this log has signed it"


def _range(mark: Mark, marks: Marks) -> str | None:
    spans = [marks.records.ring.find(vkey) for vkey in mark.signers or ()]
    outside = any(span is None or not span.covers(mark.size) for span in spans)
    return "a key has signed it that was not in use for this size" if outside else None


def _root(mark: Mark, marks: Marks) -> str | None:
    if mark.stated is None or mark.root is None or marks.broken:
        return None
    return None if mark.root == mark.stated.root else "it was signed over other records; later ones are not compared"


def _beyond(mark: Mark, _: Marks) -> str | None:
    return None if mark.root is not None else "a checkpoint covers records that are not there"


MARK_CHECKS: tuple[MarkCheck, ...] = (
    MarkCheck("form", "CHECKPOINT", _form),
    MarkCheck("signature", "CHECKPOINT_SIG", _signature),
    MarkCheck("range", "KEY_RANGE", _range),
    MarkCheck("root", "ROOT", _root),
    MarkCheck("beyond", "TRUNCATED", _beyond),
)


@dataclass(frozen=True, slots=True)
class Head:
    """A head from outside, and the root over the records up to it: None where the records end before.

    `cosigners` are the witnesses of the person who verifies that cosigned it; None where a signature is wrong.
    """

    note: Note
    stated: Checkpoint
    root: bytes | None
    signed: bool
    cosigners: tuple[VerifierKey, ...] | None
    newest: int
    """The size of the largest checkpoint that the log stores."""


@dataclass(frozen=True, slots=True)
class HeadCheck:
    """One step: what is wrong between the log and a head from outside, or None."""

    name: str
    code: str
    judge: Callable[[Head, str], str | None]
    """Takes the head, and the log's origin."""


def _head_origin(head: Head, origin: str) -> str | None:
    return None if head.stated.origin == origin else "a head from outside is of another log"


def _head_signature(head: Head, _: str) -> str | None:
    good = head.signed and head.cosigners is not None
    return None if good else "a head from outside is not signed by a key that counts for this log"


def _head_fork(head: Head, origin: str) -> str | None:
    if head.root is None or head.stated.origin != origin or head.root == head.stated.root:
        return None
    return f"a head of {head.stated.size} records from outside is over other records: there are two logs"


def _head_beyond(head: Head, origin: str) -> str | None:
    if head.root is not None or head.stated.origin != origin:
        return None
    return f"a head from outside has {head.stated.size} records, they are not there"


def _head_newer(head: Head, origin: str) -> str | None:
    if head.root is None or head.stated.origin != origin or head.stated.size <= head.newest:
        return None
    return f"a head of {head.stated.size} records was signed, the newest that is stored has {max(head.newest, 0)}"


HEAD_CHECKS: tuple[HeadCheck, ...] = (
    HeadCheck("head_origin", "TRUST", _head_origin),
    HeadCheck("head_signature", "TRUST", _head_signature),
    HeadCheck("head_fork", "FORK", _head_fork),
    HeadCheck("head_beyond", "TRUNCATED", _head_beyond),
    HeadCheck("head_newer", "STALE", _head_newer),
)
