import pytest

from proxy.detection.lexicon.inflected import bases


@pytest.mark.parametrize(
    ("word", "language", "base"),
    [
        ("agnieszki", "pl", "agnieszka"),
        ("tomaszowi", "pl", "tomasz"),
        ("marka", "pl", "marek"),
        ("pawlem", "pl", "pawel"),
        ("petre", "cs", "petra"),
        ("radkovi", "cs", "radek"),
        ("danutes", "lt", "danute"),
        ("andrim", "lv", "andris"),
        ("minnalle", "fi", "minna"),
        ("attilanak", "hu", "attila"),
        ("orhan'a", "tr", "orhan"),
    ],
)
def test_endings_of_cases_are_undone(word: str, language: str, base: str) -> None:
    assert base in bases(word, language)


def test_a_word_comes_first_as_it_is() -> None:
    assert next(bases("anna", "pl")) == "anna"


@pytest.mark.parametrize(("word", "language"), [("annas", "de"), ("marka", "fr"), ("eva", "en")])
def test_languages_without_such_cases_are_left_alone(word: str, language: str) -> None:
    assert list(bases(word, language)) == [word]


def test_nothing_is_left_of_short_words_but_themselves() -> None:
    assert list(bases("ela", "pl")) == ["ela"]
