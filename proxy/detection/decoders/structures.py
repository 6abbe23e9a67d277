"""Binary structures that are known to hold no content beside the names in them: keys, certificates, signatures.

DER: ITU-T X.690, with the outlines of RFC 5280 and RFC 8017. SSH keys: RFC 4253. OpenPGP packets: RFC 9580.
A private key, an encrypted message or an archive is none of these: it stays what nobody could read.
"""

import re
from collections.abc import Iterator

from proxy.detection.decoders.content import from_base64

MAX_LEAF = 1100
"""Bytes of the longest number in a key or a signature: RSA with 8192 bits."""
_SEQUENCE, _INTEGER, _BIT_STRING, _OCTET_STRING, _CONSTRUCTED = 0x30, 0x02, 0x03, 0x04, 0x20
_STRINGS = {0x0C: "utf-8", 0x12: "ascii", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1E: "utf-16-be"}
_NAMES = (0x81, 0x82, 0x86)
"""A mail address, a host, an address of the web among alternative names."""
_SSH = re.compile(
    rb"(?:ssh-(?:rsa|dss|ed25519|ed448)|ecdsa-sha2-nistp\d{3}|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)"
)
_PUBLIC_KEY, _PUBLIC_SUBKEY, _SIGNATURE, _USER_ID = 6, 14, 2, 13
_SIGNED = re.compile(r"eyJ[\w-]{8,}\.eyJ[\w-]*\.\Z")
_CALLED = re.compile(
    r"(?i)(?:signature|sig|hmac|digest|checksum|integrity|modulus|public_?key|n)[\"']?\s{0,2}[:=]{1,2}\s{0,2}[\"']?\Z"
)
_SIGNATURES = frozenset({64, 96, 114, 128, 132, 256, 384, 512})
"""Bytes of signatures: Ed25519 and ECDSA, Ed448, RSA of 1024 to 4096 bits."""
MAX_DEPTH = 24
MAX_TOKEN = 4096


def inscriptions(run: str) -> str | None:
    """Return the names in a structure that base64 hides, one a line; None when the run is no such structure."""
    data = from_base64(run)
    if data is None:
        return None
    for read in (_certificate, _ssh_key, _openpgp):
        names = read(data)
        if names is not None:
            return "\n".join(names)
    return None


def harmless(text: str, start: int, end: int) -> bool:
    """Whether a run is the signature of a token whose claims are read, or is called one and has the size of one."""
    if _SIGNED.search(text, max(0, start - MAX_TOKEN), start):
        return (end - start) * 3 // 4 <= max(_SIGNATURES)
    size = len(text[start:end].rstrip("=")) * 3 // 4
    return size in _SIGNATURES and bool(_CALLED.search(text, max(0, start - 40), start))


def _certificate(data: bytes) -> list[str] | None:
    """Read a certificate, a request for one, a list of revoked ones, a public key or a pair of numbers."""
    try:
        (outer,) = _elements(data, 0, len(data))
        if outer[0] != _SEQUENCE:
            return None
        parts = list(_elements(data, outer[1], outer[2]))
        tags = [tag for tag, _, _ in parts]
        known = tags in ([_SEQUENCE, _SEQUENCE, _BIT_STRING], [_SEQUENCE, _BIT_STRING], [_INTEGER, _INTEGER])
        return list(_strings(data, parts, 0)) if known else None
    except (ValueError, IndexError):
        return None


def _elements(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield tag, first and last offset of the values that fill a range; raises ValueError where they do not."""
    while start < end:
        tag, size, first = data[start], data[start + 1], start + 2
        if size & 0x80:
            octets = size & 0x7F
            if not 0 < octets <= 3:  # noqa: PLR2004 - 16 MiB
                raise ValueError
            size, first = int.from_bytes(data[first : first + octets]), first + octets
        start = first + size
        if start > end:
            raise ValueError
        yield tag, first, start


def _strings(data: bytes, parts: list[tuple[int, int, int]], depth: int) -> Iterator[str]:
    """Yield the texts of all values; raises ValueError for one that may hold something else."""
    if depth > MAX_DEPTH:
        raise ValueError
    for tag, first, end in parts:
        if tag in _STRINGS:
            yield data[first:end].decode(_STRINGS[tag], "replace")
        elif tag in _NAMES:
            yield data[first:end].decode("latin-1")
        elif tag & _CONSTRUCTED:
            yield from _strings(data, list(_elements(data, first, end)), depth + 1)
        elif tag == _OCTET_STRING:
            yield from _inner(data, first, end, depth)
        elif end - first > MAX_LEAF:
            raise ValueError


def _inner(data: bytes, first: int, end: int, depth: int) -> Iterator[str]:
    """Yield the texts of an extension, which is DER within a string; short ones are numbers."""
    try:
        found = list(_strings(data, list(_elements(data, first, end)), depth + 1))
    except (ValueError, IndexError):
        if end - first > MAX_LEAF:
            raise
        return
    yield from found


def _ssh_key(data: bytes) -> list[str] | None:
    parts, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4])
        parts.append(data[at + 4 : at + 4 + size])
        at += 4 + size
        if size > MAX_LEAF or at > len(data):
            return None
    return [] if parts and _SSH.fullmatch(parts[0]) else None


def _openpgp(data: bytes) -> list[str] | None:
    """Read the names in a public key or a signature; anything else, such as a photo of the owner, is not known."""
    names, at = [], 0
    while at < len(data):
        packet = _packet(data, at)
        if packet is None:
            return None
        tag, first, at = packet
        if tag == _USER_ID:
            names.append(data[first:at].decode("utf-8", "replace"))
        elif tag not in (_PUBLIC_KEY, _PUBLIC_SUBKEY, _SIGNATURE) or at - first > 4 * MAX_LEAF:
            return None
    return names


def _packet(data: bytes, at: int) -> tuple[int, int, int] | None:
    """Return tag, first and last offset of a packet; None where there is none of a known length."""
    head, rest = data[at], data[at + 1 : at + 6]
    if not head & 0x80 or len(rest) < 2:  # noqa: PLR2004
        return None
    if head & 0x40:
        tag, first = head & 0x3F, rest[0]
        sizes = {255: (5, int.from_bytes(rest[1:5]))}
        octets, size = sizes.get(first, (1, first) if first < 192 else (2, ((first - 192) << 8) + rest[1] + 192))  # noqa: PLR2004 - RFC 9580, 4.2.1
        if 224 <= first < 255:  # noqa: PLR2004 - a part of a length
            return None
    else:
        tag, octets = (head >> 2) & 0x0F, 1 << (head & 3)
        if octets > 4:  # noqa: PLR2004 - without a length
            return None
        size = int.from_bytes(rest[:octets])
    first, end = at + 1 + octets, at + 1 + octets + size
    return (tag, first, end) if end <= len(data) else None
