from collections.abc import Callable
from pathlib import Path

import pytest

from proxy.detection import detectors
from proxy.detection.configured.file import Configuration, read
from proxy.detection.detectors import emitted, load, thresholds
from proxy.detection.findings import UNCOVERED, UNSCANNED
from proxy.files.diagnostics import FileRefused
from proxy.files.source import load as load_yaml
from proxy.settings import ROOT

STAFF = r"patterns: [{name: staff, type: EMPLOYEE_ID, patterns: ['\bEMP-\d{6}\b']}]"
ONLY_PATTERNS = f"without: [spacy, kingfisher]\n{STAFF}\n"


@pytest.fixture
def configure(tmp_path: Path) -> Callable[[str], Configuration]:
    def write(text: str) -> Configuration:
        (tmp_path / "detectors.yaml").write_text(text, encoding="utf-8")
        return read(tmp_path / "detectors.yaml")

    return write


def test_what_a_file_adds_joins_what_is_emitted(configure: Callable[[str], Configuration]) -> None:
    added = emitted(configure(STAFF)).keys() - emitted().keys()
    assert added == {"EMPLOYEE_ID"}


def test_what_is_switched_off_is_not_emitted(configure: Callable[[str], Configuration]) -> None:
    without = emitted(configure("without: [spacy, kingfisher, cards, emails]\n"))
    gone = {"EMAIL_ADDRESS", "CREDIT_CARD", "ORGANIZATION", "PRIVATE_KEY"} - without.keys()
    assert {"EMAIL_ADDRESS", "CREDIT_CARD", "ORGANIZATION"} <= gone
    assert {UNSCANNED, UNCOVERED, "PERSON"} <= without.keys()


def test_countries_that_are_left_out_are_not_emitted(configure: Callable[[str], Configuration]) -> None:
    assert "UK_NINO" in emitted()
    assert "UK_NINO" not in emitted(configure("identifiers: {countries: [de]}\n"))


def test_the_weakest_score_of_a_type_counts_and_the_highest_cut(configure: Callable[[str], Configuration]) -> None:
    chosen = configure(
        "presidio:\n  - {name: a, class: A, types: {A: PERSON, B: SEAT}, min_score: 0.6}\n"
        "gliner:\n  - {name: b, model: m, types: {seat: SEAT}, min_score: 0.2}\n"
    )
    assert emitted(chosen)["SEAT"] == 0.2
    assert (thresholds(chosen)["SEAT"], thresholds(chosen)["PERSON"]) == (0.6, 0.6)
    assert thresholds()["PERSON"] == 0.4
    assert "SEAT" not in thresholds()


def test_no_cut_is_above_a_floor_that_is_shipped() -> None:
    top = load_yaml(ROOT / "policies" / "taxonomy.yaml")
    for _, node in top.entries["classes"][1].entries.values():
        listed = node.entries["entities"][1].members if "entities" in node.entries else ()
        floor = float(node.entries["floor"][1].raw) if "floor" in node.entries else 0.0
        for entity in listed:
            assert thresholds().get(str(entity.raw), 0.0) <= floor, entity.raw


def test_loading_needs_no_model_that_is_switched_off(configure: Callable[[str], Configuration]) -> None:
    loaded = load("no_such_model", configuration=configure(ONLY_PATTERNS))
    assert {"spacy", "kingfisher"}.isdisjoint(recognizer.name for recognizer in loaded.built_in)
    assert [recognizer.name for recognizer in loaded.configured] == ["staff"]


def test_everything_that_is_missing_is_told_at_once(configure: Callable[[str], Configuration]) -> None:
    missing = "spacy: [{name: french, model: fr_no_model}]\npresidio: [{name: a, class: Nobody, types: {A: B}}]\n"
    with pytest.raises(FileRefused) as caught:
        load("no_such_model", configuration=configure(missing))
    assert [found.code for found in caught.value.diagnostics] == ["no-model", "unknown-class"]


def digest(configuration: Configuration) -> str:
    return load("no_such_model", configuration=configuration).loaded.sha256


def test_the_digest_is_the_same_until_something_changes(
    configure: Callable[[str], Configuration], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = digest(configure(ONLY_PATTERNS))
    assert digest(configure(f"# a comment\n{ONLY_PATTERNS}")) == first
    others = {
        digest(configure(ONLY_PATTERNS.replace("{6}", "{7}"))),
        digest(configure(ONLY_PATTERNS.replace("staff", "people"))),
        digest(configure(f"{ONLY_PATTERNS}identifiers: {{countries: [de]}}\n")),
    }
    monkeypatch.setattr(detectors, "versions", lambda: {"python": "4"})
    others.add(digest(configure(ONLY_PATTERNS)))
    monkeypatch.setattr(detectors, "of_package", lambda: "other code")
    others.add(digest(configure(ONLY_PATTERNS)))
    assert len(others | {first}) == 6


def test_the_words_of_a_list_are_part_of_the_digest(configure: Callable[[str], Configuration], tmp_path: Path) -> None:
    text = "without: [spacy, kingfisher]\nlists: [{name: projects, type: PROJECT, file: words.txt}]\n"
    (tmp_path / "words.txt").write_text("Bluebird\n")
    first = digest(configure(text))
    (tmp_path / "words.txt").write_text("Bluebird\nRedwood\n")
    assert digest(configure(text)) != first
