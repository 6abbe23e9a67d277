"""Machine-readable zones of passports and identity cards, and what airlines send of them to borders.

ICAO Doc 9303 parts 4 to 6: zones have two lines of 44 or 36 characters, or three of 30, and each number is followed by
its check digit, weights 7 3 1. Specimens of the state `UTO` are nobody's.
"""

import re
from collections.abc import Iterator
from itertools import chain

from proxy.detection.recognizers.base import Match, Recognizer
from proxy.detection.recognizers.ids.checks import weighed

TWO_LINES = re.compile(
    r"(?<![A-Z0-9<])([PVIAC][A-Z<])([A-Z<]{3})[A-Z<]{31,39}[ \t]*\r?\n[ \t]*"
    r"([A-Z0-9<]{9})([0-9])[A-Z<]{3}([0-9]{6})([0-9])[MFX<]([0-9]{6})([0-9])[A-Z0-9<]{8,16}(?![A-Z0-9<])"
)
THREE_LINES = re.compile(
    r"(?<![A-Z0-9<])([IAC][A-Z<])([A-Z<]{3})([A-Z0-9<]{9})([0-9<])[A-Z0-9<]{15}[ \t]*\r?\n[ \t]*"
    r"([0-9]{6})([0-9])[MFX<]([0-9]{6})([0-9])[A-Z0-9<]{15}"
)
SPECIMEN = "UTO"
DOCS = re.compile(
    r"(?<![A-Z0-9])(?P<kind>[PIACV])/[A-Z]{2,3}/(?P<number>(?=[A-Z]*[0-9])[A-Z0-9]{5,15})/[A-Z]{2,3}"
    r"/(?P<born>[0-9]{2}[A-Z]{3}[0-9]{2})/[MFXU]I?(?:/[0-9]{2}[A-Z]{3}[0-9]{2})?/[A-Z]"
)
"""Advance passenger information: the SSR DOCS element of IATA's messages (AIRIMP)."""


def find(text: str) -> Iterator[Match]:
    """Yield the number of each document whose three check digits are right, and what is sent of passengers."""
    for element in DOCS.finditer(text) if "/" in text else ():
        entity_type = "PASSPORT" if element["kind"] == "P" else "NATIONAL_ID"
        yield Match(entity_type, *element.span("number"), 0.95, element["number"])
        yield Match("DATE_OF_BIRTH", *element.span("born"), 0.95, element["born"].casefold())
    if "<<" not in text:
        return
    for found in chain(TWO_LINES.finditer(text), THREE_LINES.finditer(text)):
        kind, state, number, check, *dates = found.groups()
        pairs = ((number, check), (dates[0], dates[1]), (dates[2], dates[3]))
        if state != SPECIMEN and all(_right(field, digit) for field, digit in pairs):
            entity_type = "PASSPORT" if kind[0] == "P" else "NATIONAL_ID"
            yield Match(entity_type, found.start(), found.end(), 0.99, number.strip("<"))


def _right(field: str, check: str) -> bool:
    return check == "<" or weighed(field.replace("<", "0"), (7, 3, 1) * 3) % 10 == int(check)


RECOGNIZER = Recognizer("machine_readable", {"PASSPORT": 0.95, "NATIONAL_ID": 0.95, "DATE_OF_BIRTH": 0.95}, find)
