r"""What a log asks of a witness, the body of `POST /add-checkpoint` in https://c2sp.org/tlog-witness.

old <size that the witness cosigned last>
<base64 of a hash of the consistency proof> ...
<blank line>
<the signed note of a checkpoint>
"""

import hashlib
from dataclasses import dataclass
from typing import Self

from audit.proofs.checkpoint import MAX_PROOF, MalformedCheckpoint, decode_hash, decode_number, encode_hash
from audit.proofs.note import Note

MAX_BYTES = 16 * 1024
SIZE = "text/x.tlog.size"
"""The type of an answer that says which size the witness has seen."""
_OLD = "old "


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A checkpoint, and the proof that it extends one of `old` records."""

    old: int
    proof: tuple[bytes, ...]
    note: Note

    def encode(self) -> bytes:
        """Return the body."""
        lines = [f"{_OLD}{self.old}", *map(encode_hash, self.proof)]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.note.encode()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Parse a body; raises MalformedCheckpoint, or MalformedNote."""
        head, blank, note = data.partition(b"\n\n")
        try:
            first, *hashes = head.decode("ascii").split("\n")
        except ValueError:
            raise MalformedCheckpoint("not a request for a cosignature") from None
        if not blank or not first.startswith(_OLD) or len(hashes) > MAX_PROOF:
            raise MalformedCheckpoint("not a request for a cosignature")
        return cls(decode_number(first.removeprefix(_OLD)), tuple(map(decode_hash, hashes)), Note.decode(note))


def digest_of(origin: str) -> str:
    """Return the name under which a log's newest checkpoint is asked for: SHA-256 of its origin, in hex."""
    return hashlib.sha256(origin.encode()).hexdigest()
