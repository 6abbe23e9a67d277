import pytest

from proxy.detection.recognizers.credentials.words import COMMON_PAIRS, STAND_INS, TECHNICAL, said


@pytest.mark.parametrize(
    "word", ["required", "incorrect", "abgelaufen", "obligatoire", "incorrecta", "onjuist", "wymagane"]
)
def test_words_about_passwords_are_known(word: str) -> None:
    assert said(word)


@pytest.mark.parametrize("word", ["sunshine", "dragon", "princess", "hunter", "spring"])
def test_words_that_are_passwords_are_not(word: str) -> None:
    assert not said(word)
    assert word not in STAND_INS


def test_a_quantity_is_technical() -> None:
    assert TECHNICAL.fullmatch("64bit")
    assert not TECHNICAL.fullmatch("hunter2")


def test_pairs_are_of_letters_that_words_have() -> None:
    assert all(len(pair) == 2 for pair in COMMON_PAIRS)
    assert {"th", "er"} <= COMMON_PAIRS
    assert not {"qx", "jv"} & COMMON_PAIRS
