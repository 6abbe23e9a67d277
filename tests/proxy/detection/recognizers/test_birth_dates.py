import pytest

from proxy.detection.recognizers.birth_dates import RECOGNIZER


def found(text: str) -> set[tuple[str, str]]:
    matches = list(RECOGNIZER.find(text))
    assert all(match.score >= RECOGNIZER.emits[match.entity_type] for match in matches)
    assert all(0 <= match.start < match.end <= len(text) for match in matches)
    return {(match.entity_type, match.value) for match in matches}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("DOB: 12/03/1984", "DATE_OF_BIRTH", "12-03-1984"),
        ("born on March 3rd, 1984", "DATE_OF_BIRTH", "march-3rd-1984"),
        ("date_of_birth: 1984-03-12", "DATE_OF_BIRTH", "1984-03-12"),
        ("geboren am 12.03.1984", "DATE_OF_BIRTH", "12-03-1984"),
    ],
)
def test_it_is_found_in_its_canonical_form(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "on 12/03/1984",
        "released 2024-01-01",
        "born in a barn",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert found(text) == set()
