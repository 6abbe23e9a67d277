"""What the compared systems have in common: what they read, and what they say of a request."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from proxy.detection.findings import Unit
from proxy.endpoints.chat import read

MAX_DEPTH = 64


@dataclass(frozen=True)
class Found:
    """One finding of a system. `path` is None where it lies in more than one string."""

    group: str
    entity_type: str
    score: float
    detector: str
    text: str
    path: str | None


@dataclass(frozen=True)
class Answer:
    """What a system says of one request; `withheld` names why it counts as not inspected or not covered."""

    found: tuple[Found, ...]
    withheld: frozenset[str]
    us: int
    chars: int


class System(Protocol):
    """Something that finds."""

    name: str

    def look(self, body: dict[str, Any]) -> Answer:
        """Find what is in the body of a request."""


def units(body: dict[str, Any]) -> tuple[Unit, ...]:
    """Return what there is to read in a body; raises RequestRefused for what the proxy would not take."""
    return read(body, MAX_DEPTH).units


def size(parts: Sequence[Unit]) -> int:
    """Return how many characters are read."""
    return sum(len(segment.text) for unit in parts for segment in unit.segments)
