import re

import pytest

from proxy.detection.recognizers.addresses import places


@pytest.mark.parametrize("code", ["LS2 7EW", "SW1A 2AA", "W2 6BN", "B13 8HW", "D02 X285", "D6W", "M6H 2K4", "V8T4E1"])
def test_lettered_codes_are_read(code: str) -> None:
    assert re.fullmatch(places.LETTERED_CODE, code)


@pytest.mark.parametrize("code", ["AB 123", "X1 Y2", "A12345", "LS2 7CV"])
def test_what_no_post_office_gives_is_no_code(code: str) -> None:
    assert not re.fullmatch(places.LETTERED_CODE, code)


@pytest.mark.parametrize(
    "code", ["1017 KG", "1071BC", "61-658", "1100-053", "05435-000", "118 21", "CH-3011", "SE-852 34"]
)
def test_grouped_codes_are_read(code: str) -> None:
    assert re.fullmatch(places.GROUPED_CODE, code)


def test_a_year_is_no_code_of_four_digits() -> None:
    assert not re.fullmatch(places.FOUR_CODE, "2024")
    assert re.fullmatch(places.FOUR_CODE, "8008")


@pytest.mark.parametrize(
    "region", ["TX", "NSW", "Co. Dublin", "Dublin 8", "Karnataka", "(MI)", "CDMX", "New Hampshire"]
)
def test_regions_are_read(region: str) -> None:
    assert re.fullmatch(places.REGION, region)
