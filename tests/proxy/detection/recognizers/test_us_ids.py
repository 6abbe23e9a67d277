import pytest

from proxy.detection.recognizers.us_ids import RECOGNIZER


def found(text: str) -> set[tuple[str, str]]:
    matches = list(RECOGNIZER.find(text))
    assert all(match.score >= RECOGNIZER.emits[match.entity_type] for match in matches)
    assert all(0 <= match.start < match.end <= len(text) for match in matches)
    return {(match.entity_type, match.value) for match in matches}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("219-09-9999", "US_SSN", "219099999"),
        ("ssn: 219099999", "US_SSN", "219099999"),
        ("ssn: -219099999", "US_SSN", "219099999"),
        ('{"ssn": 219099999.0}', "US_SSN", "219099999"),
        ("912-70-1234", "US_ITIN", "912701234"),
    ],
)
def test_it_is_found_in_its_canonical_form(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "000-12-3456",
        "666-12-3456",
        "219-00-9999",
        "219-09-0000",
        "219099999",
        "ssn 219099999.5",
        "x-219-09-9999",
        "900-10-1234",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert found(text) == set()
