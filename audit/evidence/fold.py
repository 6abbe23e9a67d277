"""What every fold is: which records it takes in, and the document that it makes of them."""

from collections.abc import Callable, Mapping
from typing import Any

from audit.evidence.facts import Facts
from audit.evidence.tables import Body

Take = Callable[[int, Body], None]
"""Takes in a record: its number, and its body."""
Takes = Mapping[str, Take]
"""By kind."""
EVERY = "*"
"""Stands for all kinds."""
NOTHING: Takes = {}


class Fold:
    """One document on its way."""

    name = ""
    """Of the document, without an ending."""
    inside = NOTHING
    """What takes in records of the period, by kind."""
    until = NOTHING
    """What takes in records of the period and before it, by kind."""
    always = NOTHING
    """What takes in records wherever they are, by kind; of kinds that are never left out."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def absent(self, seq: int) -> None:
        """Take in that a record of the period has no body."""

    def beside(self, seq: int, body: Body) -> None:
        """Take in the record before the first of the period, or the one behind its last: every pack has them."""

    def is_inside(self, seq: int) -> bool:
        """Whether a record is of the period."""
        return self.facts.first <= seq <= self.facts.last

    def document(self, end: str) -> dict[str, Any]:
        """Return what the document says. `end` is the time at the period's end, empty where there is none."""
        raise NotImplementedError
