import pytest

from proxy.detection.recognizers.health import RECOGNIZER


def found(text: str) -> set[tuple[str, str]]:
    matches = list(RECOGNIZER.find(text))
    assert all(match.score >= RECOGNIZER.emits[match.entity_type] for match in matches)
    assert all(0 <= match.start < match.end <= len(text) for match in matches)
    return {(match.entity_type, match.value) for match in matches}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("MRN 00483922", "MEDICAL_RECORD_NUMBER", "00483922"),
        ("patient id: P-48392", "MEDICAL_RECORD_NUMBER", "P48392"),
        ("member ID XYZ123456789", "HEALTH_PLAN_ID", "XYZ123456789"),
        ("1EG4-TE5-MK73", "HEALTH_PLAN_ID", "1EG4TE5MK73"),
    ],
)
def test_it_is_found_in_its_canonical_form(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "the patient is well",
        "member since 2019",
        "insurance is dear",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert found(text) == set()
