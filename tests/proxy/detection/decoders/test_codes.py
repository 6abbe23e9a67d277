import pytest

from proxy.detection.decoders.budget import Budget
from proxy.detection.decoders.codes import codes


@pytest.mark.parametrize(
    "written",
    [
        "[65, 100, 97, 32, 76, 111]",
        "65 100 97 32 76 111",
        "String.fromCharCode(65,100,97,32,76,111)",
        "chr(65) + chr(100) + chr(97) + chr(32) + chr(76) + chr(111)",
        "CHAR(65)||CHAR(100)||CHAR(97)||CHAR(32)||CHAR(76)||CHAR(111)",
        "01000001 01100100 01100001 00100000 01001100 01101111",
        "010000010110010001100001001000000100110001101111",
        "U+0041 U+0064 U+0061 U+0020 U+004C U+006F",
    ],
)
def test_characters_that_stand_as_numbers_are_read(written: str, budget: Budget) -> None:
    assert any("Ada Lo" in view for view in codes(written, budget))


def test_exponents_are_written_out(budget: Budget) -> None:
    assert list(codes("4.111e15", budget)) == ["4111000000000000"]


@pytest.mark.parametrize(
    "text", ["12, 13, 14, 15, 16, 17", "255, 254, 253, 252, 251, 250", "v1e5x", "1010", "chr(x) + chr(y)", "2024-01-02"]
)
def test_numbers_that_are_no_text_are_just_numbers(text: str, budget: Budget) -> None:
    assert list(codes(text, budget)) == []
