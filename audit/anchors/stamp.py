r"""Time stamps of checkpoints, by an authority that has no part in the log: RFC 3161, as one more line below a note.

    — <name> <base64(key hash || TimeStampResp)>

What is stamped is what every line of a note signs: its text. The hash is the first four bytes of SHA-256(name || "\n"
|| 0xff || "RFC 3161 TimeStampResp"), 0xff being the type that https://c2sp.org/signed-note leaves to everybody: who
does not know such a line passes over it.

An authority's word is that the text was there at a time, not that there is no other text: it stamps two logs as gladly
as one. `rfc3161-client` reads and checks stamps; it is imported where there is one to be checked, and not before.
"""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from types import ModuleType
from typing import TYPE_CHECKING, Any, Self

from audit.errors import AuditMismatch
from audit.proofs.note import Note, Signature

if TYPE_CHECKING:
    from cryptography import x509

PEM = b"-----BEGIN CERTIFICATE-----"
MAX_BYTES = 32 * 1024
"""Of a response; the largest are under 10 KiB."""
_TYPE = b"\xffRFC 3161 TimeStampResp"
_CERTIFICATES = 0xA0
_LONG = 0x80


class WrongStamp(ValueError):
    """Not a stamp of this text by an authority that was brought. No message repeats what it says."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """That a text was there `at` a time, in UTC, says the owner of a certificate, by its subject."""

    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Timed:
    """A head without its stamp, what that says, and the digest under which the log keeps both; "" if it does not."""

    note: Note
    stamp: Stamp
    sha256: str


@dataclass(frozen=True, slots=True)
class Authorities:
    """Whose certificates may certify those who stamp. Who is believed is decided outside the log."""

    roots: "tuple[x509.Certificate, ...]"

    @classmethod
    def decode(cls, pem: bytes) -> Self:
        """Read certificates in PEM, one after another; raises ValueError."""
        from cryptography import x509  # noqa: PLC0415 - every server reads this module, and few read certificates

        try:
            return cls(tuple(x509.load_pem_x509_certificates(pem)))
        except (ValueError, x509.InvalidVersion):
            raise ValueError("not a certificate in PEM") from None

    def check(self, response: bytes, text: bytes, nonce: int | None = None) -> Stamp:
        """Return what a response says; raises WrongStamp, and AuditMismatch where the library is missing.

        The certificate has to have been valid when it stamped, not now, and to be for nothing but stamps.
        """
        library = client()
        try:
            return self._check(library, response, text, nonce)
        except Exception:  # noqa: BLE001 - whatever foreign bytes do to a parser
            raise WrongStamp("not a time stamp of this checkpoint by an authority that is trusted") from None

    def timed(self, note: Note, sha256: str = "") -> Timed | None:
        """Return a head with the first stamp below it that is by one of these, if there is any."""
        for response in _responses(note):
            with suppress(WrongStamp):
                others = tuple(one for one in note.signatures if one.key_hash != _key_hash(one.name))
                return Timed(replace(note, signatures=others), self.check(response, note.text.encode()), sha256)
        return None

    def _check(self, library: Any, response: bytes, text: bytes, nonce: int | None) -> Stamp:
        from cryptography import x509  # noqa: PLC0415 - as above

        said = library.decode_timestamp_response(response)
        library.VerifierBuilder(roots=list(self.roots), nonce=nonce).build().verify_message(said, text)
        (signer,) = said.signed_data.signer_infos
        there = [x509.load_der_x509_certificate(one) for one in said.signed_data.certificates]
        # Were there two certificates of one number, one of them could lend its name, and its right, to the other.
        (by,) = [one for one in there if (one.issuer, one.serial_number) == (signer.issuer, signer.serial_number)]
        subject = "".join(mark if mark.isprintable() else "?" for mark in by.subject.rfc4514_string())
        return Stamp(said.tst_info.gen_time, subject)


def client() -> ModuleType:
    """Return the library; raises AuditMismatch."""
    try:
        import rfc3161_client  # noqa: PLC0415 - a verifier without stamps needs none of it
    except ImportError:
        raise AuditMismatch("time stamps need a library that is not here: pip install rfc3161-client") from None
    return rfc3161_client


def request(text: bytes) -> tuple[bytes, int]:
    """Return a request to stamp a text, and the number that an answer to just this one repeats."""
    library = client()
    asked = library.TimestampRequestBuilder(data=text, hash_algorithm=library.HashAlgorithm.SHA256).build()
    return asked.as_bytes(), asked.nonce


def line(name: str, response: bytes) -> Signature:
    """Return a response as a line below a note."""
    return Signature(name, _key_hash(name), response)


def _responses(note: Note) -> Iterator[bytes]:
    """Yield what stands in such lines of a note."""
    for signature in note.signatures:
        if signature.key_hash == _key_hash(signature.name):
            yield signature.value


def in_order(response: bytes) -> bytes:
    """Sort the certificates in a response as DER does; may raise WrongStamp where it is none.

    They are a set that nothing signs, and authorities write it in any order: OpenSSL does. The library reads only DER.
    """
    try:
        _, start, _ = _value(response, 0)
        _, _, status = _value(response, start)
        _, start, _ = _value(response, status)
        _, _, kind = _value(response, start)
        _, start, _ = _value(response, kind)
        _, at, end = _value(response, start)
        while at < end:
            tag, start, after = _value(response, at)
            if tag == _CERTIFICATES:
                return response[:start] + b"".join(sorted(_values(response, start, after))) + response[after:]
            at = after
    except IndexError:
        raise WrongStamp("not a time stamp at all") from None
    return response


def _value(data: bytes, at: int) -> tuple[int, int, int]:
    """Return the tag of what begins there, where its content begins, and where that ends; may raise IndexError."""
    length, start = data[at + 1], at + 2
    if length > _LONG:
        start += length - _LONG
        length = int.from_bytes(data[at + 2 : start], "big")
    return data[at], start, start + length


def _values(data: bytes, at: int, end: int) -> Iterator[bytes]:
    while at < end:
        _, _, after = _value(data, at)
        yield data[at:after]
        at = after


def _key_hash(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode() + b"\n" + _TYPE).digest()[:4], "big")
