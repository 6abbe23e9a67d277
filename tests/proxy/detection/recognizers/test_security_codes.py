import pytest

from proxy.detection.recognizers.security_codes import RECOGNIZER


def found(text: str) -> set[tuple[str, str]]:
    matches = list(RECOGNIZER.find(text))
    assert all(match.score >= RECOGNIZER.emits[match.entity_type] for match in matches)
    assert all(0 <= match.start < match.end <= len(text) for match in matches)
    return {(match.entity_type, match.value) for match in matches}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("cvv: 123", "CARD_SECURITY_CODE", "123"),
        ("security code is 4321", "CARD_SECURITY_CODE", "4321"),
        ("4111 1111 1111 1111 12/27 987", "CARD_SECURITY_CODE", "987"),
    ],
)
def test_it_is_found_in_its_canonical_form(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "code 123",
        "4111 1111 1111 1112 12/27 987",
        "cvv",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert found(text) == set()
