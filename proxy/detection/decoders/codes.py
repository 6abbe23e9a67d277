"""Characters as numbers: lists of decimal codes, calls such as chr(65), bits, U+0041; and numbers with an exponent."""

import re
from collections.abc import Iterator
from decimal import Decimal

from proxy.detection.decoders.budget import Budget
from proxy.detection.decoders.content import readable
from proxy.detection.decoders.windows import rewrite

LIST = re.compile(r"[0-9](?<![\w.][0-9])[0-9]{1,2}(?:(?:\s{0,2}[,;]\s{0,2}|\s)[0-9]{2,3}){5,}(?!\w|\.[0-9])")
CALLS = re.compile(
    r"chr?(?:ar|w)?\(\s?[0-9]{2,7}\s?\)(?:[\s.+&|]{1,8}chr?(?:ar|w)?\(\s?[0-9]{2,7}\s?\)){2,}", re.IGNORECASE
)
POINTS = re.compile(r"U\+[0-9A-Fa-f]{4,6}(?:[\s,]{1,3}U\+[0-9A-Fa-f]{4,6}){3,}")
BITS = re.compile(r"[01](?<!\w[01])[01]{7}(?:[ ,_]?[01]{8}){3,}(?!\w)")
EXPONENT = re.compile(r"[0-9](?<![\w.][0-9])(?:\.[0-9]{1,20})?[eE]\+?[0-9]{1,2}(?![\w.])")
_NUMBER, _HEX, _EIGHT = re.compile(r"[0-9]+"), re.compile(r"\+([0-9A-Fa-f]+)"), re.compile(r"[01]{8}")
_LAST = 0x10FFFF


def codes(text: str, budget: Budget) -> Iterator[str]:
    """Write characters that stand as numbers, and numbers with exponents, as they read."""
    for pattern, replace in ((LIST, _bytes), (BITS, _bits), (EXPONENT, _exponent)):
        yield from rewrite(text, pattern.finditer(text), replace, budget)
    if "(" in text:
        yield from rewrite(text, CALLS.finditer(text), _calls, budget)
    if "U+" in text:
        yield from rewrite(text, POINTS.finditer(text), _points, budget)


def _bytes(match: re.Match[str]) -> str | None:
    """Read byte by byte; numbers that are no text are just numbers."""
    text = _text([int(number) for number in _NUMBER.findall(match[0])])
    return None if text is None else f"{text}\n"  # what closes the list is no part of it


def _bits(match: re.Match[str]) -> str | None:
    return _text([int(number, 2) for number in _EIGHT.findall(match[0])])


def _text(values: list[int]) -> str | None:
    try:
        text = bytes(values).decode("utf-8")
    except ValueError:
        return None
    return text if readable(text) else None


def _calls(match: re.Match[str]) -> str | None:
    return _characters(int(number) for number in _NUMBER.findall(match[0]))


def _points(match: re.Match[str]) -> str | None:
    return _characters(int(number, 16) for number in _HEX.findall(match[0]))


def _characters(points: Iterator[int]) -> str | None:
    known = list(points)
    return "".join(map(chr, known)) if max(known) <= _LAST else None


def _exponent(match: re.Match[str]) -> str:
    return f"{Decimal(match[0]):f}"
