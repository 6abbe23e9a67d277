"""The whole analysis of a request's text, in one process: what a worker runs, and what the command line calls.

Each task is read as its normalised text, as everything that can be decoded out of it, and with its strings joined.
Never raises for a text: what cannot be inspected is named in the failures of the Result.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from proxy.detection.assembly import Alone, Assembled, assemble, line
from proxy.detection.findings import UNCOVERED, UNSCANNED, DetectorSet, Scan, Unit
from proxy.detection.normal import apart, fold, has_invisible, normalise, tagged
from proxy.detection.presidio import THRESHOLDS, Names
from proxy.detection.recognizers import RECOGNIZERS, Match, phones
from proxy.detection.scripts import uncovered
from proxy.detection.secrets import EMITS, SecretScanner
from proxy.detection.tasks import Hit, Result, Task, gather, lowest_scores, plan
from proxy.detection.views import budget, expand
from proxy.detection.words import SCHEMA_WORDS

MAX_HITS = 5000
FORMAT = 1
"""Counts changes of the views and the assembly, for the digest."""

Finder = Callable[[str], Iterator[Match]]


def emitted() -> dict[str, float]:
    """Return every type that can be found and its lowest score; known without loading a model."""
    own = [recognizer.emits for recognizer in RECOGNIZERS]
    return lowest_scores(THRESHOLDS, EMITS, *own, {UNSCANNED: 1.0, UNCOVERED: 1.0})


class Analyzer:
    """Detectors, loaded once. `key` is the secret under which equal values get equal ids."""

    def __init__(self, model: str, *, cache_dir: Path | None = None) -> None:
        names, scanner = Names(model), SecretScanner(cache_dir)
        phones.warm()
        self._cheap: list[tuple[str, Finder]] = [("kingfisher", scanner.find)]
        self._cheap += [(recognizer.name, recognizer.find) for recognizer in RECOGNIZERS]
        self._all: list[tuple[str, Finder]] = [*self._cheap, ("spacy", names.find)]
        self._versions = [FORMAT, names.version, scanner.version]
        self.key = secrets.token_bytes(32)
        self.loaded = self._describe()

    def _describe(self) -> DetectorSet:
        lowest = emitted()
        parts = [*self._versions, [recognizer.name for recognizer in RECOGNIZERS], sorted(lowest.items())]
        digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        return DetectorSet(frozenset(lowest), tuple(sorted(THRESHOLDS.items())), digest)

    def analyze(self, units: Sequence[Unit]) -> Scan:
        """Scan the units of one request."""
        started = time.perf_counter_ns()
        planned = plan(units)
        results = [self.run(item.task) for item in planned]
        us = (time.perf_counter_ns() - started) // 1000
        return gather(planned, results, us=us, segments=sum(len(unit.segments) for unit in units), cached=0)

    def run(self, task: Task) -> Result:
        """Do one task."""
        reading = _Reading(task)
        best: dict[tuple[str, bytes, int], Hit] = {}
        try:
            for hit in self._joined_hits(reading) if task.kind == "seam" else self._unit_hits(reading):
                slot = (hit.entity_type, hit.value_id, hit.index)
                if slot not in best or best[slot].score < hit.score:
                    best[slot] = hit
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - a detector's bug makes this task incomplete; its message could quote the text
            reading.failures.add("error")
        hits = list(best.values())
        if len(hits) > MAX_HITS:
            reading.failures.add("findings_bound")
        return Result(tuple(hits[:MAX_HITS]), frozenset(reading.failures), reading.views)

    def _unit_hits(self, reading: "_Reading") -> Iterator[Hit]:
        base, decoded, twisted = reading.base(), reading.decoded(), reading.twisted()
        for text, finders in ((base, self._all), (decoded, self._all), (twisted, self._cheap)):
            yield from self._hits(text, finders)
        for text in (base, decoded):
            for script, offset in uncovered(text.text, decoded=text is decoded):
                yield Hit(UNCOVERED, 1.0, "scripts", text.index_at(offset), self._value_id(UNCOVERED, script))
        yield from self._joined_hits(reading)

    def _joined_hits(self, reading: "_Reading") -> Iterator[Hit]:
        """Yield what is found only with neighbours: a value, or its name, runs over from one string into another."""
        for run in reading.runs():
            joined = [assemble(run, joint=joint) for joint in ("", " ")]
            for detector, find in self._cheap:
                alone = Alone(dict(run), find)
                for text in joined:
                    for match in find(text.text):
                        if not alone.explains(match, text):
                            yield self._hit(detector, match, text)

    def _hits(self, text: Assembled, finders: Sequence[tuple[str, Finder]]) -> Iterator[Hit]:
        if text.text:
            for detector, find in finders:
                for match in find(text.text):
                    yield self._hit(detector, match, text)

    def _hit(self, detector: str, match: Match, text: Assembled) -> Hit:
        value_id = self._value_id(match.entity_type, match.value)
        return Hit(match.entity_type, float(match.score), detector, text.index_at(match.start), value_id)

    def _value_id(self, entity_type: str, value: str) -> bytes:
        data = f"{entity_type}\0{value}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(data, key=self.key, digest_size=16).digest()


class _Reading:
    """The texts that one task is read as."""

    def __init__(self, task: Task) -> None:
        self.failures: set[str] = set()
        self.views = 0
        self._raw = [(index, item) for index, item in enumerate(task.texts) if item.text not in SCHEMA_WORDS]
        self._lines: list[tuple[int, str]] = []
        self._values: list[tuple[int, str, str]] = []
        self._views: list[tuple[int, str]] = []
        for index, item in self._raw:
            text, key = normalise(item.text), normalise(item.key)
            if text is None or key is None:
                self.failures.add("view_bound")
                continue
            self._lines.append((index, line(key, text)))
            self._values.append((index, item.shape, text))

    def base(self) -> Assembled:
        """Return the normalised text: what a reader sees."""
        return assemble(self._lines)

    def decoded(self) -> Assembled:
        """Return everything that decoding gives, below the keys that it was found under."""
        spent = budget(sum(len(text) for _, text in self._lines))
        found = self._views
        for (index, text), (_, _, value) in zip(self._lines, self._values, strict=True):
            found += [(index, view) for view in expand(text, spent)]
            if value != text and value[:1] in ("{", "["):
                found += [(index, view) for view in expand(value, spent)]
        self.failures |= spent.failures
        self.views = len(found)
        return assemble(found)

    def twisted(self) -> Assembled:
        """Return readings for patterns only: look-alikes folded, and invisible characters as spaces or as letters.

        What was decoded is folded too, so it is read after `decoded`.
        """
        lines = [*self._lines, *self._views]
        found = [(index, folded) for index, text in lines if (folded := fold(text)) != text]
        for index, item in self._raw:
            if has_invisible(item.text):
                found += [(index, normalise(apart(item.text)) or ""), (index, tagged(item.text))]
        return assemble(found)

    def runs(self) -> Iterator[list[tuple[int, str]]]:
        """Yield runs of neighbouring strings of one shape, to be joined: a value may be split over parts."""
        run: list[tuple[int, str]] = []
        shape = None
        for index, its, text in [*self._values, (-1, "\0", "")]:
            if its != shape:
                if len(run) > 1:
                    folded = [(at, fold(part)) for at, part in run]
                    yield run
                    if folded != run:
                        yield folded
                run = []
            shape = its
            run.append((index, text))
