# ruff: noqa: RUF001 - look-alikes are what is tested
import pytest

from proxy.detection.scripts import uncovered


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Меня зовут Иван", "Cyrillic"),
        ("王", "Han"),
        ("김철수", "Hangul"),
        ("محمد", "Arabic"),
        ("דוד", "Hebrew"),
        ("Γιώργος", "Greek"),
        ("สมชาย", "Thai"),
        ("राम", "Devanagari"),
        ("ram ரவி", "Other"),
    ],
)
def test_a_script_without_a_measured_detector_is_named(text: str, script: str) -> None:
    assert [name for name, _ in uncovered(text)] == [script]


@pytest.mark.parametrize("text", ["José Núñez, Łódź, Straße", "the α and β of Δx in µs", "😀 → ≤ € 12", ""])
def test_latin_text_and_single_symbols_are_covered(text: str) -> None:
    assert list(uncovered(text)) == []


def test_spaced_letters_of_a_script_are_noticed() -> None:
    assert [name for name, _ in uncovered("И в а н о в")] == ["Cyrillic"]


def test_a_few_decoded_letters_are_chance() -> None:
    assert list(uncovered("абв", decoded=True)) == []
    assert [name for name, _ in uncovered("Иванов", decoded=True)] == ["Cyrillic"]


def test_a_language_that_nobody_measured_is_named_too() -> None:
    text = "Szeretném tudni, hogy miért nem küldték el a csomagot, mert már két hete várok rá."
    assert [name for name, _ in uncovered(text)] == ["hu"]
    assert [name for name, _ in uncovered(f"{text} Иванов")] == ["Cyrillic", "hu"]
