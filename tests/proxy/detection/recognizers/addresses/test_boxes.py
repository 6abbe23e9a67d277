import pytest

from proxy.detection.recognizers.addresses import RECOGNIZER


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("mail to P.O. Box 1234 please", "p o box 1234"),
        ("po box 88", "po box 88"),
        ("Postfach 11 04 17", "postfach 11 04 17"),
        ("Postbus 9044", "postbus 9044"),
        ("Apartado de Correos 1120", "apartado de correos 1120"),
        ("Locked Bag 12", "locked bag 12"),
        ("RR 2, 97201 Portland", "rr 2 97201 portland"),
    ],
)
def test_a_box_is_an_address(text: str, box: str) -> None:
    assert [match.value for match in RECOGNIZER.find(text)] == [box]


@pytest.mark.parametrize("text", ["BP 120/80", "bp 0x7ffd1c0e", "Box 5 of 12", "CP 3", "checkbox 4", "PO Box numbers"])
def test_boxes_and_letters_of_other_meanings_are_not(text: str) -> None:
    assert list(RECOGNIZER.find(text)) == []
