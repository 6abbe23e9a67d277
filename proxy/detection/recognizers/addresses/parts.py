# ruff: noqa: SIM905 - patterns are read in one piece, words as lines
"""What all address forms share: a street line as a candidate, and the kinds of words it is made of."""

from typing import NamedTuple

UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶĻŁŃŅŇŌŐŒŘŚŞȘŠŢȚŤŪŮŰŲŸŹŻŽ"
WORD = r"[^\W\d_][\w'\u2019.-]*"
NUMBER = r"[0-9]{1,5}(?:[ ]?[A-Za-z](?![\w'\u2019.]))?(?:[ ]?[/-][ ]?[0-9]{1,4}[A-Za-z]?(?!\w)){0,2}(?:[ ]1/2)?"
"""A house number: `12`, `12b`, `12 B`, `12-14`, `2/19`, `12 1/2`."""
BARE = 0.2
"""How certain a number and a name without a street word are: they need a place behind them."""


class Core(NamedTuple):
    """A street line: how certain its form alone makes it an address, and whether it is written with capitals."""

    start: int
    end: int
    base: float
    cased: bool


def is_cased(words: list[str], particles: frozenset[str]) -> bool:
    """Whether every word of a name begins with a capital or a digit, particles aside."""
    return all(not word[0].islower() or word.lower() in particles or word[1:2] in ("'", "\u2019") for word in words)


PARTICLES = frozenset(
    """
    a aan am an auf aux da das de degli dei del dell della delle den der des di do dos du e el en et i im in la las le
    les los na o of od op pod por sur the und van von y zu zum zur św
    """.split()
)
"""Words within names that stay in lower case."""
