from stdnum import iban, luhn

from proxy.detection.recognizers.samples import CARDS, IBANS, NUMBERS


def test_published_cards_and_accounts_are_right_by_their_checks() -> None:
    assert [number for number in CARDS if not luhn.is_valid(number)] == []
    assert [number for number in IBANS if not iban.is_valid(number, check_country=False)] == []


def test_what_everybody_tests_with_is_listed() -> None:
    assert {"4111111111111111", "4242424242424242", "5555555555554444", "378282246310005", "6011111111111117"} <= CARDS
    assert {"GB29NWBK60161331926819", "DE89370400440532013000"} <= IBANS
    assert {"078051120", "219099999", "123456789", "12345678Z"} <= NUMBERS


def test_samples_are_written_without_separators() -> None:
    assert all(number.isalnum() and number == number.upper() for number in CARDS | IBANS | NUMBERS)
