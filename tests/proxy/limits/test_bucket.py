"""The rule against a plain model of it: a bucket of exact fractions, filled drop by drop."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from proxy.limits.bucket import MINUTE_US, Draw, Level, settle, take

RATES = st.integers(1, 100_000)
STEPS = st.lists(st.tuples(st.integers(0, 90_000_000), st.integers(0, 200)), max_size=60)


class Plain:
    """A bucket as one would explain it."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self.holds = Fraction(per_minute)

    def pass_time(self, us: int) -> None:
        self.holds = min(Fraction(self.per_minute), self.holds + Fraction(us * self.per_minute, MINUTE_US))


@given(per_minute=RATES, steps=STEPS)
def test_nothing_is_had_that_the_plain_bucket_lacks_and_what_it_has_is_had_but_for_rounding(
    per_minute: int, steps: list[tuple[int, int]]
) -> None:
    plain, full_at, now = Plain(per_minute), 0, 0
    for drawn, (passed, amount) in enumerate(steps, start=1):
        now += passed
        plain.pass_time(passed)
        done, (full_at,) = take([Draw("a", per_minute, amount)], [full_at], now)
        if done:
            assert amount <= plain.holds
            plain.holds -= amount
        else:
            assert plain.holds < amount + Fraction(drawn * per_minute, MINUTE_US)
        left = Level(per_minute, full_at - now).left
        assert plain.holds - 1 - Fraction(drawn * per_minute, MINUTE_US) <= left <= plain.holds


@given(per_minute=RATES, amount=st.integers(1, 10**6), missing=st.integers(0, 3 * MINUTE_US))
def test_whoever_waits_as_long_as_told_is_let_in_and_not_a_moment_earlier(
    per_minute: int, amount: int, missing: int
) -> None:
    draw = Draw("a", per_minute, min(amount, per_minute))
    wait = Level(per_minute, missing).wait_us(draw)
    assert take([draw], [missing], wait)[0]
    assert wait == 0 or not take([draw], [missing], wait - 1)[0]


@given(rates=st.lists(RATES, min_size=2, max_size=4), full_at=st.lists(st.integers(0, 10**8), min_size=4, max_size=4))
def test_a_request_takes_from_all_its_buckets_or_from_none(rates: list[int], full_at: list[int]) -> None:
    draws = [Draw(str(index), rate, 1) for index, rate in enumerate(rates)]
    before, now = full_at[: len(draws)], 10**7
    each = [take([draw], [at], now) for draw, at in zip(draws, before, strict=True)]
    done, after = take(draws, before, now)
    assert done == all(one for one, _ in each)
    assert after == ([at for _, (at,) in each] if done else [max(at, now) for at in before])


@given(per_minute=RATES, amount=st.integers(0, 10**6), full_at=st.integers(0, 10**8))
def test_what_is_given_back_is_never_more_than_was_taken(per_minute: int, amount: int, full_at: int) -> None:
    taken = settle([Draw("a", per_minute, amount)], [full_at], 0)
    (back,) = settle([Draw("a", per_minute, -amount)], taken, 0)
    assert 0 <= back - full_at <= 1


def test_a_debt_is_waited_for() -> None:
    (full_at,) = settle([Draw("a", 60, 180)], [0], 0)
    assert Level(60, full_at).left == 0
    assert Level(60, full_at).wait_us(Draw("a", 60, 1)) == 2 * MINUTE_US + 1_000_000
