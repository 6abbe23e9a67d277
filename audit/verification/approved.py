"""Re-checks what records say of who approved a bundle, from what the log archives: a signed statement, and its subject.

    ringfence.policy/v1
    files <SHA-256 of the policy files' text>
    upstreams <SHA-256 of the upstream file's text>
    serial 7
    author dana@acme.example
    approver ciso@acme.example
    ticket SEC-4412

That a `policy.activated` record calls an approval `verified` is the operator's word. It is one if a note with the
digest that the record names is archived, states all that the record states, is signed by the key that the record names,
which is the approver's, and if the two texts that it is about are archived as well. Whose key that is, and whether the
upstream file means what the record's bundle says, is not judged here. Only the standard library and `cryptography`.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from audit.proofs.note import Note, WrongSignature
from audit.proofs.vkey import VerifierKey

ACTIVATION = "policy.activated"
HEADER = "ringfence.policy/v1"
MAX_NOTE_BYTES = 16 * 1024
MAX_CLAIMS = 10_000
"""Approvals that are kept for the end of the log, each once."""
_UPSTREAMS = re.compile(r"^upstreams ([0-9a-f]{64})$", re.MULTILINE)


def statement(files: str, upstreams: str, serial: int, author: str, approver: str, ticket: str) -> str:  # noqa: PLR0917
    """Return the text that is signed; `ticket` may be empty. No two approvals have the same text."""
    lines = [
        HEADER,
        f"files {files}",
        f"upstreams {upstreams}",
        f"serial {serial}",
        f"author {author}",
        f"approver {approver}",
        *([f"ticket {ticket}"] if ticket else []),
    ]
    return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a record says of a verified approval; what it does not say is empty."""

    files: str
    serial: int
    author: str
    approver: str
    ticket: str
    note_sha256: str
    key: str

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self | None:
        """Read a valid record; None where it claims no verified approval."""
        approval = body.get("approval", {})
        if approval.get("standing") != "verified":
            return None
        texts = (approval.get(name, "") for name in ("author", "approver", "ticket", "note_sha256", "key"))
        return cls(body["files_sha256"], approval.get("serial", 0), *texts)

    def fault(self, note: bytes | None, archived: Collection[str]) -> str | None:
        """Say what is wrong with it, given its note and the digests of all archived texts."""
        if note is None:
            return "its note is not in the archive"
        try:
            read, key = Note.decode(note), VerifierKey.decode(self.key)
        except ValueError:
            return "its note or its key is none"
        about = _UPSTREAMS.search(read.text)
        upstreams = about[1] if about else ""
        stated = (self.files, upstreams, self.serial, self.author, self.approver, self.ticket)
        if read.text != statement(*stated):
            return "its note states something else"
        if self.author.casefold() == self.approver.casefold() or key.name != self.approver:
            return "its approver wrote it, or is not whom the key names"
        try:
            signed = key in read.verified([key])
        except WrongSignature:
            signed = False
        if not signed:
            return "its note is not signed by the key that the record names"
        return None if {self.files, upstreams} <= set(archived) else "what it is about is not in the archive"


class Approvals:
    """The verified approvals that the records read so far claim, each with the first record that does."""

    def __init__(self) -> None:
        self._claims: dict[Claim, int] = {}
        self._beyond: int | None = None

    def take(self, seq: int, body: Mapping[str, Any]) -> None:
        """Take in a valid record of an activation."""
        claim = Claim.of(body)
        if claim is None or claim in self._claims:
            return
        if len(self._claims) < MAX_CLAIMS:
            self._claims[claim] = seq
        elif self._beyond is None:
            self._beyond = seq

    def faults(self, texts: Iterable[tuple[str, bytes]]) -> Iterator[tuple[int, str]]:
        """Yield each that is wrong, given the archive."""
        wanted = {claim.note_sha256 for claim in self._claims}
        notes: dict[str, bytes] = {}
        archived: set[str] = set()
        for sha256, text in texts if wanted else ():
            archived.add(sha256)
            if sha256 in wanted and len(text) <= MAX_NOTE_BYTES and hashlib.sha256(text).hexdigest() == sha256:
                notes[sha256] = text
        for claim, seq in self._claims.items():
            what = claim.fault(notes.get(claim.note_sha256), archived)
            if what is not None:
                yield seq, f"it calls an approval verified, and {what}"
        if self._beyond is not None:
            yield self._beyond, f"there are more than {MAX_CLAIMS} approvals; those from here on are not checked"
