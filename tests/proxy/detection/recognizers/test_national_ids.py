import pytest

from proxy.detection.recognizers.national_ids import RECOGNIZER


def found(text: str) -> set[tuple[str, str]]:
    matches = list(RECOGNIZER.find(text))
    assert all(match.score >= RECOGNIZER.emits[match.entity_type] for match in matches)
    assert all(0 <= match.start < match.end <= len(text) for match in matches)
    return {(match.entity_type, match.value) for match in matches}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("NIF 12345678Z", "NATIONAL_ID", "12345678Z"),
        ("RSSMRA85T10A562S", "NATIONAL_ID", "RSSMRA85T10A562S"),
        ("PESEL 44051401359", "NATIONAL_ID", "44051401359"),
        ("811218-9876", "NATIONAL_ID", "8112189876"),
        ("131052-308T", "NATIONAL_ID", "131052308T"),
        ("529.982.247-25", "NATIONAL_ID", "52998224725"),
        ("S1234567D", "NATIONAL_ID", "S1234567D"),
        ("11010519491231002X", "NATIONAL_ID", "11010519491231002X"),
        ("756.9217.0769.85", "NATIONAL_ID", "7569217076985"),
        ("BSN 111222333", "NATIONAL_ID", "111222333"),
        ("Steuer-ID 86095742719", "NATIONAL_ID", "86095742719"),
        ("1 85 05 78 006 084 91", "NATIONAL_ID", "185057800608491"),
        ("85.07.30-033.28", "NATIONAL_ID", "85073003328"),
        ("RUT 12.345.678-5", "NATIONAL_ID", "123456785"),
        ("kimlik 10000000146", "NATIONAL_ID", "10000000146"),
        ("aadhaar 2341 2341 2346", "NATIONAL_ID", "234123412346"),
        ("A123456789 in Taiwan", "NATIONAL_ID", "A123456789"),
        ("8001015009087", "NATIONAL_ID", "8001015009087"),
        ("CNP 1800101221144", "NATIONAL_ID", "1800101221144"),
        ("OIB 94577403194", "NATIONAL_ID", "94577403194"),
        ("SIN 046 454 286", "NATIONAL_ID", "046454286"),
    ],
)
def test_it_is_found_in_its_canonical_form(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "12345678A",
        "44051401358",
        "529.982.247-26",
        "S1234567E",
        "111222333",
        "order 86095742719",
        "1234567890123",
        "2024-05-12 10:30:59",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert found(text) == set()
