"""United States social security and individual taxpayer numbers, in their form or bare beside their name."""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match, Recognizer, digits, near, words

NUMBER = re.compile(r"(?<![0-9.])(?<!\w-)([0-9]{3})([ .-]?)([0-9]{2})\2([0-9]{4})(?![0-9])(?!-[0-9])(?!\.[0-9]*[1-9])")
CONTEXT = words(r"ssns?", r"social ?sec\w*", r"social", r"itin", r"tax ?(?:id|payer)\w*", r"tin", r"ss ?#", r"sin")
ITIN_GROUPS = frozenset([*range(50, 66), *range(70, 89), *range(90, 93), *range(94, 100)])


def find(text: str) -> Iterator[Match]:
    """Yield numbers that could have been issued (SSA: no 000, 666, 9xx; no zero groups. IRS publication 1915)."""
    for found in NUMBER.finditer(text):
        area, separator, group, serial = found.groups()
        if serial == "0000":
            continue
        context = near(text, found.start(), found.end(), CONTEXT)
        if not separator and not context:
            continue
        score = 0.95 if context else (0.85 if separator == "-" else 0.6)
        if area.startswith("9"):
            if int(group) in ITIN_GROUPS:
                yield Match("US_ITIN", found.start(), found.end(), score, digits(found[0]))
        elif area not in ("000", "666") and group != "00":
            yield Match("US_SSN", found.start(), found.end(), score, digits(found[0]))


RECOGNIZER = Recognizer("us_ids", {"US_SSN": 0.6, "US_ITIN": 0.6}, find)
