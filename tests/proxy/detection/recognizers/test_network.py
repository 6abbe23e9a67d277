import pytest

from proxy.detection.recognizers.network import RECOGNIZER


def found(text: str) -> set[tuple[str, str]]:
    matches = list(RECOGNIZER.find(text))
    assert all(match.score >= RECOGNIZER.emits[match.entity_type] for match in matches)
    assert all(0 <= match.start < match.end <= len(text) for match in matches)
    return {(match.entity_type, match.value) for match in matches}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("from 8.8.4.4", "IP_ADDRESS", "8.8.4.4"),
        ("2a00:1450:4001:82a::200e", "IP_ADDRESS", "2a00:1450:4001:82a::200e"),
        ("00:1A:2B:3C:4D:5E", "MAC_ADDRESS", "001A2B3C4D5E"),
        ("001a.2b3c.4d5e", "MAC_ADDRESS", "001A2B3C4D5E"),
    ],
)
def test_it_is_found_in_its_canonical_form(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "192.168.1.1",
        "10.0.0.5",
        "203.0.113.9",
        "version 1.2.3.4",
        "v1.2.3.4",
        "::1",
        "12:30:45",
        "ff:ff:ff:ff:ff:ff",
        "300.1.1.1",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert found(text) == set()
