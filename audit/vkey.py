r"""Verifier keys in the text form of C2SP signed notes: `<name>+<hash>+<base64(type byte || key)>`.

The hash is the first four bytes of SHA-256(name || "\n" || type byte || key). Type 0x01 is Ed25519; 0x06 stays free for
ML-DSA-44. See https://c2sp.org/signed-note.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass

ED25519 = 0x01


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

    @classmethod
    def decode(cls, text: str) -> "VerifierKey":
        """Parse the text form; raises ValueError when it is malformed or its hash is not that of the key."""
        name, _, rest = text.partition("+")
        _, _, encoded = rest.partition("+")
        try:
            blob = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            raise ValueError("not a verifier key") from None
        if not name or not blob:
            raise ValueError("not a verifier key")
        vkey = cls(name, blob[0], blob[1:])
        if vkey.encode() != text:
            raise ValueError("not a verifier key")
        return vkey
