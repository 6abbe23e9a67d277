"""The whole analysis of a request's text, in one process: what a worker runs, and what the command line calls.

Each task is read as its normalised text, as everything that can be decoded out of it, and with its strings joined.
Never raises for a text: what cannot be inspected is named in the failures of the Result.
"""

import hashlib
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from proxy.detection.assembly import Alone, Assembled, assemble
from proxy.detection.configured.file import Configuration, read
from proxy.detection.detectors import DEFAULT, load
from proxy.detection.findings import UNCOVERED, Scan, Unit
from proxy.detection.reading import Reading
from proxy.detection.recognizers.base import Late, Match, Recognizer
from proxy.detection.scripts import uncovered
from proxy.detection.tasks import Hit, Result, Task, gather, plan
from proxy.settings import Settings

MAX_HITS = 5000
AHEAD = 4000
"""Characters of the longest text that is read together with others: a long one gains nothing by it."""

View = Literal["text", "decoded", "folded", "joined"]
"""What a match was found in: what a reader sees, what decoding gives, look-alikes made plain, or neighbours joined."""


Views = tuple[tuple[View, Assembled], ...]


@dataclass(frozen=True, slots=True)
class Sighting:
    """One match and the text of a task that it lies in."""

    view: View
    detector: str
    match: Match
    text: Assembled

    @property
    def index(self) -> int:
        """The index of the string that the match begins in; -1 when there is none."""
        return self.text.index_at(self.match.start)


class Analyzer:
    """Detectors, loaded once. `key` is the secret under which equal values get equal ids."""

    def __init__(self, model: str, *, cache_dir: Path | None = None, configuration: Configuration = DEFAULT) -> None:
        self.detectors = load(model, cache_dir=cache_dir, configuration=configuration)
        self.loaded = self.detectors.loaded
        self.key = secrets.token_bytes(32)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Load what the settings name; raises ConfigurationError."""
        cache_dir = settings.cache / "kingfisher"
        return cls(settings.detect_model, cache_dir=cache_dir, configuration=read(settings.detectors))

    def analyze(self, units: Sequence[Unit]) -> Scan:
        """Scan the units of one request."""
        started = time.perf_counter_ns()
        planned = plan(units)
        results = self.run_all([item.task for item in planned])
        us = (time.perf_counter_ns() - started) // 1000
        return gather(planned, results, us=us, segments=sum(len(unit.segments) for unit in units), cached=0)

    def run(self, task: Task) -> Result:
        """Do one task."""
        return self._result(Reading(task))

    def run_all(self, tasks: Sequence[Task]) -> list[Result]:
        """Do the tasks of one request; what a detector reads ahead, it reads for all of them together."""
        readings = [Reading(task) for task in tasks]
        self._expect(
            [text for reading in readings if reading.kind == "unit" and len(text := reading.base().text) <= AHEAD]
        )
        return [self._result(reading) for reading in readings]

    def _expect(self, texts: Sequence[str]) -> None:
        try:
            for detector in self.detectors.built_in:
                if detector.expect is not None:
                    detector.expect(texts)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001, S110 - each text is then read alone, so that only its own task can fail
            pass

    def _result(self, reading: Reading) -> Result:
        best: dict[tuple[str, bytes, int], Hit] = {}
        for seen in self.sightings(reading):
            match = seen.match
            slot = (match.entity_type, self._value_id(match.entity_type, match.value), seen.index)
            if slot not in best or best[slot].score < match.score:
                best[slot] = Hit(match.entity_type, float(match.score), seen.detector, slot[2], slot[1])
        hits = list(best.values())
        if len(hits) > MAX_HITS:
            reading.failures.add("findings_bound")
        return Result(tuple(hits[:MAX_HITS]), frozenset(reading.failures), reading.views)

    def sightings(self, reading: Reading) -> Iterator[Sighting]:
        """Yield every match in every view; what keeps the task from being inspected goes to the reading's failures."""
        try:
            views = _views(reading) if reading.kind == "unit" else ()
            yield from _foreign_scripts(views)
            for group in (self.detectors.built_in, self.detectors.configured):
                yield from _found(views, group)
                yield from _joined(reading, [detector for detector in group if detector.joins])
        except MemoryError:
            raise
        except Late:
            reading.failures.add("pattern_bound")
        except Exception:  # noqa: BLE001 - a detector's bug makes this task incomplete; its message could quote the text
            reading.failures.add("error")

    def _value_id(self, entity_type: str, value: str) -> bytes:
        data = f"{entity_type}\0{value}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(data, key=self.key, digest_size=16).digest()


def _views(reading: Reading) -> Views:
    return (("text", reading.base()), ("decoded", reading.decoded()), ("folded", reading.twisted()))


def _foreign_scripts(views: Views) -> Iterator[Sighting]:
    for view, text in views:
        for script, offset in uncovered(text.text, decoded=view == "decoded") if view != "folded" else ():
            yield Sighting(view, "scripts", Match(UNCOVERED, offset, offset + 1, 1.0, script), text)


def _found(views: Views, detectors: Sequence[Recognizer]) -> Iterator[Sighting]:
    for view, text in views:
        for detector in detectors if text.text else ():
            if view != "folded" or detector.folds:
                for match in detector.find(text.text):
                    yield Sighting(view, detector.name, match, text)


def _joined(reading: Reading, detectors: Sequence[Recognizer]) -> Iterator[Sighting]:
    """Yield what is found only with neighbours: a value, or its name, runs over from one string into another."""
    for run in reading.runs() if detectors else ():
        joined = [assemble(run, joint=joint) for joint in ("", " ")]
        for detector in detectors:
            alone = Alone(dict(run), detector.find)
            for text in joined:
                for match in detector.find(text.text):
                    if not alone.explains(match, text):
                        yield Sighting("joined", detector.name, match, text)
