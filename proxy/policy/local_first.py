"""Local first: own servers are asked before vendors, and a vendor only where an own server's answer is not sure.

A grant that says so opens no zone and strikes none. It puts the own zones that are left before the vendors', and says
under which thresholds an own server's answer stands where a vendor's zone is left as well. Where several grants apply,
the strictest thresholds of all that say it hold, so that of two grants neither makes the other's answers worse.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

BASIS = 10_000
"""Basis points of 1."""


@dataclass(frozen=True, slots=True)
class LocalFirst:
    """When an own server's answer stands: at this confidence, in basis points, and with so many characters, or more."""

    confidence: int
    min_characters: int = 1

    def __str__(self) -> str:
        return f"{self.confidence / BASIS:.2f} and {self.min_characters} characters"

    def as_json(self) -> dict[str, int]:
        """Return it as a record has it."""
        return {"confidence_bp": self.confidence, "min_characters": self.min_characters}

    def exceeds(self, other: "LocalFirst | None") -> bool:
        """Whether some answer that stands under the other does not under this one; None lets every answer stand."""
        return other is None or self.confidence > other.confidence or self.min_characters > other.min_characters


def strictest(some: Collection[LocalFirst]) -> LocalFirst | None:
    """Return the highest of each threshold; None of none."""
    if not some:
        return None
    return LocalFirst(max(each.confidence for each in some), max(each.min_characters for each in some))


def own_first(zones: Sequence[int], vendors: int) -> Sequence[int]:
    """Put own zones before vendors', which are given as bits; each in the order in which they were."""
    return sorted(zones, key=lambda zone: vendors >> zone & 1)
