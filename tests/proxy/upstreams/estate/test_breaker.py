import pytest
from hypothesis import given
from hypothesis import strategies as st
from ticking import Ticks

from proxy.upstreams.estate.breaker import FAILURES, FIRST_PAUSE_S, LONGEST_PAUSE_S, Breaker


def opened(clock: Ticks, times: int = 1) -> Breaker:
    """Return a breaker that opened so many times in a row."""
    made = Breaker(clock)
    for _ in range(FAILURES):
        made.failed("early")
    for number in range(1, times):
        clock.now += made.wait_s
        assert made.enter(number)
        made.failed(number)
    return made


def test_it_opens_after_five_failures_in_a_row_and_not_before() -> None:
    breaker = Breaker(Ticks())
    for number in range(FAILURES):
        assert breaker.enter(number)
        breaker.failed(number)
    assert (breaker.state, breaker.wait_s) == ("open", FIRST_PAUSE_S)
    assert not breaker.enter("another")


def test_a_success_between_failures_begins_the_count_anew() -> None:
    breaker = Breaker(Ticks())
    for number in range(10 * FAILURES):
        assert breaker.enter(number)
        (breaker.succeeded if number % FAILURES == FAILURES - 1 else breaker.failed)(number)
    assert breaker.state == "closed"


def test_what_says_nothing_of_the_server_is_no_success() -> None:
    breaker = Breaker(Ticks())
    for number in range(2 * FAILURES - 1):
        assert breaker.enter(number)
        (breaker.failed if number % 2 == 0 else breaker.left)(number)
    assert breaker.state == "open"


def test_after_the_pause_one_request_at_a_time_tries() -> None:
    clock = Ticks()
    breaker = opened(clock)
    clock.now += FIRST_PAUSE_S - 0.1
    assert breaker.wait_s == pytest.approx(0.1)
    assert not breaker.enter("early bird")
    clock.now += 0.2
    assert breaker.enter("trial")
    assert breaker.state == "trial"
    assert not breaker.enter("beside it")
    breaker.left("trial")
    assert breaker.enter("next trial")


def test_a_trial_that_succeeds_closes_it() -> None:
    clock = Ticks()
    breaker = opened(clock, times=3)
    clock.now += breaker.wait_s
    assert breaker.enter("trial")
    breaker.succeeded("trial")
    assert (breaker.state, breaker.wait_s) == ("closed", 0)
    assert opened(clock).wait_s == FIRST_PAUSE_S


def test_pauses_double_up_to_a_minute() -> None:
    clock = Ticks()
    assert [opened(clock, times).wait_s for times in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, LONGEST_PAUSE_S]


def test_a_trial_whose_answer_has_begun_lets_others_go_but_not_fail() -> None:
    clock = Ticks()
    breaker = opened(clock, times=2)
    clock.now += breaker.wait_s
    assert breaker.enter("trial")
    breaker.answered("trial")
    assert breaker.enter("other")
    breaker.failed("trial")
    assert (breaker.state, breaker.wait_s) == ("open", 4)


def test_what_began_before_it_opened_neither_closes_it_nor_ends_the_trial() -> None:
    clock = Ticks()
    breaker = opened(clock)
    breaker.succeeded("early")
    breaker.failed("early")
    assert (breaker.state, breaker.wait_s) == ("open", FIRST_PAUSE_S)
    clock.now += FIRST_PAUSE_S
    assert breaker.enter("trial")
    for hear in (breaker.succeeded, breaker.failed, breaker.left, breaker.answered):
        hear("early")
    assert breaker.state == "trial"


@given(st.lists(st.sampled_from(["enter", "succeeded", "failed", "left", "answered", "second"]), max_size=60))
def test_there_is_never_more_than_one_trial_and_an_open_one_always_comes_to_one(does: list[str]) -> None:
    clock = Ticks()
    breaker = Breaker(clock)
    under_way: list[int] = []
    trials: set[int] = set()
    for number, what in enumerate(does):
        if what == "second":
            clock.now += 1
        elif what == "enter":
            was_open = breaker.state != "closed"
            if breaker.enter(number):
                under_way.append(number)
                assert not (was_open and breaker.state != "trial")
                trials = {number} if was_open else trials
        elif under_way:
            who = under_way[0] if what == "answered" else under_way.pop(0)
            getattr(breaker, what)(who)
        assert breaker.state != "trial" or trials & set(under_way)
    for who in under_way:
        breaker.left(who)
    clock.now += LONGEST_PAUSE_S
    assert breaker.enter("at last")
