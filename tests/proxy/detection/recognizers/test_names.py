import pytest

from proxy.detection.recognizers.names import RECOGNIZER


def found(text: str) -> set[tuple[str, str]]:
    matches = list(RECOGNIZER.find(text))
    assert all(match.score >= RECOGNIZER.emits[match.entity_type] for match in matches)
    assert all(0 <= match.start < match.end <= len(text) for match in matches)
    return {(match.entity_type, match.value) for match in matches}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("my name is john smith and", "PERSON", "john smith"),
        ("Dr. Anna Weber will", "PERSON", "anna weber"),
        ("first_name: anna", "PERSON", "anna"),
        ('"patient_name": "jane doe"', "PERSON", "jane doe"),
        ("Dear Maria,", "PERSON", "maria"),
        ("Best wishes,\nTom Baker\n", "PERSON", "tom baker"),
        ("ich heiße Jürgen Klein", "PERSON", "jürgen klein"),
    ],
)
def test_it_is_found_in_its_canonical_form(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "my name is not important",
        "name: get_weather",
        "Dear Sir,",
        "Dear customer,",
        "function_name: foo",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert found(text) == set()
