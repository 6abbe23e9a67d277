from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from proxy.upstreams.estate.balance import Share, after, least_busy, weighted

SHARES = st.lists(
    st.builds(Share, weight=st.integers(1, 20), load=st.integers(0, 50), free=st.booleans()), min_size=1, max_size=6
)


def turns(weights: list[int], count: int) -> list[int]:
    """Return who is taken in so many turns."""
    shares = [Share(weight) for weight in weights]
    taken = []
    for _ in range(count):
        at = weighted(shares)
        taken.append(at)
        shares = [replace(share, credit=credit) for share, credit in zip(shares, after(shares, at), strict=True)]
    return taken


def test_the_least_busy_for_its_weight_is_asked() -> None:
    assert least_busy([Share(1, load=2), Share(1, load=1), Share(1, load=3)]) == 1
    assert least_busy([Share(1, load=2), Share(4, load=4), Share(1, load=3)]) == 1


def test_what_is_equally_busy_is_asked_in_the_order_of_the_file() -> None:
    assert least_busy([Share(1), Share(9), Share(3)]) == 0
    assert least_busy([Share(1, load=1), Share(3, load=3), Share(2, load=2)]) == 0


def test_where_one_would_wait_another_is_asked_however_busy() -> None:
    assert least_busy([Share(1, load=1, free=False), Share(1, load=30)]) == 1
    assert least_busy([Share(1, load=5, free=False), Share(1, load=3, free=False)]) == 1


@given(SHARES)
def test_nobody_who_is_free_has_less_to_do_than_the_one_that_is_asked(shares: list[Share]) -> None:
    chosen = shares[least_busy(shares)]
    assert chosen.free or not any(share.free for share in shares)
    assert all(
        chosen.load * share.weight <= share.load * chosen.weight for share in shares if share.free == chosen.free
    )


def test_turns_are_as_even_as_can_be() -> None:
    assert turns([1, 1, 1], 6) == [0, 1, 2, 0, 1, 2]
    assert turns([3, 1], 8) == [0, 0, 1, 0, 0, 0, 1, 0]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(1, 3))
def test_over_a_whole_round_each_is_asked_as_often_as_its_weight(weights: list[int], rounds: int) -> None:
    taken = Counter(turns(weights, rounds * sum(weights)))
    assert taken == Counter({at: rounds * weight for at, weight in enumerate(weights)})


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(0, 60))
def test_at_no_time_has_one_had_much_more_than_its_share(weights: list[int], count: int) -> None:
    taken = Counter(turns(weights, count))
    for at, weight in enumerate(weights):
        assert abs(taken[at] - count * weight / sum(weights)) <= len(weights)
