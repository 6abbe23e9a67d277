from collections.abc import Callable

import pytest

from proxy.detection.recognizers.ids import bank_checks

GOOD: list[tuple[Callable[[str], bool], str]] = [
    (bank_checks.fr_rib, "30006000011234567890189"),
    (bank_checks.it_bban, "X0542811101000000123456"),
    (bank_checks.mx_clabe, "032180000118359719"),
    (bank_checks.hu_giro, "117730161111101800000000"),
    (bank_checks.pl_nrb, "61109010140000071219812874"),
]


@pytest.mark.parametrize(("check", "number"), GOOD)
def test_a_published_example_passes_and_its_neighbours_do_not(check: Callable[[str], bool], number: str) -> None:
    assert check(number)
    place = len(number) - 1
    if number.endswith("0000"):
        place = 7
    others = [number[:place] + digit + number[place + 1 :] for digit in "0123456789" if digit != number[place]]
    assert not any(map(check, others))


def test_repeated_digits_are_no_british_account() -> None:
    assert bank_checks.uk_account("20457743219876")
    assert not bank_checks.uk_account("11111111111111")
    assert not bank_checks.uk_account("12345612345678")
