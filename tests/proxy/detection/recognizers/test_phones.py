import pytest

from proxy.detection.recognizers.phones import RECOGNIZER


def found(text: str) -> set[tuple[str, str]]:
    matches = list(RECOGNIZER.find(text))
    assert all(match.score >= RECOGNIZER.emits[match.entity_type] for match in matches)
    assert all(0 <= match.start < match.end <= len(text) for match in matches)
    return {(match.entity_type, match.value) for match in matches}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("call +44 20 7946 0018", "PHONE_NUMBER", "+442079460018"),
        ("(415) 555-2671", "PHONE_NUMBER", "+14155552671"),
        ("415.555.2671", "PHONE_NUMBER", "+14155552671"),
        ("phone 4155552671", "PHONE_NUMBER", "+14155552671"),
        ("tel: 030 901820", "PHONE_NUMBER", "+4930901820"),
        ("Ada,+442079460958,Leeds", "PHONE_NUMBER", "+442079460958"),
        ("17,+442079460958,300", "PHONE_NUMBER", "+442079460958"),
        ("id,phone\n17,02079460958,3", "PHONE_NUMBER", "+442079460958"),
        ("my number is 415-555-2671", "PHONE_NUMBER", "+14155552671"),
    ],
)
def test_it_is_found_in_its_canonical_form(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "555-0134 and 212-555-0134",
        "on 2024-05-12 at 10:30",
        "version 3.11.4",
        "order 48392017",
        "192.168.100.200",
        "id 1700000000",
        "My order number is 5521-2231",
        "the ticket number is 48392-017",
        "phone sales of 1,234,567,890 units",
        "[0.4829384918, 1.482938491]",
        "51.507351,-0.127758",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert found(text) == set()
