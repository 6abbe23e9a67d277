from collections.abc import Callable

import pytest

from proxy.detection.recognizers.ids import overseas

GOOD: list[tuple[Callable[[str], bool], str]] = [
    # Examples that authorities and reference implementations publish.
    (overseas.us_npi, "1234567893"),
    (overseas.us_dea, "BB1388568"),
    (overseas.au_medicare, "2123456701"),
    (overseas.nz_nhi, "ZZZ0016"),
    (overseas.nz_nhi, "ZZZ00AX"),
    (overseas.nz_nhi, "ALU18KZ"),
    (overseas.sg_nric, "S1234567D"),
    (overseas.sg_nric, "G1612350T"),
    (overseas.tw_id, "A123456789"),
    (overseas.hk_id, "A1234563"),
    (overseas.hk_id, "AB9876543"),
    (overseas.ir_melli, "0499370899"),
    (overseas.br_pis, "12056412847"),
    (overseas.cl_rut, "123456785"),
    (overseas.uy_ci, "12345672"),
    (overseas.sv_dui, "000162975"),
    (overseas.ar_cuil, "20055361682"),
]


@pytest.mark.parametrize(("check", "number"), GOOD)
def test_a_published_example_passes_and_most_neighbours_do_not(
    stands_out: Callable[[Callable[[str], bool], str], None], check: Callable[[str], bool], number: str
) -> None:
    stands_out(check, number)


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (overseas.us_ssn, "219099998", "000129999 666129999 901129999 219009999 219090000"),
        (overseas.us_itin, "912701234", "812701234 912101234 912891234 912931234"),
        (overseas.us_mbi, "1EG4TE5MK99", "1EB4TE5MK99 0EG4TE5MK99 1EG4TE5MK9S"),
        (overseas.ca_ramq, "TREM66510108", "TREM66990108 TREM66519908"),
        (overseas.ca_ohip, "7498477442", "7498477443 0498477442"),
        (overseas.in_pan, "ABCPK1234L", "ABCCK1234L ABCPK0000L"),
        (overseas.lk_nic, "853400937V", "850000937V 854000937V 853400937K"),
        (overseas.vn_cccd, "001085012345", "097085012345 001485012345"),
        (overseas.ae_id, "784198012345678", "785198012345678 784198012345679"),
        (overseas.sa_id, "1055655854", "3055655854 1055655855"),
        (overseas.kr_rrn, "7007241483103", "7013241483103 7007249483103"),
        (overseas.eg_id, "29001011234567", "19001011234567 29013011234567 29001014034567"),
        (overseas.kw_civil, "284012101252", "484012101252 284132101252"),
        (overseas.cn_rin, "11010519491231002X", "110105194912310021 211366995903206026"),
        (overseas.ni_cedula, "0010102850007T", "0010113850007T 0013202850007T"),
        (overseas.mx_rfc, "VECJ880326XXA", "VECJ881326XXA VCCJ880326XXA VECJ880326XXB"),
        (overseas.pe_ruc, "10167241871", "20167241871 10167241872"),
        (overseas.ve_ci, "V12345678", "J12345678"),
        (overseas.gh_card, "GHA7200000003", "GHB7200000003"),
    ],
)
def test_each_rule_counts(check: Callable[[str], bool], good: str, bad: str) -> None:
    assert check(good)
    assert [number for number in bad.split() if check(number)] == []
