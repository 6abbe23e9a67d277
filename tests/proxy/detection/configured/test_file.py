import re
from collections.abc import Callable
from pathlib import Path

import pytest

from proxy.detection.configured.file import BUILT_IN, RESERVED, Configuration, read
from proxy.files.diagnostics import FileRefused, Problems

ALL = r"""
identifiers: {countries: [de, fr]}
without: [known_names]
patterns:
  - {name: staff, type: EMPLOYEE_ID, patterns: ['\bEMP-\d{6}\b']}
lists:
  - {name: projects, type: PROJECT, words: [Bluebird]}
presidio:
  - {name: tax, class: DeTaxIdRecognizer, types: {DE_TAX_ID: NATIONAL_ID}}
spacy:
  - {name: french, model: fr_core_news_sm, languages: [fr]}
transformers:
  - {name: clinical, model: models/deid, types: {PATIENT: PERSON}, min_score: 0.4}
gliner:
  - {name: conditions, model: models/gliner, types: {medical condition: MEDICAL_CONDITION}}
"""


MISTAKES = """\
ringfence: detectors.yaml:1:11: error[unknown-detector] 'known_name' is no detector that is built in; did you mean \
'known_names'?
ringfence: detectors.yaml:1:23: error[unknown-detector] 'scripts' is no detector that is built in
ringfence: detectors.yaml:2:27: error[unknown-country] 'germany' is no country that is built in
ringfence: detectors.yaml:2:37: error[unknown-key] 'with' is not a key here; did you mean 'without'?
ringfence: detectors.yaml:3:11: error[wrong-type] expected a list, found a mapping; begin each member with '- '
ringfence: detectors.yaml:4:1: error[unknown-key] 'spacey' is not a key here; did you mean 'spacy'?
"""


def test_without_a_file_the_built_in_detectors_are_all() -> None:
    chosen = read(None)
    assert (chosen.without, chosen.specs) == (frozenset(), ())
    assert {"de", "us", "uk"} <= set(chosen.countries)


def test_a_file_is_read_without_looking_for_models_or_classes(configure: Callable[[str], Configuration]) -> None:
    chosen = configure(ALL)
    assert chosen.countries == ("de", "fr")
    assert chosen.without == {"known_names"}
    assert {spec.name: dict(spec.emits) for spec in chosen.specs} == {
        "staff": {"EMPLOYEE_ID": 0.85},
        "projects": {"PROJECT": 0.85},
        "tax": {"NATIONAL_ID": 0.3},
        "french": {"PERSON": 0.6, "LOCATION": 0.85, "NRP": 0.85, "ORGANIZATION": 0.85},
        "clinical": {"PERSON": 0.4},
        "conditions": {"MEDICAL_CONDITION": 0.3},
    }
    assert {spec.name for spec in chosen.specs if spec.drops} == {"tax", "clinical", "conditions"}


def test_countries_can_be_left_out_instead(configure: Callable[[str], Configuration]) -> None:
    chosen = configure("identifiers: {without: [in, gb]}\n")
    assert set(read(None).countries) - set(chosen.countries) == {"in", "uk"}
    assert configure("identifiers: {countries: [gb]}\n").countries == ("uk",)


def test_layout_and_comments_do_not_matter_and_values_do(configure: Callable[[str], Configuration]) -> None:
    content = configure(ALL).content
    other = "# ours" + ALL.replace("{countries: [de, fr]}", "\n  countries:\n    - de\n    - 'fr'  # for now")
    assert configure(other).content == content
    assert configure(ALL.replace("0.4", "0.45")).content != content


def test_every_mistake_is_told_with_its_place(configure: Callable[[str], Configuration]) -> None:
    with pytest.raises(FileRefused) as caught:
        configure(
            "without: [known_name, scripts]\nidentifiers: {countries: [germany], with: [x]}\npatterns: {}\nspacey: []\n"
        )
    assert caught.value.said() == MISTAKES


def test_two_detectors_have_two_names(faults: Callable[[str], list[str]]) -> None:
    one = "  - {name: projects, type: PROJECT, words: [a]}\n"
    assert faults(f"lists:\n{one}{one}") == ["3:12 duplicate-name"]


def test_countries_are_chosen_in_one_way(faults: Callable[[str], list[str]]) -> None:
    assert faults("identifiers: {countries: [de], without: [fr]}\n") == ["1:14 contradiction"]


def test_what_says_that_nothing_was_inspected_cannot_be_switched_off() -> None:
    assert not BUILT_IN & RESERVED


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="cannot be read"):
        read(tmp_path / "none.yaml")


EXAMPLE = Path(__file__).resolve().parents[4] / "deploy" / "detectors.example.yaml"


def test_the_example_is_a_file_of_detectors() -> None:
    assert {spec.name for spec in read(EXAMPLE).specs} == {"employee_number", "case_file", "code_names"}


def test_what_is_commented_out_in_the_example_can_be_used(configure: Callable[[str], Configuration]) -> None:
    offered = re.sub(r"^# (?=\w+:|  - )", "", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    chosen = configure(offered)
    assert {"de_vat", "desks", "french", "clinical", "conditions"} <= {spec.name for spec in chosen.specs}
    assert chosen.without == {"known_names"}
    problems = Problems()
    assert [spec.load(problems) for spec in chosen.specs if spec.name == "de_vat"] != [None]
    assert problems.found == ()
