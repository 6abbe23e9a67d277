# ruff: noqa: E501 - patterns are read in one piece
"""Addresses that everybody knows or that stand in every licence: they are nobody's home."""

import re

from proxy.detection.lexicon import plain

_FAMOUS = """
1 apple park way | 1 hacker way | 1 infinite loop | 1 letterman drive | 1 microsoft way | 1 times square | 1 world trade center
10 downing street | 100 universal city plaza | 11 downing street | 11 wall street | 12 grimmauld place | 124 conch street
1313 mockingbird lane | 1355 market street | 1600 amphitheatre parkway | 1600 amphitheatre pkwy | 1600 pennsylvania avenue
1600 pennsylvania ave | 1630 revello drive | 171 second street | 20 west 34th street | 221b baker street | 221 b baker street
30 rockefeller plaza | 31 spooner street | 350 5th avenue | 350 5th ave | 350 fifth avenue | 4 privet drive | 405 lexington avenue
410 terry avenue | 42 wallaby way | 444 castro street | 51 franklin st | 51 franklin street | 55 rue du faubourg saint-honore
548 market street | 59 temple place | 633 stag trail road | 660 york street | 675 mass ave | 700 pennsylvania avenue
742 evergreen terrace | 77 massachusetts avenue | 77 massachusetts ave | 935 pennsylvania avenue | platz der republik 1
willy-brandt-strasse 1 | one microsoft way | one apple park way | one infinite loop | 1 dr carlton b goodlett place
"""
FAMOUS = tuple(sorted(one.strip() for line in _FAMOUS.strip().splitlines() for one in line.split("|")))
PLACEHOLDER = re.compile(
    r"^[0-9]{1,5} (?:fake|any|some|example|sample|test|dummy|placeholder|your|foo|nowhere|anywhere) |(?<!\w)(?:any ?town|anywhere|muster(?:stra(?:ss|ß)e|weg|mann|stadt))(?!\w)",
)
MAIN_STREET = re.compile(r"^(?:123|1234|12345) main st(?:reet|\.)?$")
"""The street of a thousand examples; with a city of its own it counts."""


def is_known(address: str) -> bool:
    """Whether an address names an institution, a figure of fiction, or nothing at all."""
    spelled = re.sub(r"[\s,.#]+", " ", plain(address)).strip()
    if PLACEHOLDER.search(spelled) or MAIN_STREET.match(spelled):
        return True
    return any(spelled.startswith(one) and not spelled[len(one) : len(one) + 1].isalnum() for one in FAMOUS)
