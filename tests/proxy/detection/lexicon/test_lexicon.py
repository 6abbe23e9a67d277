from collections.abc import Callable

import pytest

from proxy.detection.lexicon import given_names, plain, surnames, words


@pytest.mark.parametrize(
    ("written", "read"), [("MARÍA", "maria"), ("Wójcik", "wojcik"), ("Łukasz", "lukasz"), ("O\u2019Brien's", "o'brien")]
)
def test_words_are_compared_without_case_accents_and_possessives(written: str, read: str) -> None:
    assert plain(written) == read


@pytest.mark.parametrize("name", ["priya", "wei", "siobhan", "chukwuemeka", "katarzyna", "ingeborg", "yusuf", "thuy"])
def test_given_names_of_many_cultures_are_known(name: str) -> None:
    assert name in given_names()


@pytest.mark.parametrize("name", ["nguyen", "okonkwo", "kowalczyk", "raghunathan", "ferreira", "dimitriou", "o'brien"])
def test_surnames_of_many_cultures_are_known(name: str) -> None:
    assert name in surnames()


@pytest.mark.parametrize("word", ["will", "stone", "config", "async"])
def test_words_that_people_write_are_known(word: str) -> None:
    assert word in words()


@pytest.mark.parametrize("word", ["the", "und", "del", "server", "max", "null"])
def test_words_of_every_text_are_no_names(word: str) -> None:
    assert word not in given_names() | surnames()


@pytest.mark.parametrize("names", [given_names, surnames, words])
def test_lists_are_spelled_as_they_are_compared(names: Callable[[], frozenset[str]]) -> None:
    assert all(plain(name) == name for name in names())
