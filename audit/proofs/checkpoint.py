r"""What a log signs: how many records it has and the root over them. https://c2sp.org/tlog-checkpoint and tlog-proof.

    <origin>                        c2sp.org/tlog-proof@v1
    <size>                          index <n>
    <base64 of the root>            <base64 of a hash of the inclusion proof> ...
                                    <blank line>
                                    <the signed note of a checkpoint>

Checkpoints of this log have no extension lines, and ones with any are refused: nobody could audit them. The forms are
strict: what is decoded is what would have been encoded.
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from audit.proofs.merkle import is_included
from audit.proofs.note import Note
from audit.proofs.vkey import is_key_name
from audit.records.chain import HASH_BYTES

MAX_SIZE = 2**63 - 1
MAX_PROOF = 63
"""Hashes of a proof: what a tree of the greatest size needs."""
PROOF = "c2sp.org/tlog-proof@v1"
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_HASH = re.compile(r"[A-Za-z0-9+/]{43}=")
_CHECKPOINT_LINES = 3


class MalformedCheckpoint(ValueError):
    """This text is not a checkpoint, or not a proof."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log. That it was decoded says nothing of who signed it."""

    origin: str
    size: int
    root: bytes

    def encode(self) -> str:
        """Return the text of the note; raises MalformedCheckpoint for what no checkpoint can say."""
        if not is_key_name(self.origin) or not 0 <= self.size <= MAX_SIZE or len(self.root) != HASH_BYTES:
            raise MalformedCheckpoint("not a checkpoint")
        return f"{self.origin}\n{self.size}\n{encode_hash(self.root)}\n"

    @classmethod
    def decode(cls, text: str) -> Self:
        """Parse the text of a note; raises MalformedCheckpoint."""
        lines = text.split("\n")
        if len(lines) != _CHECKPOINT_LINES + 1:
            raise MalformedCheckpoint("a checkpoint has three lines")
        made = cls(lines[0], decode_number(lines[1]), decode_hash(lines[2]))
        if made.encode() != text:
            raise MalformedCheckpoint("not a checkpoint")
        return made

    @classmethod
    def of(cls, note: Note) -> Self:
        """Read the checkpoint that a note states; raises MalformedCheckpoint."""
        return cls.decode(note.text)


@dataclass(frozen=True, slots=True)
class Proof:
    """That a record is in a log: its number, the way from its link to the root, and who signed that root."""

    index: int
    path: tuple[bytes, ...]
    note: Note

    def encode(self) -> bytes:
        """Return the file, by convention `*.tlog-proof`."""
        lines = [PROOF, f"index {self.index}", *map(encode_hash, self.path)]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.note.encode()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Parse a file; raises MalformedCheckpoint, or MalformedNote. Extra data is not understood here."""
        head, blank, note = data.partition(b"\n\n")
        try:
            first, index, *hashes = head.decode("ascii").split("\n")
        except ValueError:
            raise MalformedCheckpoint("not a proof") from None
        if not blank or first != PROOF or not index.startswith("index ") or len(hashes) > MAX_PROOF:
            raise MalformedCheckpoint("not a proof")
        return cls(decode_number(index.removeprefix("index ")), tuple(map(decode_hash, hashes)), Note.decode(note))

    def includes(self, link: bytes) -> bool:
        """Whether it leads from a record's link to the root; who signed the root is the caller's to check."""
        stated = Checkpoint.of(self.note)
        return is_included(link, self.index, stated.size, self.path, stated.root)


def split_notes(data: bytes) -> Iterator[bytes]:
    """Split a file of checkpoints that were appended one after another; what is none is the last piece's fault."""
    lines = data.splitlines(keepends=True)
    start = 0
    for at in range(1, len(lines) + 1):
        signed = lines[at - 1].startswith("\u2014 ".encode())
        if at == len(lines) or (signed and not lines[at].startswith("\u2014 ".encode())):
            yield b"".join(lines[start:at])
            start = at


def encode_hash(value: bytes) -> str:
    """Return a hash as its line of text."""
    return base64.b64encode(value).decode()


def decode_hash(text: str) -> bytes:
    """Parse a line; raises MalformedCheckpoint."""
    if _HASH.fullmatch(text) is None or encode_hash(made := base64.b64decode(text)) != text:
        raise MalformedCheckpoint("not a hash")
    return made


def decode_number(text: str) -> int:
    """Parse a size or an index; raises MalformedCheckpoint."""
    if _NUMBER.fullmatch(text) is None or (made := int(text)) > MAX_SIZE:
        raise MalformedCheckpoint("not a number of records")
    return made
