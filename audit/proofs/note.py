r"""Signed notes: a text, a blank line, and who signed exactly this text. The format of https://c2sp.org/signed-note.

    <text, which ends in a newline>
    <blank line>
    — <key name> <base64(key hash || signature)>

What is signed is the text with its last newline. A line by a key that the reader does not know says nothing and is
passed over; one that claims a known key and is not by it spoils the whole note.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from audit.proofs.vkey import Signer, VerifierKey, is_key_name

MAX_BYTES = 1_000_000
MAX_SIGNATURES = 100
_HASH_BYTES = 4
_DASH = "\u2014 "


class MalformedNote(ValueError):
    """These bytes are no signed note. `line` counts from 1."""

    def __init__(self, what: str, line: int) -> None:
        super().__init__(f"line {line}: {what}")
        self.what = what
        self.line = line


class WrongSignature(ValueError):
    """A signature claims a known key and is not by it: the text, the signature or the name was changed."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}: the signature is not by the key that it names, of this text")
        self.line = line


@dataclass(frozen=True, slots=True)
class Signature:
    """One line below a text: the name and the hash find the key."""

    name: str
    key_hash: int
    value: bytes

    def encode(self) -> str:
        """Return the line."""
        blob = self.key_hash.to_bytes(_HASH_BYTES, "big") + self.value
        return f"{_DASH}{self.name} {base64.b64encode(blob).decode()}\n"

    @classmethod
    def decode(cls, line: str) -> Self:
        """Parse a line; raises ValueError."""
        name, _, encoded = line.removesuffix("\n").removeprefix(_DASH).partition(" ")
        try:
            blob = base64.b64decode(encoded, validate=True)
        except ValueError:
            raise ValueError("not a signature") from None
        made = cls(name, int.from_bytes(blob[:_HASH_BYTES], "big"), blob[_HASH_BYTES:])
        if not is_key_name(name) or len(blob) <= _HASH_BYTES or made.encode() != line:
            raise ValueError("not a signature")
        return made


@dataclass(frozen=True, slots=True)
class Note:
    """A text with the signatures that stand below it; that they are there says nothing before `verified`."""

    text: str
    signatures: tuple[Signature, ...] = ()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Parse a note; raises MalformedNote."""
        whole = _text(data)
        at = whole.rfind("\n\n") + 1
        text, lines = whole[:at], whole[at + 1 :]
        first = text.count("\n") + 2
        if not at or not lines:
            raise MalformedNote("no signature stands below a blank line", max(1, whole.count("\n")))
        signatures, below = [], lines.removesuffix("\n").split("\n")
        for number, line in enumerate(below[:MAX_SIGNATURES], start=first):
            try:
                signatures.append(Signature.decode(line + "\n"))
            except ValueError:
                raise MalformedNote("not a signature", number) from None
        if len(below) > MAX_SIGNATURES:
            raise MalformedNote(f"more than {MAX_SIGNATURES} signatures", first + MAX_SIGNATURES)
        return cls(text, tuple(signatures))

    def encode(self) -> bytes:
        """Return the bytes; raises MalformedNote for a text that no note can have, or without any signature."""
        data = f"{self.text}\n{''.join(signature.encode() for signature in self.signatures)}".encode()
        if self.decode(data) != self:
            raise MalformedNote("the text does not end in a newline", self.text.count("\n") + 1)
        return data

    def signed(self, signer: Signer) -> Self:
        """Return the note with one more signature, in place of an earlier one by the same key."""
        vkey = signer.vkey
        made = Signature(vkey.name, vkey.key_hash(), signer.sign(self.text.encode()))
        others = tuple(one for one in self.signatures if (one.name, one.key_hash) != (made.name, made.key_hash))
        return replace(self, signatures=(*others, made))

    def verified(self, known: Iterable[VerifierKey]) -> tuple[VerifierKey, ...]:
        """Return the known keys that signed the text, in the order of their lines, each once.

        Raises WrongSignature. No key that is not among `known` is ever returned; with none, nothing is verified.
        """
        keys: dict[tuple[str, int], list[VerifierKey]] = {}
        for vkey in known:
            keys.setdefault((vkey.name, vkey.key_hash()), []).append(vkey)
        message, found = self.text.encode(), dict[VerifierKey, None]()
        for line, signature in enumerate(self.signatures, start=self.text.count("\n") + 2):
            claimed = keys.get((signature.name, signature.key_hash))
            if claimed is None:
                continue
            by = next((vkey for vkey in claimed if vkey.verifies(message, signature.value)), None)
            if by is None:
                raise WrongSignature(line)
            found[by] = None
        return tuple(found)


def _text(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise MalformedNote(f"more than {MAX_BYTES} bytes", 1)
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise MalformedNote("not UTF-8", data[: error.start].count(b"\n") + 1) from None
    for number, line in enumerate(whole.split("\n"), start=1):
        if min(line, default=" ") < " ":
            raise MalformedNote("a control character", number)
    if not whole.endswith("\n"):
        raise MalformedNote("the last line does not end", whole.count("\n") + 1)
    return whole
