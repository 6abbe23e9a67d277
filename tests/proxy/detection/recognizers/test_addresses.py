import pytest

from proxy.detection.recognizers.addresses import RECOGNIZER


def found(text: str) -> set[tuple[str, str]]:
    matches = list(RECOGNIZER.find(text))
    assert all(match.score >= RECOGNIZER.emits[match.entity_type] for match in matches)
    assert all(0 <= match.start < match.end <= len(text) for match in matches)
    return {(match.entity_type, match.value) for match in matches}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("at 742 Evergreen Terrace", "STREET_ADDRESS", "742 evergreen terrace"),
        ("Hauptstraße 12, 10115 Berlin", "STREET_ADDRESS", "hauptstrasse 12 10115 berlin"),
        ("12 rue de la Paix, 75002 Paris", "STREET_ADDRESS", "12 rue de la paix 75002 paris"),
        ("Calle de Alcalá 45", "STREET_ADDRESS", "calle de alcalá 45"),
        ("Via Roma 12", "STREET_ADDRESS", "via roma 12"),
        ("Kerkstraat 12", "STREET_ADDRESS", "kerkstraat 12"),
        ("Rua Augusta 120", "STREET_ADDRESS", "rua augusta 120"),
        ("ul. Marszałkowska 10", "STREET_ADDRESS", "ul marszałkowska 10"),
        ("SW1A 2AA", "STREET_ADDRESS", "sw1a 2aa"),
        ("P.O. Box 1234", "STREET_ADDRESS", "p o box 1234"),
        ("Flat 4, Rose Villa, MG Road, Pune 411001", "STREET_ADDRESS", "flat 4 rose villa mg road pune 411001"),
        ("81 Pagari Suite 932", "STREET_ADDRESS", "81 pagari suite 932"),
    ],
)
def test_it_is_found_in_its_canonical_form(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "a 5 minute drive away",
        "2 way street",
        "Spring 2024",
        "During 1971, the",
        "in 3 steps",
        "memory address: 0x7ffe0012 is bad",
        "Im Jahr 2024",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert found(text) == set()
