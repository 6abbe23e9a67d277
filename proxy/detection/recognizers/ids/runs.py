"""Runs of groups of digits and letters with single separators between them: where numbers can be."""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import compact
from proxy.detection.recognizers.ids.schemes import mask

RUN = re.compile(
    r"[0-9][0-9A-Za-z]*(?:[ ./-](?:(?=[A-Za-z]{0,6}[0-9])[0-9A-Za-z]+|[A-Za-z]{1,3}(?![^\W_])))*(?:\([0-9A]\))?"
)
"""From its first digit on; letters before it are looked for where one was found."""
MAX_GROUPS = 20
_GROUP = re.compile(r"[0-9A-Za-z()]+")
_LETTERS = re.compile(r"(?:(?<![^\W_])[A-Za-z]{1,6}[ ./-]){0,2}(?<![^\W_])[A-Za-z]{0,12}\Z")
_REACH = 20
_PART_BEFORE = re.compile(r"(?:[^\W_]|[^\W_][.-]|[0-9]/|[+$€£¥])\Z")
_PART_BEHIND = re.compile(r"[^\W_]|(?!\.0{1,2}(?![^\W_]))[.-][^\W_]|/[0-9]|%")
_ROW_BEFORE = re.compile(r"(?<![^\W_])(?=[A-Za-z]*[0-9])[0-9A-Za-z]{1,8} \Z")
_ROW_BEHIND = re.compile(r" (?=[A-Za-z]{0,7}[0-9])[0-9A-Za-z]{1,8}(?![^\W_])")
_TOKEN = re.compile(r"[0-9A-Za-z]+(?:[-./][0-9A-Za-z]+){0,12}")
_CUT = re.compile(r"[-./]")
_ROW = re.compile(
    r"[A-Z]{1,3} [0-9]{5,9}(?![0-9A-Za-z])"
    r"|[0-9A-Z]{1,6}(?: (?:(?=[A-Z]*[0-9])[0-9A-Z]{1,6}|[A-Z]{3})(?![0-9A-Za-z])){1,8}"
    r"(?:-[0-9A-Z]{1,2}(?![0-9A-Za-z]))?"
)
_LONG_GROUP = 6


_DATE = re.compile(r"(?:19|20)[0-9]{2}([-/.])[0-9]{2}\1[0-9]{2}(?:T[0-9]{2})?")
_CODES = re.compile(
    r"c[vs][vcn]|secur|sicher|s[eé]gur|sicur|veilig|bezpiecz|säkerhet|sikkerh|turva|pr[uü]f|crypto|card|digits",
    re.IGNORECASE,
)
_LETTERED = re.compile(r"[A-Za-z]\Z|[A-Z][ -]\Z")
_YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")
MIN_TOKEN, MIN_DIGITS, CODE = 5, 6, (3, 4)


def runs(text: str) -> Iterator[re.Match[str]]:
    """Yield the runs that can be identifiers: years, days and amounts are not, security codes of cards are."""
    codes: bool | None = None
    for found in RUN.finditer(text):
        run, start = found[0], found.start()
        first = run.split(" ", 1)[0]
        if _long(run) or _LETTERED.search(text, max(0, start - 2), start):
            if not _DATE.fullmatch(run):
                yield found
        elif CODE[0] <= len(first) <= CODE[1]:
            codes = _CODES.search(text) is not None if codes is None else codes
            if codes:
                yield found


def _long(run: str) -> bool:
    digits = sum(map(str.isdigit, run))
    return max(map(len, run.split(" "))) >= MIN_TOKEN or digits >= MIN_DIGITS + (_YEAR.search(run) is not None)


class Run:
    """One run. `groups` are the places of its groups in the text."""

    __slots__ = ("_mask", "_start", "groups", "text")

    def __init__(self, text: str, start: int, end: int) -> None:
        if start and (text[start - 1].isalpha() or text[start - 1] in " ./-"):
            left = _LETTERS.search(text, max(0, start - _REACH), start)
            start = left.start() if left else start
        self.text = text
        self._start = start
        self._mask = mask(text[start:end])
        self.groups = (
            [(start, end)] if self._mask.isalnum() else [at.span() for at in _GROUP.finditer(text, start, end)]
        )

    def span(self, at: int, count: int) -> tuple[int, int]:
        """Return where some groups begin and end."""
        return self.groups[at][0], self.groups[at + count - 1][1]

    def taken(self, at: int, stop: int) -> int:
        """Return how many groups from there begin before a place."""
        count = 1
        while at + count < len(self.groups) and self.groups[at + count][0] < stop:
            count += 1
        return count

    def form(self, at: int, count: int) -> str:
        """Return the form of some groups."""
        start, end = self.span(at, count)
        return self._mask[start - self._start : end - self._start]


def part(text: str, start: int, end: int) -> bool:
    """Whether a span is only part of a longer code, a fraction, an amount of money or a telephone number."""
    return bool(_PART_BEFORE.search(text, max(0, start - 2), start) or _PART_BEHIND.match(text, end))


def row(text: str, start: int, end: int) -> bool:
    """Whether more numbers stand in line with a span that is itself written with spaces."""
    spaced = " " in text[start:end]
    return spaced and bool(_ROW_BEFORE.search(text, max(0, start - 9), start) or _ROW_BEHIND.match(text, end))


def goes_on(text: str, before: int, start: int) -> bool:
    """Whether nothing but separators stands between two numbers."""
    between = text[before:start]
    return len(between) <= 12 and not any(char.isalnum() for char in between)  # noqa: PLR2004 - `", "` in columns


def value(text: str, start: int, form: re.Pattern[str]) -> int:
    """Return the end of the longest text from there that has a form, 0 if there is none.

    A number written in groups has short groups: a space behind a long one ends it.
    """
    token = _TOKEN.match(text, start)
    if token is None:
        return 0
    ends = [token.end()] + [start + cut.start() for cut in reversed(list(_CUT.finditer(token[0])))]
    if len(token[0]) <= _LONG_GROUP:
        found = _ROW.match(text, start)
        groups = found[0].split(" ") if found else []
        ends = [start + len(" ".join(groups[:count])) for count in range(len(groups), 1, -1)] + ends
    for end in ends:
        if form.fullmatch(compact(text[start:end])) and not _PART_BEHIND.match(text, end):
            return end
    return 0
