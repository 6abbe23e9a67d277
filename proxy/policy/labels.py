"""From findings to data classes: the score grid, and how much of which class a request carries.

Scores live on a grid of 0.05, as whole numbers 0 to 20, and are rounded UP, so that rounding never frees anything.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

STEPS = 20
"""Grid steps in a score of 1.0."""
UNSCANNED = "UNSCANNED"
"""Type of what was not inspected; the same word as in the detector's findings."""
UNCOVERED = "UNCOVERED"
"""Type of text in a script or language for which no name detector was measured; the same word there, too."""
BUILT_IN = {"unscanned": UNSCANNED, "uncovered": UNCOVERED}
"""Classes that every taxonomy has, and the one type of each."""

Findings = Mapping[str, Sequence[int]]
"""Entity type -> one grid score per distinct value."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a detector reads: a text in UTF-8, or the body of a chat request as JSON."""

    raw: bytes
    request: bool


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a detector found, as `decide` takes it; `missing` says why not all was inspected.

    Only a request has a model: as it was asked for, and the registered name that it resolves to.
    """

    findings: Findings
    missing: tuple[str, ...]
    model: str = ""
    resolved: str = ""

    def lines(self, width: int) -> Iterator[str]:
        """Say what was found, and no value; `width` is that of the first word."""
        yield from (f"{'type':<{width}}{kind} x{len(grids)} at {written(max(grids))}" for kind, grids in self._types())
        yield from (f"{'missing':<{width}}{reason}" for reason in self.missing)

    def as_json(self) -> dict[str, Any]:
        """Return the same as plain values."""
        return {
            "types": [
                {"type": kind, "count": len(grids), "score": float(written(max(grids)))}
                for kind, grids in self._types()
            ],
            "missing": list(self.missing),
        }

    def _types(self) -> list[tuple[str, Sequence[int]]]:
        return sorted((kind, tuple(grids)) for kind, grids in self.findings.items() if grids)


Scan = Callable[[bytes, bool], Scanned]
"""Scans a text or, if the second argument says so, the body of a chat request; raises RequestRefused if it is none."""


def to_grid(score: float) -> int:
    """Round a score up to the grid, up to the error of a float; what is no number between 0 and 1 counts as 1."""
    steps = score * STEPS
    if not 0.0 <= steps <= STEPS:
        return 0 if steps < 0 else STEPS
    nearest = round(steps)
    return nearest if abs(steps - nearest) < 1e-9 else math.ceil(steps)  # noqa: PLR2004  # float error of one product


def on_grid(score: Decimal) -> int | None:
    """Return the grid step of a score that lies on the grid exactly."""
    steps = score * STEPS
    return int(steps) if steps == steps.to_integral_value() else None


def written(step: int) -> str:
    """Write a grid step the way policies write scores: 8 is `0.40`."""
    return f"{step / STEPS:.2f}"
