import pytest

from proxy.detection.lexicon import given_names
from proxy.detection.lexicon.homonyms import NOT_ALONE


@pytest.mark.parametrize("word", ["paris", "alexa", "esta", "virginia"])
def test_places_months_brands_and_foreign_words_are_no_names_alone(word: str) -> None:
    assert word in NOT_ALONE


@pytest.mark.parametrize("name", ["maria", "priya", "jean", "pierre", "carlos"])
def test_plain_names_are_not_listed(name: str) -> None:
    assert name not in NOT_ALONE


def test_only_given_names_need_to_be_listed() -> None:
    assert given_names() >= NOT_ALONE
