import ipaddress
import random
import re
from collections.abc import Callable

import pytest
from bench.detection import digits
from stdnum import bitcoin, iban, luhn


@pytest.mark.parametrize("name", digits.SCHEMES)
def test_every_number_is_valid_in_every_way_of_writing_it(name: str) -> None:
    scheme = digits.SCHEMES[name]
    for seed in range(5):
        number = scheme.draw(random.Random(seed))
        assert number.isascii()
        assert scheme.valid(number)
        for style in ("", "plain", "spaced", "dashed", "dotted"):
            shown = digits.styled(number, scheme.mask, style, plain=scheme.plain)
            assert re.sub(r"[^0-9A-Za-z]", "", shown) == re.sub(r"[^0-9A-Za-z]", "", number), style


@pytest.mark.parametrize(
    ("check", "right"),
    [
        (digits.de_rvnr, "15070649C103"),
        (digits.sg_nric, "S1234567D"),
        (digits.hk_id, "A1234563"),
        (digits.tw_id, "A123456789"),
        (digits.hu_taj, "123456788"),
        (digits.au_medicare, "2123456701"),
        (digits.us_npi, "1234567893"),
        (digits.us_dea, "AB1234563"),
    ],
)
def test_own_checks_hold_for_the_published_sample_and_for_no_neighbour(
    check: Callable[[str], bool], right: str
) -> None:
    assert check(right)
    at = next(place for place in range(3, 6) if right[place].isdigit())
    wrong = right[:at] + str((int(right[at]) + 1) % 10) + right[at + 1 :]
    assert not check(wrong)


def test_cards_have_the_length_and_the_prefix_of_their_network() -> None:
    shapes = {
        "visa": r"4\d{15}", "visa13": r"4\d{12}", "visa19": r"4\d{18}", "mastercard": r"(5[1-5]\d\d|2[2-7]\d\d)\d{12}",
        "amex": r"3[47]\d{13}", "discover": r"6(011|4[4-9]\d|5\d\d)\d{12}", "jcb": r"35(2[89]|[3-8]\d)\d{12}",
        "unionpay": r"62\d{14}", "maestro12": r"(5018|5020|6304|6759)\d{8}",
        "maestro18": r"(5018|5020|6304|6759)\d{14}",
        "diners": r"3[68]\d{12}",
    }  # fmt: skip
    for name, shape in shapes.items():
        for seed in range(8):
            number = digits.SCHEMES[name].draw(random.Random(seed))
            assert re.fullmatch(shape, number), (name, number)
            assert luhn.is_valid(number)
    amex = digits.SCHEMES["amex"]
    assert re.fullmatch(
        r"\d{4} \d{6} \d{5}", digits.styled(amex.draw(random.Random(1)), amex.mask, "spaced", plain=True)
    )


COUNTRIES = "GB DE FR ES IT NL PL BE CH SE IE AT NO FI DK LU PT RO CZ HU GR BG HR SK SI EE LT LV TR AE SA"


@pytest.mark.parametrize("country", COUNTRIES.split())
def test_accounts_are_valid(country: str) -> None:
    assert all(iban.is_valid(digits.account(country, random.Random(seed))) for seed in range(3))


def test_wallets_and_addresses_are_of_their_kind() -> None:
    for seed in range(20):
        source = random.Random(seed)
        assert bitcoin.is_valid(digits.btc(source))
        assert bitcoin.is_valid(digits.btc_bech32(source))
        assert re.fullmatch(r"0x[0-9a-f]{40}", digits.eth(source))
        assert re.fullmatch(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", digits.mac(source))
        assert ipaddress.ip_address(digits.ipv4(source)).is_global
        assert ipaddress.ip_address(digits.ipv6(source)).is_global


def test_a_form_gives_what_it_says() -> None:
    for seed in range(20):
        assert re.fullmatch(
            r"x[ab](one|two)[0-9][A-Z][B-Z]\d{6}", digits.fill("x[ab](one|two)9AC<%d%m%y>", random.Random(seed))
        )
    with pytest.raises(ValueError, match="nothing valid"):
        digits.Scheme("1", lambda _: False).draw(random.Random(1))
