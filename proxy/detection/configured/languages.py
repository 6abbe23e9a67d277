"""More spaCy models: each reads the passages of its languages, beside the model that reads them all.

Which language a line has is told by its function words; one that has none is read as the lines around it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from proxy.detection.configured.reading import Context, name
from proxy.detection.entities import LABELS, SCORE, UNUSED_PIPES, load_model
from proxy.detection.lexicon import given_names, plain, surnames
from proxy.detection.lexicon.languages import ALL_FUNCTION_WORDS, KNOWN, MIN_WORDS, of_words
from proxy.detection.lexicon.technology import brands
from proxy.detection.ner.recogniser import recogniser
from proxy.detection.passage import TOKEN, Passage, passage
from proxy.detection.persons import identifier
from proxy.detection.recognizers.base import Match, Recognizer
from proxy.errors import ConfigurationError
from proxy.files.diagnostics import Place, Problems, did_you_mean, shown
from proxy.files.node import Node

UNLISTED = 0.6
"""The score of a person whose name no list knows."""
SHARED = "tok2vec"
_MODEL = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_LINE = re.compile(r"[^\n]{1,800}")


@dataclass(frozen=True, slots=True)
class Model:
    """An installed spaCy package with an `ner` pipe, and the languages of its passages; none are all."""

    name: str
    where: Place = field(compare=False)
    package: str
    languages: frozenset[str]
    drops = False

    @property
    def emits(self) -> Mapping[str, float]:
        """What any model may find."""
        return {**dict.fromkeys(LABELS.values(), SCORE), "PERSON": UNLISTED}

    def load(self, problems: Problems) -> Recognizer | None:
        """Load it; one that is missing goes to `problems`, with the command that installs it."""
        try:
            nlp = _alone(load_model(self.package), self.package)
        except ConfigurationError as error:
            problems.error(self.where, "no-model", error.message)
            return None
        entities = recogniser(nlp)

        def find(text: str) -> Iterator[Match]:
            around = passage(text)
            spans = list(_passages(around, self.languages))
            for (start, _), found in zip(
                spans, entities.find([_readable(text[slice(*span)]) for span in spans]), strict=True
            ):
                for label, first, last in found:
                    yield from _match(around, label, start + first, start + last)

        version = f"{nlp.meta['lang']}_{nlp.meta['name']} {nlp.meta['version']}"
        return Recognizer(self.name, self.emits, find, folds=False, joins=False, version=version)


def _alone(nlp: Any, package: str) -> Any:
    """Return a pipeline with its `ner` pipe and nothing else but the `tok2vec` that it may share with other pipes.

    Such a one finds nothing without it, and with more pipes than that every text takes several times as long.
    """
    listens = nlp.config["components"]["ner"]["model"].get("tok2vec", {}).get("@architectures", "")
    if "Listener" in listens:
        import spacy  # noqa: PLC0415

        nlp = spacy.load(package, exclude=[pipe for pipe in UNUSED_PIPES if pipe != SHARED])
    for pipe in nlp.pipe_names:
        if pipe not in {"ner", SHARED}:
            nlp.remove_pipe(pipe)
    return nlp


def _passages(around: Passage, languages: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Yield runs of lines of some languages; long lines are taken in parts."""
    run: tuple[int, int] | None = None
    for line in _LINE.finditer(around.text):
        start, end = line.span()
        if languages and _language(around, start, end) not in languages:
            continue
        if run is not None and around.text[run[1] : start].strip():
            yield run
            run = None
        run = (start if run is None else run[0], end)
    if run is not None:
        yield run


def _language(around: Passage, start: int, end: int) -> str:
    """Return the language of a line; one without function words has that of the lines around it."""
    words = around.words(start, end)
    telling = sum(word in ALL_FUNCTION_WORDS for word in words) >= MIN_WORDS
    return of_words(words) if telling else around.language(start, end)


def _readable(text: str) -> str:
    """Return a text without halves of surrogate pairs, character for character."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _match(around: Passage, label: str, start: int, end: int) -> Iterator[Match]:
    name = around.text[start:end]
    entity_type = LABELS.get(label)
    if entity_type is None or identifier(name.strip()):
        return
    score = SCORE
    if entity_type == "PERSON":
        parts = [plain(part) for part in TOKEN.findall(name)]
        whole = " ".join(parts)
        if not parts or whole in brands() or around.figure(whole, start, end):
            return
        score = SCORE if any(part in given_names() or part in surnames() for part in parts) else UNLISTED
    yield Match(entity_type, start, end, score, " ".join(name.split()).casefold())


def read(node: Node, context: Context) -> Model:
    """Read one model; whether it is installed is seen when it is loaded."""
    problems = context.problems
    given = node.fields(problems, required=("name", "model"), optional=("languages",))
    languages = set()
    for item in given["languages"].items(problems, least=1):
        code = item.text(problems)
        if code and code not in KNOWN:
            problems.error(item, "unknown-language", f"{shown(code)} is not told apart here", did_you_mean(code, KNOWN))
        languages.add(code)
    package = given["model"].text(problems, _MODEL, "the name of a spaCy package")
    return Model(name(given["name"], context), given["model"].place, package, frozenset(languages))
