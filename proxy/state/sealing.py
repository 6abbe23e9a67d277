"""What is kept of a request that carries an `Idempotency-Key`: nothing that can be read without that key.

Everything follows from the caller's key, together with the team and the API key that may use it, and with a secret of
the servers that is in no database. For each purpose (`name`, `asked`, `answer`):

    K = HKDF-SHA-256(ikm = Idempotency-Key, salt = secret, info = "ringfence/idempotency/v1" 0 purpose 0 team 0 key id)

The row is named by K of `name`. The request is an HMAC-SHA-256 under K of `asked` of `path 0 body`. The answer is
AES-256-GCM under K of `answer`: nonce (12 bytes), ciphertext, tag; the name and the request are authenticated with it.
"""

import hmac
import os
from dataclasses import dataclass
from typing import Self

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from proxy.identity import Caller

LABEL = b"ringfence/idempotency/v1"
NONCE = 12


class SealBroken(Exception):
    """What is kept was changed, or belongs to something else."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it was sent: the status, the headers that a replay repeats, and the body, a stream's as well."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def encode(self) -> bytes:
        """Write status and headers as one line of JSON, and the body behind it."""
        return orjson.dumps([self.status, self.headers]) + b"\n" + self.body

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read the same."""
        line, _, body = data.partition(b"\n")
        status, headers = orjson.loads(line)
        return cls(status, tuple((name, value) for name, value in headers), body)


class Seal:
    """Names, compares and encrypts what belongs to one request."""

    def __init__(self, secret: bytes, caller: Caller, given: str, path: str, body: bytes) -> None:
        self._secret, self._caller, self._given = secret, caller, given
        self.name = self._key(b"name").hex()
        self.asked = hmac.digest(self._key(b"asked"), path.encode() + b"\0" + body, "sha256").hex()
        self.team = hmac.digest(secret, LABEL + b"\0team\0" + caller.team.encode(), "sha256").hex()

    def close(self, answer: Kept) -> bytes:
        """Encrypt an answer."""
        nonce = os.urandom(NONCE)
        return nonce + AESGCM(self._key(b"answer")).encrypt(nonce, answer.encode(), self._bound())

    def open(self, sealed: bytes) -> Kept:
        """Decrypt an answer; raises SealBroken."""
        try:
            text = AESGCM(self._key(b"answer")).decrypt(sealed[:NONCE], sealed[NONCE:], self._bound())
        except (InvalidTag, ValueError):
            raise SealBroken from None
        return Kept.decode(text)

    def _bound(self) -> bytes:
        return bytes.fromhex(self.name + self.asked)

    def _key(self, purpose: bytes) -> bytes:
        info = b"\0".join((LABEL, purpose, self._caller.team.encode(), self._caller.key_id.encode()))
        return HKDF(algorithm=SHA256(), length=32, salt=self._secret, info=info).derive(self._given.encode())
