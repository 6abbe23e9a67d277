# ruff: noqa: E501 - patterns are read in one piece
"""What could be dialled and what cannot: the runs of digits of a text, cut where one number ends and the next begins."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

MIN_DIGITS, MAX_DIGITS, MAX_GROUPS = 7, 15, 40
RUN = re.compile(r"[0-9](?:[ \t().\-/+]{0,4}[0-9]){6,}")
_GROUP = re.compile(r"(\+?[(+]{0,2})([0-9]+)")
_LINK = re.compile(
    r"(?:wa\.me/|t\.me/\+?|tel:|callto:|sms(?:to)?:|whatsapp://send\?phone=|[?&]phone=)[+]?$", re.IGNORECASE
)
_MESSENGER = re.compile(r"@(?:s\.whatsapp\.net|c\.us|sms\.|txt\.|vtext\.)")
_EXTENSION = re.compile(
    r"[ ]?(?:,[ ]?)?(?:x|ext\.?|extension|durchwahl|dw|poste|anexo)[ .:]?[ ]?[0-9]{1,6}(?![\w])", re.IGNORECASE
)
_DATE = re.compile(
    r"(?:19|20)[0-9]{2}[-./ ][01]?[0-9][-./ ][0-3]?[0-9](?![0-9])|[0-3]?[0-9][-./ ][0-3]?[0-9][-./ ](?:19|20)[0-9]{2}(?![0-9])"
    r"|(?:19|20)[0-9]{2}[ ]?[-/ ][ ]?(?:19|20)[0-9]{2}(?![0-9])|(?:19|20)[0-9]{2}[01][0-9][0-3][0-9](?:[ T]?[0-9]{4,6})?$"
)
_ISBN = re.compile(r"97[89][- ]?[0-9][- 0-9]{9,13}$|[0-9]-[0-9]{2,5}-[0-9]{2,6}-[0-9]$")
_DECIMAL = re.compile(
    r"[0-9]{1,3}\.[0-9]{4,}$|[0-9]{1,3}(?:\.[0-9]{1,3}){3}$|.{0,40}[0-9]\.[0-9]{1,4}[ \t]{1,4}-?[0-9]{1,4}\.[0-9]|[0-9]{1,2}[ \t]{1,4}[0-9]{1,4}\.[0-9]{1,2}(?![0-9])"
)
_POSITION = re.compile(r"\+(?:[0-9]{4}[+-][0-9]{5}|[0-9]{6}[+-][0-9]{7})$")
"""A place on the globe as ISO 6709 writes it."""
_FOURS = re.compile(r"(?!01[5-7])[0-9]{4}(?:[ -][0-9]{4}){2,}")
"""Cards; German mobile numbers are grouped so, too."""
_SOCIAL = re.compile(r"[0-9]{3}-[0-9]{2}-[0-9]{4}$")
_BEFORE = frozenset("/.-_$€£¥#@^&%\\*:'")


_BRACKETS = re.compile(r"(?!.*\.[ \t])(?:[^()]*\(\+?[0-9 ]{1,6}\)|[0-9]{2,5}\))?[^()]*")
"""Only an area code stands in brackets, and no sentence ends; the first bracket may have been cut off."""


_OTHERS = (_DATE, _ISBN, _DECIMAL, _FOURS, _SOCIAL, _POSITION)
_LIMITS = frozenset({"2147483647", "2147483648", "4294967295", "4294967296"})
"""The largest numbers of 32 bits, of which two could be dialled."""


_SIGNS = ("+(", "(+", "(", "+")
"""What opens a number; a bracket before them is somebody's aside."""
_THOUSAND = re.compile(r"[0-9]{3}(?![0-9])")


class Shape(NamedTuple):
    """A span that could be a number: its digits, its groups, and what its first signs say."""

    start: int
    end: int
    digits: str
    groups: tuple[str, ...]
    plus: bool
    linked: bool
    amount: bool
    raw: str

    @property
    def bare(self) -> bool:
        """Whether nothing parts the digits."""
        return len(self.groups) == 1

    @property
    def thousands(self) -> bool:
        """Whether it could be an amount: 12 345 678."""
        return len(self.groups[0]) <= 3 and all(len(group) == 3 for group in self.groups[1:])  # noqa: PLR2004

    @property
    def single(self) -> bool:
        """Whether every digit stands alone: a number that is spelled out, or a list."""
        return len(self.groups) == len(self.digits)


def shapes(text: str) -> Iterator[list[Shape]]:
    """Yield for each run of digits the ways to read it, likeliest first."""
    for run in RUN.finditer(text):
        start = run.start()
        for sign in _SIGNS:
            if text.endswith(sign, 0, run.start()):
                start -= len(sign)
                break
        if text[start] == "(" and ")" not in text[start : run.end()]:
            start += 1
        linked = (
            _LINK.search(text, max(0, start - 24), start) is not None or _MESSENGER.match(text, run.end()) is not None
        )
        if not linked and not _stands_alone(text, start, run.end()):
            continue
        whole = text[start : run.end()]
        groups = list(islice(_GROUP.finditer(text, start, run.end()), MAX_GROUPS))
        yield [
            shape
            for first, last in _readings(text, groups, other=any(kind.match(whole) for kind in _OTHERS))
            if (shape := _shape(text, groups[first:last], linked=linked)) is not None
        ]


def _stands_alone(text: str, start: int, end: int) -> bool:
    before, behind = text[start - 1 : start], text[end : end + 1]
    if before.isalnum() or before == "_" or (before in _BEFORE and before and not _opens(text, start)):
        return False
    if behind.isalpha() or behind in ("_", "%", "@"):
        return _EXTENSION.match(text, end) is not None
    return not (behind in (".", ":", "-", "/") and behind and text[end + 1 : end + 2].isdigit())


def _amount(text: str, start: int, end: int) -> bool:
    """Whether commas beside a number could make it an amount: `1,234 567` or `1 234 567,89`. Or it is a cell."""
    before = text[start - 1 : start] == "," and text[start - 2 : start - 1].isdigit() and _THOUSAND.match(text, start)
    behind = text[end : end + 1] == "," and text[end - 4 : end - 3] == " " and text[end + 1 : end + 2].isdigit()
    return bool(before) or behind


def _opens(text: str, start: int) -> bool:
    """Whether a sign before a number is not part of something longer: a label's colon, a quote, an item's dash."""
    sign, before = text[start - 1], text[start - 2 : start - 1]
    if sign in ":'*":
        return not before.isdigit()
    if sign == "-":
        return before == "" or before.isspace()
    return sign == "." and (before == "" or before.isspace() or before.isalpha())


def _readings(text: str, groups: list[re.Match[str]], *, other: bool) -> Iterator[tuple[int, int]]:
    """Yield spans of groups: all of them, parts that begin like a number, and all less the last or the first ones.

    Of what is something `other` as a whole, say a date, only such parts can be numbers.
    """
    count, sizes = len(groups), [len(group[2]) for group in groups]
    listed = count > 1 and max(sizes) > 1
    if not (listed and (sizes[-1] == 1 or (sizes[0] == 1 and groups[0][0] not in ("1", "+1", "+7")))):
        yield 0, count
    if count == 1:
        return
    openings = [at for at in range(1, count) if _begins(text, groups[at])]
    for first, last in zip([0, *openings], [*openings, count], strict=True):
        if (first, last) != (0, count):
            yield first, last
    if not other:
        yield from ((0, last) for last in (count - 1, count - 2) if last > 0)
        yield 1, count


def _begins(text: str, group: re.Match[str]) -> bool:
    trunk = group[2][0] == "0" and len(group[2]) > 1 and text[group.start() - 1] in " \t/"
    return trunk or (bool(group[1]) and text[group.start() - 1] in " \t/")


def _shape(text: str, groups: list[re.Match[str]], *, linked: bool) -> Shape | None:
    start, end = groups[0].start(), groups[-1].end()
    raw = text[start:end].replace("(0)", "") if "+" in text[start : start + 2] else text[start:end]
    parts = tuple(group[2] for group in _GROUP.finditer(raw))
    digits = "".join(parts)
    if (
        not MIN_DIGITS <= len(digits) <= MAX_DIGITS
        or not _BRACKETS.fullmatch(raw)
        or digits in _LIMITS
        or "+" in raw[2:]
    ):
        return None
    plus = "+" in groups[0][1]
    if _POSITION.match(raw):
        return None
    if not plus and any(kind.match(raw) for kind in _OTHERS):
        return None
    found = _EXTENSION.match(text, end)
    return Shape(start, found.end() if found else end, digits, parts, plus, linked, _amount(text, start, end), raw)
