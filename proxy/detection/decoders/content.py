"""Whether bytes are text: UTF-8, UTF-16 or mostly printable Latin-1, as they are or deflated."""

import binascii
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE

import regex

from proxy.detection.decoders.budget import VIEW_BOUND, Budget

MAX_BINARY = 64
"""So many bytes that nobody can read do no harm; more of them may hide something."""
MAX_INFLATED = 1 << 20
MIN_WIDE, MIN_LATIN = 8, 12
MAX_CUT = 3
"""So many bytes of the last character may be there when a run is cut."""
_DEFLATED = (b"\x1f\x8b", b"\x78\x9c", b"\x78\x01", b"\x78\xda", b"\x78\x5e")
_PRINTABLE = bytes([9, 10, 13, *range(32, 127)])
_ODD = regex.compile(r"[[\p{Cc}\p{Cn}\p{Co}\p{Cs}]--[\t\n\r]]", regex.V1)


def from_base64(run: str) -> bytes | None:
    """Return what a run of either alphabet stands for, padded or not, and cut where it breaks off."""
    body = run.rstrip("=").replace("-", "+").replace("_", "/")
    body = body[: len(body) - (len(body) % 4 == 1)]
    try:
        return binascii.a2b_base64(body + "=" * (-len(body) % 4))
    except ValueError:  # letters beyond ASCII too
        return None


def as_text(data: bytes, budget: Budget) -> str | None:
    """Return bytes as text, if that is what they are; what is inflated is bounded, and paid for."""
    if data[:2] in _DEFLATED:
        data = _inflate(data, budget) or data
    if data.isascii():
        strange = len(data.translate(None, _PRINTABLE))
        return data.decode("ascii") if data and (strange == 0 or strange <= len(data) // 16) else _wide(data)
    text = data.decode("utf-8", "ignore")
    cut = len(data) - len(text.encode("utf-8"))
    if cut <= (MAX_CUT if len(data) > MIN_LATIN else 0) and data.startswith(text.encode("utf-8")) and readable(text):
        return text
    wide = _wide(data)
    if wide is not None or len(data) < MIN_LATIN:
        return wide
    return data.decode("latin-1") if 5 * len(data.translate(None, _PRINTABLE)) <= len(data) else None


def readable(text: str) -> bool:
    """Whether a text has hardly any character that no text has."""
    return bool(text) and (text.isprintable() or len(_ODD.findall(text)) <= len(text) // 16)


def _wide(data: bytes) -> str | None:
    """Return UTF-16 text: it says so at its beginning, or one of two bytes hardly changes, as within a few scripts."""
    if len(data) < MIN_WIDE:
        return None
    orders = [("utf-16-le", BOM_UTF16_LE, data[1::2]), ("utf-16-be", BOM_UTF16_BE, data[0::2])]
    for codec, mark, high in sorted(orders, key=lambda item: (len(set(item[2])), 0 not in item[2])):
        few = len(set(high)) <= max(1, min(3, len(high) // 3), min(8, len(high) // 12))
        if not few and not data.startswith(mark):
            continue
        try:
            text = data[: len(data) // 2 * 2].decode(codec)
        except UnicodeDecodeError:
            continue
        if readable(text):
            return text.removeprefix("\ufeff")
    return None


def _inflate(data: bytes, budget: Budget) -> bytes | None:
    """Undo gzip (RFC 1952) or zlib (RFC 1950); what does not fit into the bounds is named."""
    room = max(1, min(MAX_INFLATED, budget.chars))
    machine = zlib.decompressobj(wbits=47)
    try:
        made = machine.decompress(data, room)
    except zlib.error:
        return None
    if machine.unconsumed_tail:
        budget.failures.add(VIEW_BOUND)
    budget.chars -= len(made)
    return made
