import pytest

from proxy.detection.recognizers.medicine import RECOGNIZER


def found(text: str) -> set[tuple[str, str]]:
    matches = list(RECOGNIZER.find(text))
    assert all(match.score >= RECOGNIZER.emits[match.entity_type] for match in matches)
    assert all(0 <= match.start < match.end <= len(text) for match in matches)
    return {(match.entity_type, match.value) for match in matches}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("diagnosed with type 2 diabetes", "MEDICAL_CONDITION", "type 2 diabetes"),
        ("takes Metformin daily", "MEDICATION", "metformin"),
        ("rosuvastatin 10 mg", "MEDICATION", "rosuvastatin"),
        ("ICD-10 code E11.9", "MEDICAL_CONDITION", "E11.9"),
        ("patient has AIDS", "MEDICAL_CONDITION", "aids"),
    ],
)
def test_it_is_found_in_its_canonical_form(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "it aids understanding",
        "the Great Depression of 1929",
        "room E11.9 on the left",
        "als ich kam",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert found(text) == set()
