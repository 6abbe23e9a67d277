"""Presidio over spaCy's named entities, with recognizers chosen one by one and scores that mean something.

Nothing here touches the network: the model must be installed (Presidio would download it), tldextract is never called.
"""

import importlib.util
import re
import warnings
from collections.abc import Iterator
from typing import Any

from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NerModelConfiguration, NlpArtifacts, SpacyNlpEngine
from presidio_analyzer.predefined_recognizers import SpacyRecognizer

from proxy.detection.persons import fences, identifier, weigh
from proxy.detection.recognizers.base import Match
from proxy.errors import ConfigurationError

UNUSED_PIPES = ["tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer"]
LABELS = {
    "PERSON": "PERSON",
    "PER": "PERSON",
    "GPE": "LOCATION",
    "LOC": "LOCATION",
    "FAC": "LOCATION",
    "NORP": "NRP",
    "ORG": "ORGANIZATION",
}
IGNORED = [
    "CARDINAL",
    "DATE",
    "EVENT",
    "LANGUAGE",
    "LAW",
    "MONEY",
    "ORDINAL",
    "PERCENT",
    "PRODUCT",
    "QUANTITY",
    "TIME",
    "WORK_OF_ART",
    "MISC",
]
CHUNK, OVERLAP = 4000, 120
THRESHOLDS = {"PERSON": 0.4, "LOCATION": 0.4, "NRP": 0.4, "ORGANIZATION": 0.4}


def load_model(name: str) -> Any:
    """Load an installed spaCy package, only its `ner` pipe; raises ConfigurationError with the installing command."""
    if importlib.util.find_spec(name) is None:
        raise ConfigurationError(f"the spaCy model {name} is not installed: pip install {name.replace('_', '-')}")
    import spacy  # noqa: PLC0415

    with warnings.catch_warnings():
        # W095: the model names an older spaCy minor; parity on 3.8 was checked.
        warnings.filterwarnings("ignore", message=r"\[W095\]")
        nlp = spacy.load(name, exclude=UNUSED_PIPES)
    if "ner" not in nlp.pipe_names:
        raise ConfigurationError(f"the spaCy model {name} has no `ner` pipe")
    return nlp


class LocalEngine(SpacyNlpEngine):  # type: ignore[misc]
    """A spaCy engine for Presidio that loads one installed model and has no lemmatizer."""

    def __init__(self, model: str) -> None:
        configuration = NerModelConfiguration(
            model_to_presidio_entity_mapping=LABELS, labels_to_ignore=IGNORED, default_score=0.85
        )
        super().__init__([{"lang_code": "en", "model_name": model}], configuration)
        self.nlp = {"en": load_model(model)}

    def _doc_to_nlp_artifact(self, doc: Any, language: str) -> NlpArtifacts:
        entities, scores = self._get_updated_entities(self._get_entities(doc), self._get_scores_for_entities(doc))
        return NlpArtifacts(
            entities=entities,
            tokens=doc,
            tokens_indices=[token.idx for token in doc],
            lemmas=[token.lower_ for token in doc],
            nlp_engine=self,
            language=language,
            scores=scores,
        )


class Names:
    """Presidio's analyzer, set up once a process."""

    def __init__(self, model: str) -> None:
        engine = LocalEngine(model)
        recognizers = [SpacyRecognizer(supported_entities=sorted(set(LABELS.values())), supported_language="en")]
        registry = RecognizerRegistry(recognizers=recognizers, supported_languages=["en"])
        self._analyzer = AnalyzerEngine(
            registry=registry, nlp_engine=engine, supported_languages=["en"], default_score_threshold=0.35
        )
        meta = engine.nlp["en"].meta
        self.version = f"{meta['lang']}_{meta['name']} {meta['version']}"

    def find(self, text: str) -> Iterator[Match]:
        """Yield the entities of a text of any length, chunk by chunk: Presidio's cost is not linear."""
        fenced = fences(text)
        for offset, chunk in chunks(text):
            for result in self._analyzer.analyze(chunk, "en"):
                start, end = offset + result.start, offset + result.end
                person = result.entity_type == "PERSON"
                if identifier(text[start:end].strip()):
                    continue
                score = weigh(text, start, end, fenced) if person else result.score
                if score is not None:
                    value = re.sub(r"\s+", " ", text[start:end]).strip().casefold()
                    yield Match(result.entity_type, start, end, score, value)


def chunks(text: str) -> Iterator[tuple[int, str]]:
    """Cut at line ends, else at spaces, else anywhere, with an overlap longer than any name."""
    start = 0
    while len(text) - start > CHUNK + OVERLAP:
        cut = text.rfind("\n", start + CHUNK // 2, start + CHUNK)
        if cut < 0:
            cut = text.rfind(" ", start + CHUNK // 2, start + CHUNK)
        cut = cut if cut > 0 else start + CHUNK
        yield start, text[start : cut + OVERLAP]
        start = cut
    yield start, text[start:]
