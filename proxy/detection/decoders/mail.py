"""What mail and host names are encoded with: quoted-printable, encoded words, punycode (RFC 2045, 2047, 3492)."""

import re
from collections.abc import Iterator

from proxy.detection.decoders.budget import Budget
from proxy.detection.decoders.content import as_text, from_base64
from proxy.detection.decoders.windows import rewrite

WORD = re.compile(r"=\?([\w-]{2,40})(?:\*[\w-]{1,20})?\?([BbQq])\?([^?\s]{1,400})\?=(?:\s{1,8}(?==\?))?")
QUOTED = re.compile(r"(?:=[0-9A-F]{2}|=[ \t]*\r?\n)+")
NEEDED = re.compile(r"(?:=(?!3[0-9]|[46][1-9A-F]|[57][0-9A])[0-9A-F]{2}|=[ \t]*\r?\n)+")
"""Without letters and digits, which need no encoding: `id=48` may just stand in an encoded text."""
_SURE = re.compile(
    r"=(?:3D|\r?\n\w|20\r?\n|20\w[^=&\n]{0,40}=20\w|(?<=[0-9)]=)20[0-9(+]|(?:C[2-9A-F]|[DE][0-9A-F])=[89AB][0-9A-F]|[0-9A-F]{2}(?:=[0-9A-F]{2}){5})"
)
_BYTE = re.compile(r"=([0-9A-F]{2})")
LABEL = re.compile(r"\bxn--([a-z0-9-]{1,59})(?<!-)", re.IGNORECASE)


def mail(text: str, budget: Budget) -> Iterator[str]:
    """Decode encoded words, a quoted-printable text, and the labels of host names."""
    if "=?" in text:
        yield from rewrite(text, WORD.finditer(text), lambda match: _word(match, budget), budget)
    if "=" in text and ("quoted-printable" in text or _SURE.search(text)):
        for pattern in (QUOTED, NEEDED):
            yield from rewrite(text, pattern.finditer(text), _quoted, budget)
    if "xn--" in text:
        yield from rewrite(text, LABEL.finditer(text), _label, budget)


def _word(match: re.Match[str], budget: Budget) -> str | None:
    if match[2] in "Bb":
        data = from_base64(match[3])
    else:
        data = _BYTE.sub(lambda byte: chr(int(byte[1], 16)), match[3].replace("_", " ")).encode("latin-1", "replace")
    if data is None:
        return None
    try:
        return data.decode(match[1])
    except (LookupError, UnicodeError):
        return as_text(data, budget)


def _quoted(match: re.Match[str]) -> str:
    data = bytes(int(byte, 16) for byte in _BYTE.findall(match[0]))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _label(match: re.Match[str]) -> str | None:
    try:
        return match[1].encode("ascii").decode("punycode")
    except UnicodeError:
        return None
