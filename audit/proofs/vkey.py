r"""Keys of C2SP signed notes: those that verify, `<name>+<hash>+<base64(type byte || key)>`, and those that sign.

The hash is the first four bytes of SHA-256(name || "\n" || type byte || public key). Type 0x01 is Ed25519, 0x04 an
Ed25519 key that cosigns checkpoints with the time; 0x06 stays free for ML-DSA-44. See https://c2sp.org/signed-note and
https://c2sp.org/tlog-cosignature. The form of a signer, `PRIVATE+KEY+<name>+<hash>+<base64(type byte || seed)>`, is
that of the Go module golang.org/x/mod/sumdb/note.
"""

import base64
import hashlib
import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = 0x01
COSIGNATURE = 0x04
SEED_BYTES = 32
TIME_BYTES = 8
_PRIVATE = "PRIVATE+KEY+"


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A named public key."""

    name: str
    type_byte: int
    key: bytes

    def encode(self) -> str:
        """Return the text form."""
        blob = bytes([self.type_byte]) + self.key
        return f"{self.name}+{self.key_hash():08x}+{base64.b64encode(blob).decode()}"

    def key_hash(self) -> int:
        """Return the number that finds a signature's key."""
        digest = hashlib.sha256(self.name.encode() + b"\n" + bytes([self.type_byte]) + self.key).digest()
        return int.from_bytes(digest[:4], "big")

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature is this key's, of this message; no key of another type verifies anything."""
        if self.type_byte == COSIGNATURE:
            message = cosigned(message, int.from_bytes(signature[:TIME_BYTES], "big"))
            signature = signature[TIME_BYTES:]
        elif self.type_byte != ED25519:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    @classmethod
    def decode(cls, text: str) -> "VerifierKey":
        """Parse the text form; raises ValueError when it is malformed or its hash is not that of the key."""
        name, _, rest = text.partition("+")
        _, _, encoded = rest.partition("+")
        try:
            blob = base64.b64decode(encoded, validate=True)
        except ValueError:
            raise ValueError("not a verifier key") from None
        if not is_key_name(name) or not blob:
            raise ValueError("not a verifier key")
        vkey = cls(name, blob[0], blob[1:])
        if vkey.encode() != text:
            raise ValueError("not a verifier key")
        return vkey


@dataclass(frozen=True)
class Signer:
    """A named private key, Ed25519. Its seed is in no message and no representation."""

    name: str
    seed: bytes = field(repr=False)

    @classmethod
    def generate(cls, name: str) -> Self:
        """Make a new key; raises ValueError for what cannot be the name of one."""
        if not is_key_name(name):
            raise ValueError("not the name of a key")
        return cls(name, os.urandom(SEED_BYTES))

    @classmethod
    def decode(cls, text: str) -> Self:
        """Parse the text form; raises ValueError when it is malformed or its hash is not that of the key."""
        name, _, rest = text.removeprefix(_PRIVATE).partition("+")
        _, _, encoded = rest.partition("+")
        try:
            blob = base64.b64decode(encoded, validate=True)
        except ValueError:
            raise ValueError("not a signing key") from None
        if not is_key_name(name) or len(blob) != 1 + SEED_BYTES or blob[0] != ED25519:
            raise ValueError("not a signing key")
        made = cls(name, blob[1:])
        if made.encode() != text:
            raise ValueError("not a signing key")
        return made

    def encode(self) -> str:
        """Return the text form, which is the secret."""
        blob = base64.b64encode(bytes([ED25519]) + self.seed).decode()
        return f"{_PRIVATE}{self.name}+{self.vkey.key_hash():08x}+{blob}"

    @cached_property
    def vkey(self) -> VerifierKey:
        """The key that verifies what this one signs."""
        return VerifierKey(self.name, ED25519, self._private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message, 64 bytes."""
        return self._private.sign(message)

    @cached_property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def cosigned(text: bytes, time_s: int) -> bytes:
    """Return what a cosigner signs: the text of a checkpoint, and when it was seen (POSIX seconds)."""
    return f"cosignature/v1\ntime {time_s}\n".encode() + text


def is_key_name(name: str) -> bool:
    """Whether a key may have this name: no plus, no space of any script, no control character."""
    return bool(name) and not any(mark == "+" or mark < " " or mark.isspace() for mark in name)
