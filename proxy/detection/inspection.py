"""Where findings stand, for people who look at their own text: `ringfence detect`, and measurements of accuracy.

The same sightings as those of a scan, not reduced to what a decision and a record need. These values hold content:
they never go to the log, to a cache or over a socket.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from proxy.detection.analysis import MAX_HITS, Analyzer, Sighting, View
from proxy.detection.findings import Unit
from proxy.detection.reading import Reading
from proxy.detection.tasks import Planned, plan


@dataclass(frozen=True, slots=True)
class Located:
    """One finding. `text` is what matched in its view; `start` and `end` count characters of the normalised string.

    They are None where the view is not `text`, and for a match in the string's key or over the end of the string.
    """

    entity_type: str
    score: float
    detector: str
    path: str
    view: View
    start: int | None
    end: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """All findings, the parts that were not inspected as (path, reason), and the microseconds that it took."""

    findings: tuple[Located, ...]
    failures: tuple[tuple[str, str], ...]
    us: int


def inspect(analyzer: Analyzer, units: Sequence[Unit]) -> Inspection:
    """Find what `analyzer.analyze` finds, and say where."""
    started = time.perf_counter_ns()
    findings: list[Located] = []
    failures: list[tuple[str, str]] = []
    for item in plan(units):
        reading = Reading(item.task)
        findings += _located(analyzer, item, reading)
        failures += [(item.whole, reason) for reason in sorted(reading.failures)]
    return Inspection(tuple(findings), tuple(failures), (time.perf_counter_ns() - started) // 1000)


def _located(analyzer: Analyzer, item: Planned, reading: Reading) -> Iterator[Located]:
    """Yield every place in the text as it is read; from other views only what is new there, or more certain."""
    best: dict[tuple[str, str, int], float] = {}
    found: dict[tuple[str, str, int, int], Located] = {}
    for seen in analyzer.sightings(reading):
        match, read = seen.match, seen.view == "text"
        slot = (match.entity_type, match.value, seen.index)
        place = (*slot, match.start if read else -1)
        known = found[place].score if place in found else 0.0 if read else best.get(slot, 0.0)
        if match.score > known:
            best[slot] = max(match.score, best.get(slot, 0.0))
            found[place] = _locate(seen, item, reading)
    if len(best) > MAX_HITS:
        reading.failures.add("findings_bound")
    yield from found.values()


def _locate(seen: Sighting, item: Planned, reading: Reading) -> Located:
    match, index = seen.match, seen.index
    start, end = (seen.view == "text" and reading.place(match.start, match.end, seen.text)) or (None, None)
    path = item.whole if index < 0 else item.paths[index]
    text = seen.text.text[match.start : match.end]
    return Located(match.entity_type, float(match.score), seen.detector, path, seen.view, start, end, text)
