"""Whether a score means the same for every type: of the findings with it, the share that is what the type says.

A finding is right if it is about a value that is marked as its type or as a related one; one in a benign request is
wrong. Findings below the floors of classes count, too; types that nobody marked in some data do not count there.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.detection.groups import related
from bench.detection.score import Judged

from proxy.detection.calibration import WIDTH, Curve, band

ENOUGH = 15
"""How many findings tell something of a band."""
CLEAR = 0.1
"""From which difference on a measured share replaces a score."""
HEAD = """\
# Of the findings that a detector's rules score like this, the share that was right: what is reported instead.
# Written by tests/bench/detection/run.py --fit: bands of {width} hundredths with at least {enough} findings, of the
# detectors and types where one of them is off by more than {clear}. Not edited by hand.
# detector type score reported right found
"""


@dataclass(frozen=True)
class Sighted:
    """One finding, without its text."""

    half: str
    detector: str
    entity_type: str
    group: str
    score: float
    right: bool


def sighted(judged: Iterable[Judged]) -> Iterator[Sighted]:
    """Yield the findings that somebody could have marked."""
    for item in judged:
        for found, types in item.findings:
            if found.group in item.request.marked:
                right = not types.isdisjoint(related(found.group))
                yield Sighted(item.request.half, found.detector, found.entity_type, found.group, found.score, right)


@dataclass(frozen=True)
class Band:
    """Findings with about the same score."""

    score: float
    found: int
    right: int

    @property
    def share(self) -> float:
        """How many of them are right."""
        return self.right / self.found


def bands(findings: Iterable[Sighted]) -> list[Band]:
    """Count findings by their scores."""
    counted: dict[int, list[Sighted]] = defaultdict(list)
    for finding in findings:
        counted[band(finding.score)].append(finding)
    return [
        Band(sum(item.score for item in some) / len(some), len(some), sum(item.right for item in some))
        for _, some in sorted(counted.items())
    ]


def error(findings: Sequence[Sighted]) -> float:
    """Return the expected calibration error: how far scores and shares are apart, on average over findings."""
    return sum(each.found * abs(each.share - each.score) for each in bands(findings)) / len(findings)


def table(findings: Sequence[Sighted]) -> str:
    """Return, for each type and band of scores, how many of the findings are right, and how far that is off."""
    lines = [f"{'calibration':<26}{'score':>8}{'found':>8}{'right':>8}{'share':>8}{'off':>8}{'error':>8}"]
    for group in sorted({finding.group for finding in findings}):
        some = [finding for finding in findings if finding.group == group]
        for number, each in enumerate(bands(some)):
            name, total = (group, f"{error(some):>8.3f}") if number == 0 else ("", "")
            figures = (
                f"{each.score:>8.2f}{each.found:>8}{each.right:>8}{each.share:>8.2f}{each.share - each.score:>+8.2f}"
            )
            lines.append(f"  {name:<24}{figures}{total}")
    lines.append(f"  {'all':<24}{'':>40}{error(findings):>8.3f}")
    return "\n".join(lines)


Key = tuple[str, str]
"""A detector and a type."""


@dataclass(frozen=True)
class Point:
    """What is reported for a band."""

    band: int
    share: float
    right: int
    found: int


def fit(findings: Iterable[Sighted], floors: Mapping[str, float]) -> dict[Key, list[Point]]:
    """Return what to report for the bands of each detector and type whose scores are clearly off."""
    by_key: dict[Key, list[Sighted]] = defaultdict(list)
    for finding in findings:
        by_key[finding.detector, finding.entity_type].append(finding)
    fitted = {}
    for key, some in sorted(by_key.items()):
        enough = [each for each in bands(some) if each.found >= ENOUGH]
        if any(abs(_likely(each) - each.score) > CLEAR for each in enough):
            floor = floors.get(key[1], 0.0)
            fitted[key] = [
                Point(band(each.score), round(_beside(floor, each.score, share), 2), each.right, each.found)
                for each, share in zip(enough, _rising(enough), strict=True)
            ]
    return fitted


def _likely(each: Band) -> float:
    """Return the share to expect of further findings: the rule of succession, so that none is certain."""
    return min((each.right + 1) / (each.found + 2), 0.99)


def _rising(some: Sequence[Band]) -> list[float]:
    """Return the shares, those that fall below a surer band's put together with it until none does."""
    pools: list[list[Band]] = []
    for each in some:
        pools.append([each])
        while len(pools) > 1 and _likely(_sum(pools[-2])) > _likely(_sum(pools[-1])):
            surer = pools.pop()
            pools[-1] += surer
    return [_likely(_sum(pool)) for pool in pools for _ in pool]


def _sum(pool: Sequence[Band]) -> Band:
    return Band(pool[0].score, sum(each.found for each in pool), sum(each.right for each in pool))


def _beside(floor: float, score: float, share: float) -> float:
    """Return a share on the side of the floor on which the score is."""
    return max(share, floor) if score >= floor else min(share, floor - 0.01)


def write(fitted: Mapping[Key, Sequence[Point]], file: Path) -> None:
    """Write what the proxy reads."""
    lines = [
        f"{detector} {entity_type} {point.band / 100:.2f} {point.share:.2f} {point.right} {point.found}\n"
        for (detector, entity_type), points in fitted.items()
        for point in points
    ]
    head = HEAD.format(width=WIDTH, enough=ENOUGH, clear=CLEAR)
    file.write_text(head + "".join(lines), encoding="utf-8")


def apply(fitted: Mapping[Key, Sequence[Point]], findings: Iterable[Sighted]) -> list[Sighted]:
    """Return findings of rules with the scores to report."""
    curves = {
        key: Curve(tuple(point.band for point in points), tuple(point.share for point in points))
        for key, points in fitted.items()
    }
    made = []
    for item in findings:
        curve = curves.get((item.detector, item.entity_type))
        made.append(item if curve is None else replace(item, score=curve(item.score)))
    return made


def fitting(findings: Sequence[Sighted], floors: Mapping[str, float]) -> str:
    """Say how far scores are off: of the rules, as fitted, and each half as fitted to the other."""
    crossed = [
        item
        for half in ("dev", "held")
        for item in apply(
            fit([item for item in findings if item.half != half], floors),
            [item for item in findings if item.half == half],
        )
    ]
    figures = (error(findings), error(apply(fit(findings, floors), findings)), error(crossed))
    return "expected error: of the rules {:.3f}, fitted {:.3f}, each half fitted to the other {:.3f}".format(*figures)
