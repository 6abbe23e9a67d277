"""What the corpus of secrets promises, so that it can't regress unseen."""

import pytest
from bench.detection.secrets_corpus import Item, benign, secrets
from bench.detection.secrets_report import Finder, judge, rate, recall

from proxy.detection.recognizers import credentials
from proxy.detection.recognizers.base import Match
from proxy.detection.secrets import SecretScanner
from proxy.settings import Settings

Finders = list[Finder]


@pytest.fixture(scope="module")
def finders() -> Finders:
    return [SecretScanner(Settings().cache / "kingfisher").find, credentials.RECOGNIZER.find]


def test_the_corpus_is_wide_and_names_are_unique() -> None:
    wanted, harmless = list(secrets()), list(benign())
    assert len(wanted) >= 250
    assert len({item.kind for item in wanted}) >= 80
    assert len(harmless) >= 500
    assert all(
        secret in item.text or item.kind.isupper() or "KEY" in item.kind for item in wanted for secret in item.secrets
    )
    assert len({item.name + item.text for item in [*wanted, *harmless]}) == len(wanted) + len(harmless)


def test_an_item_is_the_same_in_every_run() -> None:
    assert list(secrets()) == list(secrets())
    assert list(benign()) == list(benign())


def test_nineteen_of_twenty_secrets_are_found(finders: Finders) -> None:
    judged = [judge(item, finders) for item in secrets()]
    assert recall(judged) >= 0.95, [(one.item.name, one.missed) for one in judged if one.missed]


def test_at_most_one_harmless_text_of_a_hundred_is_flagged(finders: Finders) -> None:
    judged = [judge(item, finders) for item in benign()]
    assert rate(judged) <= 0.01, [(one.item.name, one.found) for one in judged if one.found]


def test_a_secret_counts_as_found_where_it_stands_or_in_another_spelling() -> None:
    item = Item("x", "x", "key: abc def", ("abc def",))
    assert judge(item, [lambda _: iter([Match("PASSWORD", 5, 8, 1.0, "abc")])]).missed == ()
    assert judge(item, [lambda _: iter([Match("PASSWORD", 0, 3, 1.0, "abcdef")])]).missed == ()
    assert judge(item, [lambda _: iter([Match("PASSWORD", 0, 3, 1.0, "key")])]).missed == ("abc def",)
