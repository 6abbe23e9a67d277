"""The whole analysis of a request's text, in one process: what a worker runs, and what the command line calls.

Never raises for a text: what cannot be inspected is named in the failures of the Scan.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from proxy.detection.assembly import Assembled, assemble, line
from proxy.detection.findings import UNSCANNED, DetectorSet, Scan, Unit
from proxy.detection.presidio import THRESHOLDS, Names
from proxy.detection.recognizers import RECOGNIZERS, Match
from proxy.detection.secrets import EMITS, SecretScanner
from proxy.detection.tasks import Hit, Result, Task, gather, lowest_scores, plan
from proxy.detection.words import SCHEMA_WORDS


class Analyzer:
    """Detectors, loaded once. `key` is the secret under which equal values get equal ids."""

    def __init__(self, model: str, *, cache_dir: Path | None = None) -> None:
        self._names = Names(model)
        self._secrets = SecretScanner(cache_dir)
        self.key = secrets.token_bytes(32)
        self.loaded = self._describe()

    def _describe(self) -> DetectorSet:
        own = [recognizer.emits for recognizer in RECOGNIZERS]
        lowest = lowest_scores(THRESHOLDS, EMITS, *own, {UNSCANNED: 1.0})
        parts = [self._names.version, self._secrets.version, sorted(lowest.items())]
        digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        return DetectorSet(frozenset(lowest), tuple(sorted(lowest.items())), digest)

    def analyze(self, units: Sequence[Unit]) -> Scan:
        """Scan the units of one request."""
        started = time.perf_counter_ns()
        planned = plan(units)
        results = [self.run(item.task) for item in planned]
        us = (time.perf_counter_ns() - started) // 1000
        return gather(planned, results, us=us, segments=sum(len(unit.segments) for unit in units), cached=0)

    def run(self, task: Task) -> Result:
        """Do one task."""
        text = assemble(
            (index, line(item.key, item.text)) for index, item in enumerate(task.texts) if item.text not in SCHEMA_WORDS
        )
        matches = self._matches(text.text) if task.kind == "unit" else iter(())
        return Result(tuple(self._hits(matches, text)), frozenset(), 0)

    def _matches(self, text: str) -> Iterator[tuple[str, Match]]:
        for name, find in [("spacy", self._names.find), ("kingfisher", self._secrets.find)]:
            for match in find(text):
                yield name, match
        for recognizer in RECOGNIZERS:
            for match in recognizer.find(text):
                yield recognizer.name, match

    def _hits(self, matches: Iterable[tuple[str, Match]], text: Assembled) -> Iterator[Hit]:
        for detector, match in matches:
            value = f"{match.entity_type}\0{match.value}".encode("utf-8", "surrogatepass")
            value_id = hashlib.blake2b(value, key=self.key, digest_size=16).digest()
            yield Hit(match.entity_type, match.score, detector, text.index_at(match.start), value_id)
