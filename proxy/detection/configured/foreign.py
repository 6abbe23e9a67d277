"""Presidio's recognizers, or anybody's of its kind: a class by name, with arguments, and our types for its own.

Presidio's engine does not run: each class reads the text itself, and its context words count as they do there. What
would send text away, download a model or leave a text uninspected in silence is refused or kept from it.
"""

import hashlib
import importlib
import importlib.util
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import regex

from proxy.detection.configured.patterns import bounded
from proxy.detection.configured.reading import DEFAULT_CUT, Context, name, plain, score, types
from proxy.detection.recognizers.base import Match, Recognizer, compact, near, words
from proxy.files.diagnostics import Place, Problems, did_you_mean, shown
from proxy.files.node import Node

PREDEFINED = "presidio_analyzer.predefined_recognizers"
BOOST, LEAST_WITH_CONTEXT = 0.35, 0.4
"""What a context word adds, and what a match has beside one at least: the defaults of Presidio's enhancer."""
_CLASS = re.compile(r"(?:[A-Za-z_][A-Za-z0-9_]*\.)*[A-Za-z_][A-Za-z0-9_]*")
_MODELS = ("ner", "nlp_engine_recognizers")
"""Folders of Presidio whose classes need its engine, or take the failure of a model for a text without findings."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """One class and how to make one object of it. `types` maps its entities to ours; others are not asked for."""

    name: str
    where: Place = field(compare=False)
    path: str
    arguments: Mapping[str, Any]
    types: Mapping[str, str]
    cut: float
    drops = True

    @property
    def emits(self) -> Mapping[str, float]:
        """Our types and the score below which they are dropped."""
        return dict.fromkeys(self.types.values(), self.cut)

    def load(self, problems: Problems) -> Recognizer | None:
        """Make the object; what keeps it from that goes to `problems`."""
        found = self._class(problems)
        if found is None:
            return None
        stay_offline()
        try:
            made = found(**self.arguments)
        except Exception as error:  # noqa: BLE001 - whatever foreign code raises
            problems.error(self.where, "not-made", f"the class refused its arguments: {type(error).__name__}")
            return None
        known = made.get_supported_entities()
        for unknown in sorted(self.types.keys() - set(known)):
            problems.error(
                self.where, "unknown-label", f"it never finds {shown(unknown)}", did_you_mean(unknown, known)
            )
        for pattern in getattr(made, "patterns", None) or ():
            flags = made.global_regex_flags
            pattern.compiled_regex = _Bounded(regex.compile(pattern.regex, flags))
            pattern.compiled_with_flags = flags
        source = inspect.getsourcefile(found)
        version = hashlib.sha256(Path(source).read_bytes()).hexdigest() if source else ""
        return Recognizer(self.name, self.emits, _Finder(made, self).find, version=version)

    def _class(self, problems: Problems) -> Any:
        """Return the class; None if there is none that may be used."""
        if importlib.util.find_spec("presidio_analyzer") is None:
            problems.error(self.where, "not-installed", "Presidio is not installed: pip install presidio-analyzer")
            return None
        base = importlib.import_module("presidio_analyzer")
        module, _, last = self.path.rpartition(".")
        try:
            found = getattr(importlib.import_module(module or PREDEFINED), last, None)
        except Exception as error:  # noqa: BLE001 - whatever foreign code raises
            problems.error(self.where, "unknown-class", f"its module cannot be imported: {type(error).__name__}")
            return None
        if not (inspect.isclass(found) and issubclass(found, base.EntityRecognizer)):
            near_by = did_you_mean(last, vars(importlib.import_module(PREDEFINED))) if not module else ""
            problems.error(self.where, "unknown-class", "no class of this name is a recognizer of Presidio", near_by)
            return None
        if issubclass(found, base.RemoteRecognizer):
            problems.error(self.where, "remote", "this class sends text to another process or machine")
            return None
        if found.__module__.removeprefix(f"{PREDEFINED}.").partition(".")[0] in _MODELS:
            hint = "name the model under 'spacy', 'transformers' or 'gliner'"
            problems.error(self.where, "needs-engine", "this class needs a model that Presidio would load", hint)
            return None
        return found


class _Bounded:
    """A compiled pattern as Presidio calls it, but one that raises when it takes too long instead of being skipped."""

    def __init__(self, pattern: regex.Pattern[str]) -> None:
        self._pattern = pattern

    def finditer(self, text: str, timeout: float | None = None) -> list[regex.Match[str]]:  # noqa: ARG002 - ours counts
        return bounded(self._pattern, text)


class _Finder:
    """One object of a foreign class, asked for what is mapped."""

    def __init__(self, made: Any, spec: Foreign) -> None:
        self._made = made
        self._spec = spec
        context = [word for word in made.context or () if word.strip()]
        self._beside = words(*map(re.escape, context)) if context else None

    def find(self, text: str) -> Iterator[Match]:
        """Yield what is found with at least the score that was asked for."""
        for found in self._made.analyze(text, list(self._spec.types), None) or ():
            its = found.score
            if self._beside is not None and its < 1 and near(text, found.start, found.end, self._beside):
                its = max(min(its + BOOST, 1.0), LEAST_WITH_CONTEXT)
            if its >= self._spec.cut and found.entity_type in self._spec.types:
                span = text[found.start : found.end]
                value = compact(span) or span.casefold()
                yield Match(self._spec.types[found.entity_type], found.start, found.end, float(its), value)


def stay_offline() -> None:
    """Keep the libraries that foreign classes use from the network: tldextract then reads the list it came with."""
    if importlib.util.find_spec("tldextract") is not None:
        used: Any = importlib.import_module("tldextract.tldextract")
        used.TLD_EXTRACTOR = used.TLDExtract(cache_dir=None, suffix_list_urls=())


def read(node: Node, context: Context) -> Foreign:
    """Read one class; whether it is there is seen when it is loaded."""
    problems = context.problems
    given = node.fields(problems, required=("name", "class", "types"), optional=("arguments", "min_score"))
    pairs = given["arguments"].pairs(problems) if given["arguments"].present else ()
    return Foreign(
        name(given["name"], context),
        given["class"].place,
        given["class"].text(problems, _CLASS, "the name of a class, with its module unless it is one of Presidio's"),
        {key.raw: plain(value) for key, value in pairs},
        types(given["types"], context),
        score(given["min_score"], context, DEFAULT_CUT),
    )
