# ruff: noqa: E501 - patterns are read in one piece
"""United Kingdom: NHS numbers by their check digit, national insurance numbers by their prefixes."""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match, Recognizer, compact, digits, near, words

NHS = re.compile(r"(?<![0-9.+])(?<!\w-)([0-9]{3})([ -]?)([0-9]{3})\2([0-9]{4})(?![0-9])(?!-[0-9])(?!\.[0-9]*[1-9])")
NHS_CONTEXT = words(r"nhs", r"health ?(?:service|number)", r"patient\w*", r"chi")
NINO = re.compile(
    r"(?<![A-Za-z0-9])(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]([ -]?)[0-9]{2}\1[0-9]{2}\1[0-9]{2}[ -]?[A-D](?![A-Za-z0-9])",
    re.IGNORECASE,
)
NINO_CONTEXT = words(r"ni", r"nino", r"national insurance\w*", r"insurance (?:no|number)")


def nhs_valid(number: str) -> bool:
    """Check the last digit: weights 10 to 2, modulo 11 (NHS Data Dictionary)."""
    check = 11 - sum(int(digit) * weight for digit, weight in zip(number, range(10, 1, -1), strict=False)) % 11
    return check % 11 == int(number[9]) and len(set(number)) > 1


def find(text: str) -> Iterator[Match]:
    """Yield NHS and national insurance numbers."""
    for found in NHS.finditer(text):
        number = digits(found[0])
        context = near(text, found.start(), found.end(), NHS_CONTEXT)
        if (found[2] == " " or context) and nhs_valid(number):
            yield Match("UK_NHS", found.start(), found.end(), 0.95 if context else 0.6, number)
    for found in NINO.finditer(text):
        context = near(text, found.start(), found.end(), NINO_CONTEXT)
        if context or found[0].isupper():
            yield Match("UK_NINO", found.start(), found.end(), 0.95 if context else 0.8, compact(found[0]))


RECOGNIZER = Recognizer("uk_ids", {"UK_NHS": 0.6, "UK_NINO": 0.8}, find)
