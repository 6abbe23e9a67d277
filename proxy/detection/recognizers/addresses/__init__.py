"""Street addresses of many countries: a street line with a house number, weighed by what stands around it.

A street line is read in three forms - `12 Oak Street`, `Lindenstraße 14`, `calle Mayor 3` - each with a certainty of
its own. Units, cities, regions and post codes behind it, words like `lives at` before it and a line of its own add to
that; what is counted otherwise (`Figure 3`, `4 wheel drive`) takes away. A post code, a city or a street alone is none.
"""

import re
from collections.abc import Iterator

from proxy.detection.recognizers.addresses.asian import ideographic, indian
from proxy.detection.recognizers.addresses.context import around
from proxy.detection.recognizers.addresses.famous import is_known
from proxy.detection.recognizers.addresses.fields import labelled
from proxy.detection.recognizers.addresses.forms import named_house, number_first, number_last, spoken
from proxy.detection.recognizers.addresses.parts import BARE, Core
from proxy.detection.recognizers.base import Match, Recognizer

CJK = "\u2e80"
"""From here on letters are ideographs or syllables, which need no space before a number."""
THRESHOLD, HIGHEST = 0.55, 0.95
DIGITS = re.compile(r"[0-9]+")
FILED = re.compile(r"[0-9]+/(?:[0-9]{1,3}/)?[0-9]{4}")
"""Files of courts and tax offices: no house has so long a number behind a stroke."""
MAX_DIGITS = 5
NO_NUMBER = re.compile(r"(?<=[ ,])(?:[sS]/[nN]|snc)(?!\w)")
"""What stands in Spanish, Portuguese and Italian for a house without a number."""
_NOT_BEFORE = frozenset("/$€£+_@\\%<")


def find(text: str) -> Iterator[Match]:
    """Yield addresses; the canonical form keeps words and numbers only."""
    taken = -1
    for core in sorted(_cores(text)):
        if core.start < taken:
            continue
        end, weight = around(text, core.start, core.end, cased=core.cased, needs_place=core.base <= BARE + 0.05)
        score = core.base + weight
        if score < THRESHOLD:
            continue
        taken = end
        if not is_known(text[core.start : end]):
            yield Match("STREET_ADDRESS", core.start, end, min(score, HIGHEST), canonical(text[core.start : end]))


def _cores(text: str) -> Iterator[Core]:
    """Yield street lines: those at a number, and those without one in digits."""
    for found in DIGITS.finditer(text):
        start, end = found.span()
        before = text[start - 1] if start else " "
        if end - start > MAX_DIGITS or before in _NOT_BEFORE or FILED.match(text, start):
            continue
        if before.isalpha() and before < CJK:
            yield from _lettered(text, start, before)
        elif before not in ",.:-" or start == 1 or not text[start - 2].isdigit():
            yield from _at(text, start, before, text[end : end + 1] or " ")
    for found in NO_NUMBER.finditer(text) if "/" in text or "snc" in text else ():
        yield from number_last(text, found.start())
    yield from spoken(text)
    yield from labelled(text)


def _lettered(text: str, start: int, before: str) -> Iterator[Core]:
    """Read on from a number behind a letter: a post code, or a house on the grid of Wisconsin (N88W16624)."""
    if "A" <= before <= "Z":
        yield from named_house(text, start)
    if before in "NSEW":
        yield from number_first(text, start - 1)


def _at(text: str, start: int, before: str, behind: str) -> Iterator[Core]:
    if behind in " ,-/\n" or behind.isalpha():
        yield from number_first(text, start)
        yield from indian(text, start)
    if before in " #:.":
        yield from number_last(text, start)
    if before >= CJK or behind >= CJK or before == " ":
        yield from ideographic(text, start)


def canonical(text: str) -> str:
    """Return the words and numbers of an address in lower case."""
    return re.sub(r"[\W_]+", " ", text).strip().casefold()


RECOGNIZER = Recognizer("addresses", {"STREET_ADDRESS": THRESHOLD}, find)
