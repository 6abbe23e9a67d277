import pytest

from proxy.detection.recognizers.uk_ids import RECOGNIZER


def found(text: str) -> set[tuple[str, str]]:
    matches = list(RECOGNIZER.find(text))
    assert all(match.score >= RECOGNIZER.emits[match.entity_type] for match in matches)
    assert all(0 <= match.start < match.end <= len(text) for match in matches)
    return {(match.entity_type, match.value) for match in matches}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("NHS 943 476 5919", "UK_NHS", "9434765919"),
        ("nhs_number: -9434765919", "UK_NHS", "9434765919"),
        ('{"nhs_number": 9434765919.0}', "UK_NHS", "9434765919"),
        ("AB 12 34 56 C", "UK_NINO", "AB123456C"),
        ("nino ab123456c", "UK_NINO", "AB123456C"),
    ],
)
def test_it_is_found_in_its_canonical_form(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "NHS 943 476 5918",
        "nhs 9434765919.5",
        "BG 12 34 56 A",
        "9434765919",
        "ab123456c",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert found(text) == set()
