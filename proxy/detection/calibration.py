"""What a score means: of the values reported with it, about this share are what their type says.

A rule's own score only ranks: its author thought it more or less sure. `calibration.txt` holds what was measured, for
each detector, type and band of such scores, wherever enough was found and the share was another; all else is reported
as it was scored. `tests/bench/detection/run.py --fit` writes the file.

A sure rule never comes out below a weaker one of its detector and type, and no finding is moved over the floor of its
class: what pins a request is for the rules and the taxonomy to say.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

from proxy.detection.recognizers.base import Match, Recognizer

WIDTH = 5
"""Of a band, in hundredths; a band is named by its lowest score."""


def band(score: float) -> int:
    """Return the band that a score lies in."""
    return int(score * 100 + 1e-6) // WIDTH * WIDTH


@dataclass(frozen=True, slots=True)
class Curve:
    """The shares of some bands, both in ascending order."""

    bands: tuple[int, ...]
    shares: tuple[float, ...]

    def __call__(self, score: float) -> float:
        """Return what is reported; in a band that was not measured the score stands, between its neighbours'."""
        at = bisect_left(self.bands, band(score))
        if at < len(self.bands) and self.bands[at] == band(score):
            return self.shares[at]
        above = self.shares[at] if at < len(self.bands) else 1.0
        below = self.shares[at - 1] if at else 0.0
        return min(max(score, below), above)


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What a recognizer finds, with scores that say how often it is right."""

    recognizer: Recognizer
    curves: Mapping[str, Curve]

    def __call__(self, text: str) -> Iterator[Match]:
        """Yield the same matches."""
        for match in self.recognizer.find(text):
            curve = self.curves.get(match.entity_type)
            yield match if curve is None else replace(match, score=curve(match.score))


@cache
def curves() -> Mapping[str, Mapping[str, Curve]]:
    """Return what was measured, by detector, then by type."""
    return parse(resources.files(__package__).joinpath("calibration.txt").read_text(encoding="utf-8"))


def parse(text: str) -> Mapping[str, Mapping[str, Curve]]:
    """Read lines of a detector, a type, the lowest score of a band, and the share to report."""
    rows: dict[str, dict[str, list[tuple[int, float]]]] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            detector, entity_type, score, share, *_ = line.split()
            rows.setdefault(detector, {}).setdefault(entity_type, []).append((band(float(score)), float(share)))
    return {
        detector: {kind: Curve(*zip(*sorted(points), strict=True)) for kind, points in kinds.items()}
        for detector, kinds in rows.items()
    }


def lowest(detector: str, emits: Mapping[str, float]) -> dict[str, float]:
    """Return for each type the lowest score that is reported, given the lowest of the detector's rules."""
    known = curves().get(detector, {})
    return {kind: known[kind](score) if kind in known else score for kind, score in emits.items()}


def calibrated(recognizer: Recognizer) -> Recognizer:
    """Return a recognizer of this package with the scores that are reported."""
    known = curves().get(recognizer.name)
    if known is None:
        return recognizer
    return replace(recognizer, emits=lowest(recognizer.name, recognizer.emits), find=Calibrated(recognizer, known))


def raw(recognizer: Recognizer) -> Recognizer:
    """Return it as its rules score, for measuring."""
    return recognizer.find.recognizer if isinstance(recognizer.find, Calibrated) else recognizer
