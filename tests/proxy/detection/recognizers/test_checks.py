from collections.abc import Callable

import pytest

from proxy.detection.recognizers import checks

GOOD: list[tuple[Callable[[str], bool], str]] = [
    (checks.de_tax, "86095742719"),
    (checks.fr_nir, "185057800608491"),
    (checks.es_dni, "12345678Z"),
    (checks.es_dni, "X1234567L"),
    (checks.nl_bsn, "111222333"),
    (checks.be_nn, "85073003328"),
    (checks.pl_pesel, "44051401359"),
    (checks.se_pnr, "8112189876"),
    (checks.no_fnr, "15108695088"),
    (checks.pt_nif, "501964843"),
    (checks.ie_pps, "6433435F"),
    (checks.at_svnr, "1237010180"),
    (checks.ean13, "7569217076985"),
    (checks.cz_rc, "7103192745"),
    (checks.ro_cnp, "1800101221144"),
    (checks.bg_egn, "7523169263"),
    (checks.baltic, "37605030299"),
    (checks.gr_amka, "01013099997"),
    (checks.tr_tckn, "10000000146"),
    (checks.za_id, "8001015009087"),
    (checks.verhoeff, "234123412346"),
    (checks.br_cpf, "52998224725"),
    (checks.au_tfn, "123456782"),
    (checks.au_medicare, "2123456701"),
    (checks.sg_nric, "S1234567D"),
    (checks.cn_rin, "11010519491231002X"),
    (checks.cl_rut, "123456785"),
    (checks.th_id, "1101700230708"),
    (checks.tw_id, "A123456789"),
    (checks.hk_id, "A1234563"),
    (checks.jp_mynumber, "123456789018"),
    (checks.mod11_10, "94577403194"),
]


@pytest.mark.parametrize(("check", "number"), GOOD)
def test_a_number_known_to_be_right_passes(check: Callable[[str], bool], number: str) -> None:
    assert check(number)


@pytest.mark.parametrize(("check", "number"), GOOD)
def test_most_other_numbers_of_its_form_do_not(check: Callable[[str], bool], number: str) -> None:
    place = next(at for at in range(len(number) - 2, -1, -1) if number[at].isdigit())
    others = [number[:place] + digit + number[place + 1 :] for digit in "0123456789" if digit != number[place]]
    assert sum(map(check, others)) <= 2


def test_counting_is_no_number() -> None:
    assert not checks.not_a_run("123456789")
    assert not checks.not_a_run("1111")
    assert checks.not_a_run("1212")
