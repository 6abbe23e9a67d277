r"""Keyed fingerprints: equality inside one tenant, purpose and quarter, and nothing else.

    fp1.<kid>.<b64url of 16 bytes> = trunc128(HMAC-SHA-256(K, "ringfence/fp/v1\0" || tenant || 0 || purpose || 0 || type
                                     || 0 || value))
    K = HKDF-SHA-256(master, info = "ringfence/fp-key/v1\0" || kid || 0 || tenant || 0 || purpose)

`kid` names the quarter, such as `2026q4`. The master is never in a database. While it exists, fingerprints are still
personal data: whoever holds it can test guesses.
"""

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MASTER_BYTES = 32
BLOCK_BYTES = 64


def _today() -> datetime:
    return datetime.now(UTC)


class Keyed:
    """HMAC-SHA-256 (RFC 2104) under one key of at most a block, whose two halves are begun once and not for each text.

    The library's own gives the interpreter up for each text, however short: waiting for it may take longer than that.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        block = key.ljust(BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def digest(self, text: bytes) -> bytes:
        """Return the code of a text."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text)
        outer.update(inner.digest())
        return outer.digest()


class Fingerprinter:
    """Makes fingerprints under one master key. Safe to share between threads."""

    def __init__(self, master: bytes, now: Callable[[], datetime] = _today) -> None:
        if len(master) != MASTER_BYTES:
            raise ValueError("the fingerprint master key has the wrong length")
        self._master = master
        self._now = now
        self._key = lru_cache(maxsize=4096)(self._derive)

    def fingerprint(self, tenant: str, purpose: str, type_: str, value: bytes, at: datetime | None = None) -> str:
        """Fingerprint a normalised value as it is now, or was in the quarter of a moment.

        Raises ValueError when a name holds a NUL, which would make it ambiguous.
        """
        if "\0" in tenant or "\0" in purpose or "\0" in type_:
            raise ValueError("a name of a fingerprint holds a NUL")
        today = self._now() if at is None else at
        kid = f"{today.year:04d}q{(today.month + 2) // 3}"
        text = b"\0".join((b"ringfence/fp/v1", tenant.encode(), purpose.encode(), type_.encode(), value))
        digest = self._key(kid, tenant, purpose).digest(text)[:16]
        return f"fp1.{kid}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"

    def secret(self, purpose: str) -> bytes:
        """Derive 32 secret bytes for another purpose, from which nothing of a fingerprint follows."""
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"ringfence/secret/v1\0" + purpose.encode()).derive(
            self._master
        )

    def _derive(self, kid: str, tenant: str, purpose: str) -> Keyed:
        info = b"\0".join((b"ringfence/fp-key/v1", kid.encode(), tenant.encode(), purpose.encode()))
        return Keyed(HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(self._master))
