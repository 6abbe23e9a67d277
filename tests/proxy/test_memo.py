from proxy import memo
from proxy.memo import Memo


def test_what_is_known_is_not_worked_out_again() -> None:
    asked: list[int] = []
    squares = Memo[int, int](lambda at: asked.append(at) or at * at)

    assert [squares[3], squares[4], squares[3]] == [9, 16, 9]
    assert asked == [3, 4]


def test_no_more_is_kept_than_the_bound() -> None:
    same = Memo[int, int](int)
    for at in range(3 * memo.MOST + 5):
        assert same[at] == at
        assert len(same) <= memo.MOST


def test_what_there_is_nothing_to_say_of_is_not_kept() -> None:
    named = Memo[str, str | None]({"gpt-4o": "gpt-4*"}.get)

    assert (named["a caller's own words"], named["gpt-4o"]) == (None, "gpt-4*")
    assert list(named) == ["gpt-4o"]
