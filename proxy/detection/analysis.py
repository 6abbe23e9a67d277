"""The whole analysis of a request's text, in one process: what a worker runs, and what the command line calls.

Never raises for a text: what cannot be inspected is named in the failures of the Scan.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from proxy.detection.assembly import Assembled, assemble, entries
from proxy.detection.findings import UNSCANNED, DetectorSet, Finding, Scan, Unit
from proxy.detection.presidio import THRESHOLDS, Names
from proxy.detection.recognizers import RECOGNIZERS, Match
from proxy.detection.secrets import EMITS, SecretScanner


class Analyzer:
    """Detectors, loaded once. `key` is the secret under which equal values get equal ids."""

    def __init__(self, model: str, *, cache_dir: Path | None = None, key: bytes | None = None) -> None:
        self._names = Names(model)
        self._secrets = SecretScanner(cache_dir)
        self._key = key or secrets.token_bytes(32)
        self.loaded = self._describe()

    def _describe(self) -> DetectorSet:
        lowest = {**THRESHOLDS, **EMITS}
        for recognizer in RECOGNIZERS:
            for name, score in recognizer.emits.items():
                lowest[name] = min(score, lowest.get(name, 1.0))
        lowest[UNSCANNED] = 1.0
        parts = [self._names.version, self._secrets.version, sorted(lowest.items())]
        digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        return DetectorSet(frozenset(lowest), tuple(sorted(lowest.items())), digest)

    def analyze(self, units: Sequence[Unit]) -> Scan:
        """Scan the units of one request."""
        started = time.perf_counter_ns()
        found: dict[tuple[str, bytes, str], Finding] = {}
        for unit in units:
            text = assemble(entries(unit.segments))
            for finding in self._locate(self._matches(text.text), text):
                slot = (finding.entity_type, finding.value_id, finding.path)
                if slot not in found or found[slot].score < finding.score:
                    found[slot] = finding
        us = (time.perf_counter_ns() - started) // 1000
        return Scan(tuple(found.values()), frozenset(), us, sum(len(unit.segments) for unit in units), 0, 0)

    def _matches(self, text: str) -> Iterator[tuple[str, Match]]:
        for name, find in [("spacy", self._names.find), ("kingfisher", self._secrets.find)]:
            for match in find(text):
                yield name, match
        for recognizer in RECOGNIZERS:
            for match in recognizer.find(text):
                yield recognizer.name, match

    def _locate(self, matches: Iterable[tuple[str, Match]], text: Assembled) -> Iterator[Finding]:
        for detector, match in matches:
            value = f"{match.entity_type}\0{match.value}".encode("utf-8", "surrogatepass")
            value_id = hashlib.blake2b(value, key=self._key, digest_size=16).digest()
            yield Finding(match.entity_type, match.score, detector, text.path_at(match.start), value_id)
