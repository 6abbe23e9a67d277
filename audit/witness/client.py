"""Has checkpoints cosigned by a witness that speaks https://c2sp.org/tlog-witness: a keeper of heads.

A witness is asked for its newest checkpoint where it tells (`GET <url>/<SHA-256 of the origin>/checkpoint`), and for a
cosignature of each one that is newer. What it does not cosign, because it has seen another log, it never has.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from http import HTTPStatus

from audit.anchors.asking import ask
from audit.errors import AuditError
from audit.proofs.checkpoint import Checkpoint, MalformedCheckpoint, decode_number
from audit.proofs.merkle import Frontier
from audit.proofs.note import Note, Signature, WrongSignature
from audit.proofs.proving import grow
from audit.proofs.vkey import VerifierKey
from audit.sources.source import Source
from audit.witness.remembered import Remembered
from audit.witness.request import AddCheckpoint, digest_of

MAX_ANSWER = 64 * 1024
RECEIPT_EVERY_S = 3600.0
"""Each receipt is a record, which makes a checkpoint, which is cosigned: one an hour is how a quiet log stays quiet."""

Tell = Callable[[bytes], bool]
"""Takes a cosigned checkpoint to where it is recorded; False where nobody could take it now."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a witness is asked, and the key by which its cosignatures are known."""

    url: str
    vkey: VerifierKey


class NotCosigned(OSError):
    """The witness does not say what was hoped for. Nothing that it said is repeated."""


class WitnessKeeper:
    """One log at one witness. Used by one thread at a time. `origin` may fail before a log has keys."""

    every = False

    def __init__(
        self,
        address: Address,
        origin: Callable[[], str],
        source: Callable[[], Source],
        tell: Tell,
        remembered: Remembered,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url, self._vkey, self._origin = address.url, address.vkey, origin
        self._source, self._tell, self._remembered, self._clock = source, tell, remembered, clock
        self._tree, self._proved = remembered.load(), False
        self._newest: Note | None = None
        self._told: float | None = None

    def newest(self) -> bytes | None:
        """Return the newest checkpoint that the witness has seen, as far as it tells; raises OSError."""
        status, said = self._ask("GET", f"/{digest_of(self._named())}/checkpoint")
        if status == HTTPStatus.OK:
            note = Note.decode(said)
            if self._vkey not in _by(note, self._vkey) or Checkpoint.of(note).origin != self._named():
                raise NotCosigned("what the witness calls its newest checkpoint is not cosigned by it")
            self._newest = note
        elif status != HTTPStatus.NOT_FOUND:
            raise NotCosigned(f"the witness answers {status}")
        return None if self._newest is None else self._newest.encode()

    def keep(self, notes: Sequence[bytes]) -> None:
        """Have the last of these checkpoints cosigned; raises OSError where it is not."""
        try:
            self._keep(Note.decode(notes[-1]))
        except NotCosigned:
            if not self._proved:
                self._tree, self._proved = Frontier.empty(), True  # what was remembered may have been wrong
            raise
        with suppress(OSError):
            self._remembered.save(self._tree)

    def _keep(self, note: Note) -> None:
        if self._newest is not None:
            seen = Checkpoint.of(self._newest)
            if seen.size > self._tree.size:
                self._follow(seen.size)
            if seen.size == self._tree.size and seen.root != self._tree.root():
                raise NotCosigned("the witness has seen another log")
        for _ in range(2):
            if self._asked_for(note):
                return
        raise NotCosigned("the witness changes its mind about what it has seen")

    def _named(self) -> str:
        try:
            return self._origin()
        except AuditError as error:
            raise NotCosigned(str(error)) from None

    def _asked_for(self, note: Note) -> bool:
        """Ask once; False where the witness has seen another size than was thought, which it is then followed to."""
        stated = Checkpoint.of(note)
        if stated.size < self._tree.size:
            return True  # a later one is cosigned: another server on this log was faster
        try:
            with closing(self._source()) as source:
                tree, proof = grow(source, self._tree, stated.size)
        except AuditError as error:
            raise NotCosigned(str(error)) from None
        if tree.root() != stated.root:
            raise NotCosigned("the log is not what was signed")
        asked = AddCheckpoint(self._tree.size, tuple(proof), note)
        status, said = self._ask("POST", "/add-checkpoint", asked.encode())
        if status == HTTPStatus.CONFLICT:
            self._follow(_size(said))
            return False
        if status != HTTPStatus.OK:
            raise NotCosigned(f"the witness answers {status}")
        self._cosigned(note, said)
        self._tree, self._proved = tree, True
        return True

    def _follow(self, size: int) -> None:
        """Go to the size that the witness has seen; that the log has fewer records means that it lost some."""
        try:
            with closing(self._source()) as source:
                if source.claim().size < size:
                    raise NotCosigned(f"the witness has seen {size} records, which the log does not have")
                start = self._tree if self._tree.size <= size else Frontier.empty()
                self._tree, _ = grow(source, start, size)
        except AuditError as error:
            raise NotCosigned(str(error)) from None

    def _cosigned(self, note: Note, said: bytes) -> None:
        lines = [Signature.decode(line + "\n") for line in said.decode().removesuffix("\n").split("\n")]
        ours = tuple(line for line in lines if (line.name, line.key_hash) == (self._vkey.name, self._vkey.key_hash()))
        cosigned = replace(note, signatures=(*note.signatures, *ours))
        if self._vkey not in _by(cosigned, self._vkey):
            raise NotCosigned("the witness answers without its signature")
        self._newest = cosigned
        now = self._clock()
        if (self._told is None or now - self._told >= RECEIPT_EVERY_S) and self._tell(cosigned.encode()):
            self._told = now

    def _ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        return ask(method, self._url.rstrip("/") + path, body, limit=MAX_ANSWER)


def _by(note: Note, vkey: VerifierKey) -> tuple[VerifierKey, ...]:
    try:
        return note.verified([vkey])
    except WrongSignature:
        return ()


def _size(said: bytes) -> int:
    try:
        return decode_number(said.decode("ascii").removesuffix("\n"))
    except (UnicodeDecodeError, MalformedCheckpoint):
        raise NotCosigned("the witness does not say which size it has seen") from None
