# ruff: noqa: E501 - patterns and word lists are read in one piece
"""Keys in code and settings under a name that says nothing: a vendor's name, bytes decoded in place, words of access near."""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match
from proxy.detection.recognizers.credentials.names import VENDORS
from proxy.detection.recognizers.credentials.reading import Reading
from proxy.detection.recognizers.credentials.values import (
    HEX,
    LONG,
    MIN_BARE,
    UUID,
    entropy,
    mixed_case,
    parts,
    refers,
    secret_like,
)

BEFORE, BEHIND, MIN_DIGITS, MIN_ENTROPY, MIN_VENDOR = 120, 60, 2, 3.7, 24
HEX_KEYS, BASE64_KEYS = frozenset({32, 48, 64}), frozenset({24, 32, 44, 88})
"""The lengths of keys of 16, 24, 32 and, in base64, 64 bytes; a SHA-1 is none of them."""
_STRING = re.compile(r"[\"'](?P<value>[A-Za-z0-9_+/=-]{20,88})\\{0,3}[\"']")
_NAMED = re.compile(
    r"(?<![\w.-])(?P<name>[A-Za-z_][\w.-]{0,40})\\{0,3}[\"']?[ \t]?(?:=>|:=|[:=])[ \t]?"
    r"(?P<decoded>(?i:[\w.]{0,40}(?:decode\w{0,8}|from(?:hex|utf8|base64)|parsehex|unhexlify|atob)\())?[bfru@]?\\{0,3}$"
)
_CALLED = re.compile(r"(?<![\w.-])(?P<name>[A-Za-z_][\w.]{0,40})\((?P<decoded>)[bfru@]?\\{0,3}$")
_PUBLISHED = ("pk_", "pub_", "pk-", "pub-")
MAX_NAMED = 100
_ACCESS = re.compile(
    r"auth|api|client|secret|token(?!iz)|credential|login|(?<![a-z])sign(?:ing|ature|ed)?(?![a-z])|hmac|crypt|cipher|webhook|ingest|headers|keyname|access"
)
_SHOWN = """
id ids uid uuid guid hash hashes digest sha sha1 sha256 sha384 sha512 md5 etag checksum crc integrity signature sig commit rev revision version build tag ref refs cursor
next prev previous page after before offset public pub cert certificate fingerprint thumbprint src href url uri path file filename image img icon avatar data content body
text payload message title name slug video channel doc document sheet folder track address tx transaction block wallet contract trace span request correlation order
invoice customer plan price product item sku model class css style font color module chunk asset bundle kid x y n e x5t call tool event test expected actual example sample
fixture challenge state verifier csrf xsrf nonce response thread run assistant batch object html svg png jpg base64 b64 resolved blob snapshot placeholder pattern regex
alphabet chars charset key keys token tokens cache accessor etags publishable
"""
_NOT = frozenset(_SHOWN.split())
"""Names of what is shown to others; keys and tokens are read by their own names elsewhere."""


def find(reading: Reading) -> Iterator[Match]:
    """Yield such keys; the canonical form is the key."""
    if not reading.has('"', "'"):
        return
    for found in _STRING.finditer(reading.text):
        if not _random(found["value"]):
            continue
        named = _NAMED.search(reading.text, max(0, found.start() - MAX_NAMED), found.start())
        kind = _kind(reading.low, found, named) if named else ""
        if named is None and (called := _CALLED.search(reading.text, max(0, found.start() - MAX_NAMED), found.start())):
            kind = "API_KEY" if VENDORS & set(parts(called["name"])) and len(found["value"]) >= MIN_VENDOR else ""
        if kind:
            yield Match(kind, found.start("value"), found.end("value"), 0.6, found["value"])


def _kind(low: str, found: re.Match[str], named: re.Match[str]) -> str:
    """Return what kind of key a string is under its name; nothing if none."""
    value, its = found["value"], frozenset(parts(named["name"]))
    if _NOT & its:
        return ""
    if VENDORS & its:
        return "API_KEY" if len(value) >= MIN_VENDOR else ""
    of_access = _key_sized(value) if named["decoded"] else _mixed(value) and _of_access(low, named.start(), found)
    return "GENERIC_SECRET" if of_access else ""


def _random(value: str) -> bool:
    return (
        secret_like(value, least=MIN_BARE)
        and not UUID.fullmatch(value)
        and not refers(value)
        and not value.startswith(_PUBLISHED)
    )


def _key_sized(value: str) -> bool:
    """Whether a text decodes to as many bytes as keys have."""
    return len(value) in (HEX_KEYS if HEX.fullmatch(value) else BASE64_KEYS)


def _mixed(value: str) -> bool:
    """Whether a value is mixed as only a generator mixes: capitals, small letters and numbers, all over."""
    numbers = sum(map(str.isdigit, value))
    words = max(map(len, re.findall("[a-z]+", value)), default=0)
    return (
        mixed_case(value)
        and numbers >= MIN_DIGITS
        and entropy(value) >= MIN_ENTROPY
        and words < LONG // 4
        and not value.startswith(("sha", "data"))
    )


def _of_access(low: str, start: int, found: re.Match[str]) -> bool:
    near = low[max(0, start - BEFORE) : found.start()] + low[found.end() :][:BEHIND]
    return _ACCESS.search(near) is not None
