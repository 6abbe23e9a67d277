"""Ringfence's analyzer as a system to measure."""

from dataclasses import replace
from typing import Any

from bench.detection.found import Answer, Found, size, units
from bench.detection.groups import floors, group

from proxy.detection import calibration
from proxy.detection.analysis import Analyzer
from proxy.detection.findings import UNCOVERED, UNSCANNED
from proxy.detection.inspection import inspect
from proxy.settings import Settings


class Ours:
    """The analyzer that workers run, at the scores from which the shipped taxonomy's classes count."""

    name = "ringfence"

    def __init__(self, settings: Settings, *, everything: bool = False, raw: bool = False) -> None:
        """Load it; `everything` counts findings below the floors, too, `raw` takes scores as the rules give them."""
        self.analyzer = Analyzer.of(settings)
        self._floors = dict.fromkeys(floors(), 0.0) if everything else floors()
        if raw:
            loaded = self.analyzer.detectors
            rules = tuple(calibration.raw(recognizer) for recognizer in loaded.built_in)
            self.analyzer.detectors = replace(loaded, built_in=rules)

    def look(self, body: dict[str, Any]) -> Answer:
        """Inspect in this process."""
        parts = units(body)
        seen = inspect(self.analyzer, parts)
        found = [
            Found(
                kind,
                item.entity_type,
                item.score,
                item.detector,
                item.text,
                item.path if item.view != "joined" else None,
            )
            for item in seen.findings
            if (kind := group(item.entity_type)) and item.score >= self._floors.get(item.entity_type, 1.1)
        ]
        withheld = {UNSCANNED for _ in seen.failures} | {
            UNCOVERED for item in seen.findings if item.entity_type == UNCOVERED
        }
        return Answer(tuple(found), frozenset(withheld), seen.us, size(parts))
