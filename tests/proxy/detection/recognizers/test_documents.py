import pytest

from proxy.detection.recognizers.documents import RECOGNIZER


def found(text: str) -> set[tuple[str, str]]:
    matches = list(RECOGNIZER.find(text))
    assert all(match.score >= RECOGNIZER.emits[match.entity_type] for match in matches)
    assert all(0 <= match.start < match.end <= len(text) for match in matches)
    return {(match.entity_type, match.value) for match in matches}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("passport number 483920183", "US_PASSPORT", "483920183"),
        ("passport no: X1234567 issued", "NATIONAL_ID", "X1234567"),
        ("driver's license D1234567", "US_DRIVER_LICENSE", "D1234567"),
        ("account number 12345678", "BANK_ACCOUNT", "12345678"),
        ("sort code 20-00-00", "BANK_ACCOUNT", "200000"),
    ],
)
def test_it_is_found_in_its_canonical_form(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "my passport expired in May",
        "a driver's license is needed",
        "account manager 12",
        "number 12345678",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert found(text) == set()
