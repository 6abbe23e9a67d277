"""Names that the spaCy model finds, with the labels and the one score that stock Presidio's recognizer gives them.

Neither Presidio nor, as a rule, spaCy's pipeline runs for it: the model's weights do, in `proxy.detection.ner`.
Nothing here touches the network: the model must be installed.
"""

import importlib.util
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from proxy.detection.ner.decoder import Entity
from proxy.detection.ner.recogniser import recogniser
from proxy.detection.passage import passage
from proxy.detection.persons import identifier, weigh
from proxy.detection.recognizers.base import Match
from proxy.errors import ConfigurationError

UNUSED_PIPES = ["tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer"]
WORDS = "strings"
"""A model's own table of words by their hashes, only needed to write a word out: 130 MB and half a second at start."""
LABELS = {
    "PERSON": "PERSON",
    "PER": "PERSON",
    "GPE": "LOCATION",
    "LOC": "LOCATION",
    "FAC": "LOCATION",
    "NORP": "NRP",
    "ORG": "ORGANIZATION",
}
"""Presidio's names for the model's labels; entities with other labels are not reported."""
SCORE = 0.85
"""Presidio's default for an entity of spaCy, which gives none."""
THRESHOLDS = {"PERSON": 0.4, "LOCATION": 0.4, "NRP": 0.4, "ORGANIZATION": 0.4}
_SURROGATES = re.compile("[\ud800-\udfff]")


def load_model(name: str) -> Any:
    """Load an installed spaCy package, only its `ner` pipe; raises ConfigurationError with the installing command."""
    if importlib.util.find_spec(name) is None:
        raise ConfigurationError(f"the spaCy model {name} is not installed: pip install {name.replace('_', '-')}")
    import spacy  # noqa: PLC0415

    with warnings.catch_warnings(), _no_plugins(spacy.registry._entry_point_factories):  # noqa: SLF001 - no public way
        # W095: the model names an older spaCy minor; parity on 3.8 was checked.
        warnings.filterwarnings("ignore", message=r"\[W095\]")
        nlp = spacy.load(name, exclude=[*UNUSED_PIPES, WORDS])
    if "ner" not in nlp.pipe_names:
        raise ConfigurationError(f"the spaCy model {name} has no `ner` pipe")
    return nlp


@contextmanager
def _no_plugins(factories: Any) -> Iterator[None]:
    """Have spaCy not import whatever installed package offers it pipes, as it does: all of Presidio, for one."""
    before, factories.entry_points = factories.entry_points, False
    try:
        yield
    finally:
        factories.entry_points = before


class Names:
    """The model, set up once a process."""

    def __init__(self, model: str) -> None:
        nlp = load_model(model)
        self._entities = recogniser(nlp)
        self._expected: dict[str, list[Entity]] = {}
        self.version = f"{nlp.meta['lang']}_{nlp.meta['name']} {nlp.meta['version']}"

    def expect(self, texts: Sequence[str]) -> None:
        """Read texts that `find` will be asked for: many short ones cost less together than one by one."""
        self._expected = dict(zip(texts, self._entities.find([_readable(text) for text in texts]), strict=True))

    def find(self, text: str) -> Iterator[Match]:
        """Yield the names in a text of any length."""
        expected = self._expected.pop(text, None)
        return _weighed(text, self._entities.find([_readable(text)])[0] if expected is None else expected)


def _readable(text: str) -> str:
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def _weighed(text: str, entities: Sequence[Entity]) -> Iterator[Match]:
    for label, start, end in entities:
        entity_type = LABELS.get(label)
        if entity_type is None or identifier(text[start:end].strip()):
            continue
        score = weigh(passage(text), start, end) if entity_type == "PERSON" else SCORE
        if score is not None:
            value = re.sub(r"\s+", " ", text[start:end]).strip().casefold()
            yield Match(entity_type, start, end, score, value)
