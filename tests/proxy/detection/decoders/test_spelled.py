import pytest

from proxy.detection.decoders.budget import Budget
from proxy.detection.decoders.spelled import spelled


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("four one one one double two zero", "4111220"),
        ("Four-one-one-one, two, oh", "411120"),
        ("forty-nine twenty nine seventy one eighty-two oh three sixty-four", "492971820364"),
        ("vier neun zwo neun sieben eins", "492971"),
        ("vierundvierzig null drei sechs eins fünf zwölf", "440361512"),
        ("quatre neuf deux neuf sept un", "492971"),
        ("zéro six douze trente-quatre soixante-dix-huit quatre-vingt-onze", "0612347891"),
        ("dix-sept un un un un un", "1711111"),
        ("cuatro nueve dos nueve siete uno veintidós", "49297122"),
        ("quattro nove due nove sette uno ventuno", "49297121"),
        ("vier negen twee negen zeven een eenentwintig", "49297121"),
        ("quatro nove dois nove sete um", "492971"),
        ("cztery dziewięć dwa dziewięć siedem jeden", "492971"),
        ("fyra nio två nio sju ett tjugoett", "49297121"),
    ],
)
def test_digits_are_read_in_nine_languages(written: str, read: str, budget: Budget) -> None:
    assert list(spelled(f"It is {written}.", budget)) == [f"It is {read}."]


@pytest.mark.parametrize(
    "text",
    ["one two three", "e e e e e e e", "one of two or three of four or five of six", "four score and seven years ago"],
)
def test_a_few_numbers_in_a_sentence_stay(text: str, budget: Budget) -> None:
    assert list(spelled(text, budget)) == []
