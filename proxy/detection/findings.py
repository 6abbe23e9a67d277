"""The values that cross the seam of detection: text units in, findings out. They live in memory only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

UNSCANNED = "UNSCANNED"
"""Built-in type: some part of the request was not inspected. Its class can never reach a vendor."""
UNCOVERED = "UNCOVERED"
"""Built-in type: text in a script or language for which no loaded detector was measured on names."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One scalar of the body in its literal form, or one object key.

    `path` is a JSON path in which every key that is not a name of the endpoint's schema stands as `*`.
    `key` is the object key that the scalar belongs to, for context such as `"ssn": 123456789`; empty in arrays.
    """

    path: str
    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Unit:
    """What is scanned, and cached, together: one message, one tool, or the rest of the body."""

    path: str
    role: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One sensitive value. `value_id` is keyed by a secret of this process: equal values count once."""

    entity_type: str
    score: float
    detector: str
    path: str
    value_id: bytes


@dataclass(frozen=True, slots=True)
class Scan:
    """All findings of a request, and whether the scan is complete.

    `failures` names what kept it from being complete (`worker_died`, `deadline`, `bad_answer`, `view_bound`,
    `binary` ...); not empty means a finding of type UNSCANNED is among the findings. Times are microseconds.
    """

    findings: tuple[Finding, ...]
    failures: frozenset[str]
    us: int
    segments: int
    views: int
    cached: int

    @property
    def complete(self) -> bool:
        """Whether every part was inspected."""
        return not self.failures


@dataclass(frozen=True, slots=True)
class DetectorSet:
    """What is loaded, and a digest of all of it.

    `thresholds` holds, for each type whose detector drops weak findings, the score below which it does. A policy that
    counts weaker ones than that does not load.
    """

    entity_types: frozenset[str]
    thresholds: tuple[tuple[str, float], ...]
    sha256: str


class Detector(Protocol):
    """What the pipeline needs. A scan never raises for a failing detector: it comes back incomplete."""

    @property
    def loaded(self) -> DetectorSet | None:
        """The loaded set, or None while models are still loading."""

    async def scan(self, tenant: str, units: Sequence[Unit], *, behind: bool = False) -> Scan:
        """Scan for one tenant, in a time that grows with the size; raises Unavailable when none can begin in time.

        What is scanned `behind` waits for everything else, and keeps nothing else waiting.
        """

    def not_ready(self) -> str | None:
        """Why no scan can be made now; None when one can."""
