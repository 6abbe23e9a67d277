"""Values that the end of a line breaks: the two lines are read as one where a value plainly goes on."""

import re
from collections.abc import Iterator

from proxy.detection.decoders.budget import Budget
from proxy.detection.decoders.windows import rewrite

BREAK = re.compile(r"(?:\\\r?\n|\n)[ \t>#*/|]{0,40}(?=\S)")
_LEFT, _RIGHT = 64, 64
_ENDS = frozenset("@.-+_")
GROUPS = re.compile(r"(?<![\w.,:/-])(?:[A-Z]{2}[0-9]{2}|[0-9]{4})(?:[ -][A-Z0-9]{4}){0,7}(?:[ -][A-Z0-9]{1,3})?\Z")
MORE_GROUPS = re.compile(r"[A-Z0-9]{1,4}(?:[ -][A-Z0-9]{4}){0,7}(?:[ -][A-Z0-9]{1,3})?(?![\w.,:/-])")
DIGITS, MORE_DIGITS = re.compile(r"(?<![\w.,:/-])[0-9]{3,18}\Z"), re.compile(r"[0-9]{1,16}(?![\w:/-])(?!\.[0-9])")
ACCOUNT, MORE_ACCOUNT = re.compile(r"(?<!\w)[A-Z]{2}[0-9]{2}[A-Z0-9]{2,28}\Z"), re.compile(r"[A-Z0-9]{2,28}(?!\w)")
HOST = re.compile(r"[\w.+-]@[\w-]*\Z")
PHONE, MORE_PHONE = re.compile(r"\+[0-9][0-9 ()/-]{0,14}\Z"), re.compile(r"[0-9(][0-9 ()/-]{1,14}")
TOKEN, MORE_TOKEN = re.compile(r"[\w+/.-]{16,}\Z", re.ASCII), re.compile(r"[\w+/.=-]{4,}", re.ASCII)
_DIGIT_END, _DIGIT_START = re.compile(r"[0-9]-?\Z"), re.compile(r"-?[0-9]")
_LETTERS, _FIGURES = re.compile(r"[A-Za-z]"), re.compile(r"[0-9]")
CARD, VALUE, NUMBER = (12, 19), (15, 34), (8, 15)
"""How many digits or letters a card, an account number or a telephone number has."""


def wraps(text: str, budget: Budget) -> Iterator[str]:
    """Join lines where a mail address, a number in groups, a token or a continued line goes over the end of one."""
    if "\n" in text:
        yield from rewrite(text, BREAK.finditer(text), _joint, budget)


def _joint(match: re.Match[str]) -> str | None:
    """Return what stands for a line's end; None to keep it."""
    text, end = match.string, match.end()
    left = text[max(0, match.start() - _LEFT) : match.start()].rstrip(" \t\r")
    last, first = left[-1:], text[end]
    if match[0][0] == "\\":
        return "" if last and left.endswith(text[match.start() - 1]) else None
    if not (last.isalnum() or last in _ENDS):
        return None
    right = text[end : end + _RIGHT].partition("\n")[0]
    if _address(left, right):
        return ""
    if "-" in (first, last):
        return "" if _DIGIT_END.search(left) and _DIGIT_START.match(right) else None
    return _number(left, right) if last.isdigit() or first.isdigit() else _token(left, right)


def _address(left: str, right: str) -> bool:
    """Whether a mail address goes on: it breaks beside a sign, or its host has no dot yet."""
    one, two = left.rpartition(" ")[2], right.partition(" ")[0]
    if "@" in one[1:]:
        return bool(HOST.search(one) and "." in two) or bool("." in (one[-1], two[0]) and two.strip(".")[:1].isalnum())
    return "@" in two and (two[0] == "@" or one[-1:] in _ENDS) and one[-2:-1].isalnum()


def _number(left: str, right: str) -> str | None:
    groups, more = GROUPS.search(left), MORE_GROUPS.match(right)
    if (
        groups
        and more
        and (" " in groups[0] + more[0] or "-" in groups[0] + more[0])
        and _sized(groups, more, VALUE if groups[0][0].isalpha() else CARD)
    ):
        return " " if len(re.split("[ -]", groups[0])[-1]) == 4 else ""  # noqa: PLR2004 - a group is whole
    account, more = ACCOUNT.search(left), MORE_ACCOUNT.match(right)
    if account and more and _sized(account, more, VALUE):
        return ""
    digits, more = DIGITS.search(left), MORE_DIGITS.match(right)
    if digits and more and _sized(digits, more, CARD):
        column = digits[0] == left.strip() and more[0] == right.strip() and len(digits[0]) == len(more[0])
        return None if column else ""
    phone, more = PHONE.search(left), MORE_PHONE.match(right)
    if phone and more and _sized(phone, more, NUMBER):
        return " "
    return _token(left, right)


def _sized(one: re.Match[str], two: re.Match[str], sizes: tuple[int, int]) -> bool:
    return sizes[0] <= sum(char.isalnum() for char in one[0] + two[0]) <= sizes[1]


def _token(left: str, right: str) -> str | None:
    """Join two pieces of one token; tokens of one length below each other are a list."""
    one, two = TOKEN.search(left), MORE_TOKEN.match(right)
    if one is None or two is None or (one[0] == left.strip() and len(one[0]) == len(two[0])):
        return None
    return "" if all(_LETTERS.search(part[0]) and _FIGURES.search(part[0]) for part in (one, two)) else None
