r"""Escapes of URLs, HTML, CSS, JSON and programming languages: their syntax keeps them apart, so one pass undoes all.

Sources: RFC 3986 (percent), HTML Living Standard (character references), CSS Syntax 3 (escapes), ECMAScript (\x, \u,
\u{}), C and git (octal), CommonMark (backslashes before punctuation).
"""

import codecs
import html
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from proxy.detection.decoders.budget import Budget
from proxy.detection.decoders.content import MAX_BINARY, as_text
from proxy.detection.decoders.windows import marked, rewrite

_MARKS = re.compile(r"[%&\\]")
ESCAPES = re.compile(
    r"(?P<url>(?:%[0-9A-Fa-f]{2})+)"
    r"|(?P<wide>(?:%u[0-9A-Fa-f]{4})+)"
    r"|(?P<html>&(?:#[0-9]{1,16}+|#[xX][0-9a-fA-F]{1,16}+|[A-Za-z][A-Za-z0-9]{1,31}+)(?:;|(?!\\++u[0-9a-fA-F]{4})))"
    r"|(?<!\\)(?:(?P<utf16>(?:\\++u[0-9a-fA-F]{4})+)"
    r"|(?P<point>(?:\\++(?:u\{[0-9a-fA-F]{1,6}\}|U[0-9a-fA-F]{8}))+)"
    r"|(?P<bytes>(?:\\++x[0-9a-fA-F]{2})+)"
    r"|(?P<css>(?:\\++(?:[0-9a-fA-F]{6}|(?:00[0-9a-fA-F]{2}|[0-9a-fA-F]{2}(?![0-9a-fA-F]))[ \t\n]?)){3,})"
    r"|(?P<octal>(?:\\++[0-3][0-7]{2})+)"
    r"|(?P<plain>\\++[nrt\"'/])"
    r"|(?P<mark>(?<=\w)\\++[_.@+-](?=\w)))"
)
OFTEN = re.compile(r"%(?:25){2,}|&(?:amp;){2,}")
OVER = re.compile(r"%25(?=[0-9A-Fa-f]{2})|&amp;(?=#|[A-Za-z]{2,10};)")
BACKSLASHES = re.compile(r"(?<!\\)\\{3,}+(?=u[0-9a-fA-F{]|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2})")
_PLAIN = {"n": "\n", "r": "\n", "t": "\t"}
_HEX4, _HEX2, _OCT3 = re.compile(r"u([0-9a-fA-F]{4})"), re.compile(r"x([0-9a-fA-F]{2})"), re.compile(r"[0-3][0-7]{2}")
_POINT = re.compile(r"[uU]\{?([0-9a-fA-F]+)")
_CSS = re.compile(r"\\([0-9a-fA-F]{2,6})")
KEEP = "proxy.detection.decoders.escapes"
_LAST_POINT = 0x10FFFF


def escapes(text: str, budget: Budget) -> Iterator[str]:
    """Undo percent signs, character references and backslashes; signs that escape themselves, however often, too."""
    if "%" in text or "&" in text or "\\" in text:
        once = OFTEN.sub(_twice, text) if "%2525" in text or "&amp;amp;" in text else text
        plain = OVER.sub(_sign, once) if "%25" in once or "&amp;" in once else once
        for written in dict.fromkeys((once, plain, BACKSLASHES.sub(_apart, once), BACKSLASHES.sub(_apart, plain))):
            yield from rewrite(
                written, marked(written, ESCAPES, _MARKS), lambda match: _unescape(match, budget), budget
            )


def _twice(match: re.Match[str]) -> str:
    return "%25" if match[0][0] == "%" else "&amp;"


def _sign(match: re.Match[str]) -> str:
    return match[0][0]


def _apart(match: re.Match[str]) -> str:
    """Put what nobody sees between the backslashes that are themselves escaped and the one that escapes."""
    odd = len(match[0]) // (len(match[0]) & -len(match[0]))  # each escaping of an escape doubles its backslashes
    return "\\" * (odd // 2) + "\u200b\\" if odd > 1 else match[0]


def _unescape(match: re.Match[str], budget: Budget) -> str | None:
    kind, found = match.lastgroup, match[0]
    if kind == "url":
        return _bytes(unquote_to_bytes(found), match, budget)
    if kind == "html":
        return html.unescape(found)
    if kind in ("utf16", "wide"):
        units = b"".join(int(unit, 16).to_bytes(2, "big") for unit in _HEX4.findall(found))
        return units.decode("utf-16-be", "replace")
    if kind in ("point", "css"):
        points = [int(digits, 16) for digits in (_POINT if kind == "point" else _CSS).findall(found)]
        return "".join(map(chr, points)) if max(points) <= _LAST_POINT else None
    if kind in ("plain", "mark"):
        return _PLAIN.get(found[-1], found[-1])
    values = [int(unit, 16) for unit in _HEX2.findall(found)] or [int(unit, 8) for unit in _OCT3.findall(found)]
    return _bytes(bytes(values), match, budget)


def _bytes(data: bytes, match: re.Match[str], budget: Budget) -> str:
    """Decode a run of bytes; a long one that is no text may be anything."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        if len(data) > MAX_BINARY and as_text(data, budget) is None:
            budget.hide(match[0])
        return data.decode("utf-8", KEEP) if match.lastgroup == "url" else data.decode("latin-1")


def _kept(error: UnicodeError) -> tuple[str, int]:
    """Leave bytes that are no UTF-8 as they were written: what is missing between them may be escaped itself."""
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101 - nothing else is done with it
    return "".join(f"%{byte:02X}" for byte in error.object[error.start : error.end]), error.end


codecs.register_error(KEEP, _kept)
