import pytest

from proxy.policy.keys import Keys
from proxy.policy.vocabulary import CLASS, FILES, FUTURE, RULE


@pytest.mark.parametrize("keys", [*FILES.values(), RULE, CLASS])
def test_no_key_is_one_that_is_kept_for_later(keys: Keys) -> None:
    assert not FUTURE.keys() & {*keys.required, *keys.optional}
    assert not keys.required.keys() & keys.optional.keys()


@pytest.mark.parametrize("kind", FILES)
def test_a_kind_of_file_is_told_by_a_key_that_it_needs(kind: str) -> None:
    assert [name for name, keys in FILES.items() if kind in keys.required] == [kind]


def test_scores_are_those_of_the_grid() -> None:
    scores = CLASS.optional["floor"]["enum"]
    assert (len(scores), scores[0], scores[-1]) == (20, 0.05, 1.0)
    assert scores == sorted(round(score, 2) for score in scores)
