"""The detectors in force: the built-in ones that are not switched off, and those of the file of detectors.

What they emit is known without loading any, so policies are checked against the same set that a server loads.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from proxy.detection.calibration import calibrated, lowest
from proxy.detection.configured.file import NER, SECRETS, Configuration
from proxy.detection.digest import of_package, versions
from proxy.detection.entities import THRESHOLDS, Names
from proxy.detection.findings import UNCOVERED, UNSCANNED, DetectorSet
from proxy.detection.recognizers import RECOGNIZERS, Recognizer, identifiers, phones
from proxy.detection.recognizers.ids.packs import PACKS
from proxy.detection.recognizers.ids.schemes import warm
from proxy.detection.secrets import EMITS, SecretScanner
from proxy.detection.tasks import lowest_scores
from proxy.files.diagnostics import Problems

DEFAULT = Configuration()


@dataclass(frozen=True, slots=True)
class Detectors:
    """What is loaded. A configured one that fails or is late costs no finding of a built-in one: these come first."""

    built_in: tuple[Recognizer, ...]
    configured: tuple[Recognizer, ...]
    loaded: DetectorSet


def emitted(configuration: Configuration = DEFAULT) -> dict[str, float]:
    """Return every type that can be found and its lowest score; known without loading a model."""
    names = {} if NER in configuration.without else lowest(NER, THRESHOLDS)
    secrets = {} if SECRETS in configuration.without else lowest(SECRETS, EMITS)
    own = [lowest(recognizer.name, recognizer.emits) for recognizer in _own(configuration)]
    added = [spec.emits for spec in configuration.specs]
    return lowest_scores(names, secrets, *own, *added, {UNSCANNED: 1.0, UNCOVERED: 1.0})


def thresholds(configuration: Configuration = DEFAULT) -> dict[str, float]:
    """Return, for each type whose detectors drop weak findings, the highest score below which one does."""
    found = {} if NER in configuration.without else lowest(NER, THRESHOLDS)
    for spec in configuration.specs:
        for entity_type, score in spec.emits.items() if spec.drops else ():
            found[entity_type] = max(score, found.get(entity_type, 0.0))
    return found


def load(model: str, *, cache_dir: Path | None = None, configuration: Configuration = DEFAULT) -> Detectors:
    """Load all of them; raises ConfigurationError, with everything that is missing of the configured ones."""
    problems = Problems()
    configured = [made for spec in configuration.specs if (made := spec.load(problems)) is not None]
    problems.check()
    built_in = _own(configuration)
    if SECRETS not in configuration.without:
        scanner = SecretScanner(cache_dir)
        built_in.insert(0, Recognizer(SECRETS, EMITS, scanner.find, version=scanner.version))
    if NER not in configuration.without:
        names = Names(model)
        built_in.append(
            Recognizer(
                NER, THRESHOLDS, names.find, folds=False, joins=False, version=names.version, expect=names.expect
            )
        )
    built_in = [calibrated(recognizer) for recognizer in built_in]
    phones.warm()
    warm(scheme for country in configuration.countries for scheme in PACKS[country])
    loaded = DetectorSet(
        frozenset(emitted(configuration)),
        tuple(sorted(thresholds(configuration).items())),
        _digest(configuration, [*built_in, *configured]),
    )
    return Detectors(tuple(built_in), tuple(configured), loaded)


def _own(configuration: Configuration) -> list[Recognizer]:
    """Return the recognizers of this package that are switched on."""
    on = [recognizer for recognizer in RECOGNIZERS if recognizer.name not in configuration.without]
    if configuration.countries == DEFAULT.countries:
        return on
    some = identifiers.recognizer(configuration.countries)
    return [some if recognizer is identifiers.RECOGNIZER else recognizer for recognizer in on]


def _digest(configuration: Configuration, recognizers: Sequence[Recognizer]) -> str:
    """Say in one word which code, lists, models, libraries and settings find what is found."""
    each = [[recognizer.name, recognizer.version, sorted(recognizer.emits.items())] for recognizer in recognizers]
    parts = [of_package(), versions(), configuration.content, each]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
