import pytest

from proxy.detection.recognizers.phones.fiction import is_nobodys


@pytest.mark.parametrize(
    ("digits", "number"),
    [
        ("2125550134", "+12125550134"),
        ("02079460958", "+442079460958"),
        ("07700900123", "+447700900123"),
        ("07700900123", "+497700900123"),
        ("0491570006", "+61491570006"),
        ("0639981234", "+33639981234"),
        ("03023125123", "+493023125123"),
        ("0701740605", "+46701740605"),
        ("5551234", "5551234"),
        ("1234567890", "1234567890"),
        ("4155555555", "+14155555555"),
        ("0000000000", "0000000000"),
    ],
)
def test_numbers_of_fiction_and_fillers_are_nobodys(digits: str, number: str) -> None:
    assert is_nobodys(digits, number)


@pytest.mark.parametrize(
    ("digits", "number"),
    [
        ("2125550234", "+12125550234"),
        ("02079461958", "+442079461958"),
        ("07700901123", "+447700901123"),
        ("0612084493", "+33612084493"),
        ("4155552671", "+14155552671"),
    ],
)
def test_their_neighbours_are_somebodys(digits: str, number: str) -> None:
    assert not is_nobodys(digits, number)
