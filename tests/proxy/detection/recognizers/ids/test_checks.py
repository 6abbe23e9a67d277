from collections.abc import Callable

import pytest

from proxy.detection.recognizers.ids import checks

GOOD: list[tuple[Callable[[str], bool], str]] = [
    # Examples that authorities and reference implementations publish.
    (checks.de_kvnr, "A000500015"),
    (checks.de_rvnr, "65170839J003"),
    (checks.lu_cns, "1893120105732"),
    (checks.es_nuss, "281234567840"),
    (checks.hu_taj, "123456788"),
    (checks.pl_dowod, "ABA300000"),
    (checks.ru_snils, "11223344595"),
    (checks.by_personal, "3170381A031PB1"),
    (checks.fi_hetu, "131052308T"),
    (checks.fi_hetu, "010101A123N"),
    (checks.icao, "L898902C36"),
]


@pytest.mark.parametrize(("check", "number"), GOOD)
def test_a_published_example_passes_and_most_neighbours_do_not(
    stands_out: Callable[[Callable[[str], bool], str], None], check: Callable[[str], bool], number: str
) -> None:
    stands_out(check, number)


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (checks.uk_nino, "JC214073A", "BG214073A DC214073A JC214073E"),
        (checks.uk_licence, "MORGA753116SM9IJ", "MORGA793116SM9IJ MORGA753996SM9IJ"),
        (checks.fr_nir, "185057800608491", "585057800608491 185137800608491 185057800608492"),
        (checks.kz_iin, "881201300126", "881301300126 881201300127 881201900126"),
        (checks.mt_id, "0123456M", "0123456C"),
        (checks.se_samordning, "7010632391", "7010032391 7010632392"),
        (checks.luhn_valid, "046454286", "046454287 000000000"),
    ],
)
def test_each_rule_counts(check: Callable[[str], bool], good: str, bad: str) -> None:
    assert check(good)
    assert [number for number in bad.split() if check(number)] == []
