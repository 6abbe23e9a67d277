"""Payment cards: 12 to 19 digits in any grouping, right by Luhn, of a known issuer or beside a word for cards.

Issuer prefixes: ISO/IEC 7812 ranges as published by the card networks. Test numbers of the networks count as cards.
"""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match, Recognizer, near, words

# Digits with at most three separator characters between neighbours; split into groups below.
SEQUENCE = re.compile(r"(?<![0-9])[0-9](?:[ \t.,·•/|*_+-]{0,3}[0-9]){11,}(?![0-9])")
GROUP = re.compile(r"[0-9]+")
CONTEXT = words(
    r"cards?",
    r"card ?(?:no|num|number|nr)",
    r"pan",
    r"visa",
    r"maestro",
    r"amex",
    r"master ?card",
    r"credit",
    r"debit",
    r"karte",
    r"carte",
    r"tarjeta",
    r"carta",
    r"cvv2?",
    r"cvc2?",
)
LAYOUTS = frozenset(
    {
        (4, 4, 4, 4),
        (4, 6, 5),
        (4, 6, 4),
        (4, 4, 4, 4, 3),
        (4, 4, 4, 1),
        (4, 5, 6),
        (4, 4, 5),
        (4, 4, 4),
        (4, 4, 4, 3),
        (6, 13),
        (4, 4, 4, 2),
        (4, 4, 11),
        (8, 8),
        (6, 6, 4),
        (6, 10),
        (5, 5, 6),
        (4, 8, 4),
        (4, 12),
    }
)
FRACTION = re.compile(r"(?<![0-9.])[0-9]{1,3}\.[0-9]{6}")
AMONG = 160
MIN_DIGITS, MAX_DIGITS = 12, 19
BRANDS = re.compile(
    r"""
      4(?:\d{12}|\d{15}|\d{18})                                                   # Visa
    | (?:5[1-5]\d{2}|222[1-9]|22[3-9]\d|2[3-6]\d{2}|27[01]\d|2720)\d{12}          # Mastercard
    | 3[47]\d{13}                                                                 # American Express
    | 3(?:0[0-5]|095|[689]\d)\d{11,16}                                            # Diners Club
    | (?:6011|64[4-9]\d|65\d{2})\d{12,15}                                         # Discover
    | 35(?:2[89]|[3-9]\d)\d{12,15} | (?:2131|1800)\d{11}                          # JCB
    | (?:62|81)\d{14,17}                                                          # UnionPay
    | (?:5018|5020|5038|5893|6304|6759|6761|6762|6763|0604)\d{8,15}               # Maestro
    | 220[0-4]\d{12,15}                                                           # Mir
    | (?:60|65|81|82|508|9792)\d{12,14}                                           # RuPay, Troy
    """,
    re.VERBOSE,
)


def luhn(number: str) -> bool:
    """Check the Luhn digit of a string of ASCII digits (ISO/IEC 7812-1 annex B)."""
    total = 0
    for index, char in enumerate(reversed(number)):
        value = ord(char) - 48
        if index % 2:
            value = value * 2 - 9 if value > 4 else value * 2  # noqa: PLR2004
        total += value
    return total % 10 == 0


def _score(number: str, text: str, start: int, end: int) -> float | None:
    if not luhn(number) or len(set(number)) == 1:
        return None
    if BRANDS.fullmatch(number):
        return 1.0
    return 0.8 if near(text, start, end, CONTEXT) else None


def _windows(groups: list[re.Match[str]]) -> Iterator[tuple[int, int]]:
    """Yield ranges of groups that could be one card: usual layouts anywhere, other layouts when they stand alone."""
    for first in range(len(groups)):
        total = 0
        for last in range(first, len(groups)):
            total += len(groups[last][0])
            if total > MAX_DIGITS:
                break
            if total < MIN_DIGITS:
                continue
            layout = tuple(len(group[0]) for group in groups[first : last + 1])
            alone = first == 0 and last == len(groups) - 1
            if alone or len(layout) == 1 or layout in LAYOUTS or _even(layout):
                yield first, last


def _even(layout: tuple[int, ...]) -> bool:
    return layout[0] > 1 and len(set(layout)) == 1


def find(text: str) -> Iterator[Match]:
    """Yield every card in the text. A fraction among other fractions is a number, not a card."""
    for sequence in SEQUENCE.finditer(text):
        groups = list(GROUP.finditer(text, sequence.start(), sequence.end()))
        for first, last in _windows(groups):
            start, end = groups[first].start(), groups[last].end()
            if first == last and _is_fraction(text, start, end):
                continue
            number = "".join(group[0] for group in groups[first : last + 1])
            score = _score(number, text, start, end)
            if score is not None:
                yield Match("CREDIT_CARD", start, end, score, number)


def _is_fraction(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - 8) : start]
    if not (len(before) > 1 and before[-1] == "." and before[-2].isdigit() and before.count(".") == 1):
        return False
    return bool(FRACTION.search(text, max(0, start - AMONG), start) or FRACTION.search(text, end, end + AMONG))


RECOGNIZER = Recognizer("cards", {"CREDIT_CARD": 0.8}, find)
