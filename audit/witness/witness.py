"""What a witness answers: the rules of https://c2sp.org/tlog-witness (v1.0.0), in their order.

    404   no key was given for this origin
    403   none of its keys signed the checkpoint
    400   not a request, or one that claims to shrink the log
    409   it builds upon another size than the newest, which is said, or the same size had another root
    422   the proof does not lead from the newest checkpoint to this one
    200   a cosignature; what it signs was durable before

`GET /<SHA-256 of the origin, hex>/checkpoint` gives the newest checkpoint with a cosignature of that moment: whoever
verifies the log takes it from here, and not from the log's operator.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from audit.proofs.checkpoint import Checkpoint, MalformedCheckpoint
from audit.proofs.cosignature import Cosigner
from audit.proofs.merkle import EMPTY
from audit.proofs.note import MalformedNote, Note, WrongSignature
from audit.proofs.vkey import VerifierKey
from audit.witness.book import Book, BookUnusable, Forked, NotProved, Stale
from audit.witness.request import SIZE, AddCheckpoint

TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status of HTTP and a body."""

    status: int
    body: bytes
    content_type: str = TEXT


class Witness:
    """Cosigns for logs with these keys; the name of a key is its log's origin."""

    def __init__(
        self, cosigner: Cosigner, logs: Iterable[VerifierKey], book: Book, clock: Callable[[], float] = time.time
    ) -> None:
        self._cosigner, self._book, self._clock = cosigner, book, clock
        self._logs: dict[str, list[VerifierKey]] = {}
        for vkey in logs:
            self._logs.setdefault(vkey.name, []).append(vkey)

    def add_checkpoint(self, body: bytes) -> Answer:
        """Answer a request for a cosignature."""
        try:
            asked = AddCheckpoint.decode(body)
            stated = Checkpoint.of(asked.note)
        except (MalformedCheckpoint, MalformedNote) as error:
            return _said(400, str(error))
        if stated.origin not in self._logs:
            return _said(404, "this witness does not know the log")
        note = self._signed_by_log(asked.note, stated.origin)
        if note is None:
            return _said(403, "no key of the log has signed this checkpoint")
        if asked.old > stated.size or (stated.size == 0 and stated.root != EMPTY):
            return _said(400, "the checkpoint cannot follow the size that it is said to follow")
        return self._advanced(stated, asked, note)

    def _advanced(self, stated: Checkpoint, asked: AddCheckpoint, note: Note) -> Answer:
        """Cosign what is first in the book."""
        try:
            self._book.advance(stated, asked.old, asked.proof, note)
        except Stale as error:
            return Answer(409, f"{error.size}\n".encode(), SIZE)
        except Forked:
            return _said(409, "another root was cosigned for this size")
        except NotProved:
            return _said(422, "the proof does not lead to this checkpoint from the newest one")
        except BookUnusable:
            return _said(503, "the witness cannot store what it would sign")
        return Answer(200, self._cosigned(note).signatures[-1].encode().encode())

    def checkpoint(self, digest: str) -> Answer:
        """Answer with the newest checkpoint of a log, cosigned now."""
        try:
            note = self._book.newest(digest)
        except BookUnusable:
            return _said(503, "the witness cannot read what it signed")
        return _said(404, "no checkpoint was seen") if note is None else Answer(200, self._cosigned(note).encode())

    def _cosigned(self, note: Note) -> Note:
        return replace(note, signatures=(*note.signatures, self._cosigner.cosign(note.text, int(self._clock()))))

    def _signed_by_log(self, note: Note, origin: str) -> Note | None:
        """Return the checkpoint with the signatures of the log's keys and no others; None where there is none."""
        known = self._logs[origin]
        try:
            found = {(vkey.name, vkey.key_hash()) for vkey in note.verified(known)}
        except WrongSignature:
            return None
        kept = tuple(one for one in note.signatures if (one.name, one.key_hash) in found)
        return replace(note, signatures=kept) if kept else None


def _said(status: int, what: str) -> Answer:
    return Answer(status, f"{what}\n".encode())
