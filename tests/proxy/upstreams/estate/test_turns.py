import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ticking import Ticks

from proxy.routing import Candidate, Route
from proxy.upstreams.errors import Lost, NotSent
from proxy.upstreams.estate.breaker import FAILURES
from proxy.upstreams.estate.estate import Estate
from proxy.upstreams.estate.retries import FLOOR_PER_S, WINDOW_S
from proxy.upstreams.estate.turns import Turn, Turns
from proxy.upstreams.kinds.kind import Observation
from proxy.upstreams.upstream import Upstream

BALANCES = ("least-busy", "weighted")


def upstream(name: str, **changes: Any) -> Upstream:
    return replace(Upstream(name, "openai", "onprem", f"http://{name}.internal/v1", vendor=False), **changes)


A, B, C = upstream("a"), upstream("b"), upstream("c")


def route(*upstreams: Upstream, held: bool = False) -> Route:
    return Route("onprem", tuple(Candidate(each, "m") for each in upstreams), held)


def run(test: Callable[[Estate], Awaitable[Any]], clock: Ticks | None = None) -> None:
    async def inside() -> None:
        async with asyncio.timeout(20):
            await test(Estate(clock or Ticks()))

    asyncio.run(inside())


async def taken(turns: Turns) -> Turn:
    """Return the next turn, which there is."""
    turn = await turns.next()
    assert turn is not None
    return turn


async def names(turns: Turns) -> list[str]:
    """Return whom all its turns lead to; each is given back as if nothing had been learned."""
    found = []
    while (turn := await turns.next()) is not None:
        found.append(turn.candidate.upstream.id)
        turn.left()
    return found


def fail(estate: Estate, at: Upstream) -> None:
    for _ in range(FAILURES):
        estate.standing(at).breaker.failed(object())


@pytest.mark.parametrize("balance", BALANCES)
def test_each_upstream_is_asked_once_in_the_order_of_the_file_where_all_are_equal(balance: str) -> None:
    async def test(estate: Estate) -> None:
        turns = estate.turns(route(A, B, C), again=False, balance=balance)
        assert await names(turns) == ["a", "b", "c"]
        assert (turns.why, turns.retry_after_s) == ("tried", 1)

    run(test)


@pytest.mark.parametrize("balance", BALANCES)
def test_a_default_model_stands_in_only_after_all_that_serve_the_model(balance: str) -> None:
    async def test(estate: Estate) -> None:
        stands_in = Candidate(upstream("z", weight=100), "default", tier=1)
        turns = estate.turns(Route("onprem", (stands_in, *route(A, B).candidates)), again=False, balance=balance)
        assert await names(turns) == ["a", "b", "z"]

    run(test)


def test_requests_go_where_the_fewest_are_for_the_weight() -> None:
    async def test(estate: Estate) -> None:
        wide = upstream("b", weight=3)
        went = [
            (await taken(estate.turns(route(A, wide), again=False, balance="least-busy"))).candidate.upstream.id
            for _ in range(8)
        ]
        assert sorted(went) == ["a"] * 2 + ["b"] * 6

    run(test)


def test_by_weight_each_has_its_turn_whatever_it_is_busy_with() -> None:
    async def test(estate: Estate) -> None:
        wide = upstream("b", weight=3)
        went = [
            (await taken(estate.turns(route(A, wide), again=False, balance="weighted"))).candidate.upstream.id
            for _ in range(8)
        ]
        assert went == ["b", "a", "b", "b"] * 2

    run(test)


def test_what_a_server_told_of_others_counts_as_load() -> None:
    async def test(estate: Estate) -> None:
        estate.standing(A).observed(Observation(depth=2))
        went = [
            (await taken(estate.turns(route(A, B), again=False, balance="least-busy"))).candidate.upstream.id
            for _ in range(4)
        ]
        assert went == ["b", "b", "a", "b"]

    run(test)


def test_one_that_is_drained_is_asked_for_nothing_unless_it_alone_keeps_the_state() -> None:
    async def test(estate: Estate) -> None:
        drained = upstream("a", drain=True)
        assert await names(estate.turns(route(drained, B), again=False, balance="least-busy")) == ["b"]
        nobody = estate.turns(route(drained), again=False, balance="least-busy")
        assert await nobody.next() is None
        assert (nobody.why, nobody.retry_after_s) == ("drained", 30)
        assert await names(estate.turns(route(drained, held=True), again=False, balance="least-busy")) == ["a"]

    run(test)


def test_one_whose_breaker_is_open_is_left_alone_until_its_trial() -> None:
    clock = Ticks()

    async def test(estate: Estate) -> None:
        fail(estate, A)
        assert await names(estate.turns(route(A, B), again=False, balance="least-busy")) == ["b"]
        nobody = estate.turns(route(A, held=True), again=False, balance="least-busy")
        assert await nobody.next() is None
        assert (nobody.why, nobody.retry_after_s) == ("down", 1)
        clock.now += 1
        trial = await taken(estate.turns(route(A), again=False, balance="least-busy"))
        assert await estate.turns(route(A), again=False, balance="least-busy").next() is None
        with pytest.raises(NotSent), trial:
            raise NotSent("connect")
        nobody = estate.turns(route(A), again=False, balance="least-busy")
        assert await nobody.next() is None
        assert (nobody.why, nobody.retry_after_s) == ("down", 2)

    run(test, clock)


def test_one_that_a_check_found_down_is_asked_last_of_all() -> None:
    async def test(estate: Estate) -> None:
        estate.standing(A).unobserved(NotSent("connect"))
        stands_in = Candidate(C, "default", tier=1)
        turns = estate.turns(Route("onprem", (*route(A, B).candidates, stands_in)), again=False, balance="least-busy")
        assert await names(turns) == ["b", "c", "a"]

    run(test)


def test_a_full_upstream_lets_the_next_one_have_it_and_when_all_are_full_it_says_so() -> None:
    async def test(estate: Estate) -> None:
        a, b = upstream("a", max_in_flight=1, max_queue=0), upstream("b", max_in_flight=1, max_queue=0)
        first = await taken(estate.turns(route(a, b), again=False, balance="weighted"))
        again = await taken(estate.turns(route(a, b), again=False, balance="least-busy"))
        assert [first.candidate.upstream.id, again.candidate.upstream.id] == ["a", "b"]
        turns = estate.turns(route(a, b), again=False, balance="least-busy")
        assert await turns.next() is None
        assert (turns.why, turns.retry_after_s) == ("busy", 1)
        first.left()
        assert await names(estate.turns(route(a, b), again=False, balance="least-busy")) == ["a"]

    run(test)


def test_who_waited_too_long_goes_to_the_next_one() -> None:
    async def test(estate: Estate) -> None:
        a = upstream("a", max_in_flight=1, queue_s=0)
        await taken(estate.turns(route(a), again=False, balance="least-busy"))
        assert await names(estate.turns(route(a, B), again=False, balance="weighted")) == ["b"]

    run(test)


def test_who_waited_for_one_that_began_to_fail_goes_elsewhere() -> None:
    async def test(estate: Estate) -> None:
        a = upstream("a", max_in_flight=1)
        first = await taken(estate.turns(route(a), again=False, balance="weighted"))
        waits = asyncio.create_task(estate.turns(route(a, B), again=False, balance="weighted").next())
        await asyncio.sleep(0)
        assert estate.standing(a).slots.waiting == 1
        fail(estate, a)
        first.left()
        turn = await waits
        assert turn is not None
        assert turn.candidate.upstream.id == "b"
        assert estate.standing(a).idle

    run(test)


def test_a_failed_attempt_gives_its_place_back_and_counts() -> None:
    async def test(estate: Estate) -> None:
        turn = await taken(estate.turns(route(A), again=False, balance="least-busy"))
        with pytest.raises(Lost), turn:
            raise Lost("http_503", answered=503)
        turn.ended(ok=True, ttfb_us=5)
        report = estate.standing(A).report(A)
        assert (report["in_flight"], report["requests"], report["failures"]) == (0, 1, 1)

    run(test)


@pytest.mark.parametrize(
    "error", [asyncio.CancelledError(), RuntimeError("ours")], ids=["cancelled", "a fault of ours"]
)
def test_anything_else_gives_the_place_back_without_judgement(error: BaseException) -> None:
    async def test(estate: Estate) -> None:
        for _ in range(2 * FAILURES):
            turn = await taken(estate.turns(route(A), again=False, balance="least-busy"))
            with pytest.raises(type(error)), turn:
                raise error
        report = estate.standing(A).report(A)
        assert (report["in_flight"], report["requests"], report["breaker"]) == (0, 0, "closed")

    run(test)


def test_an_answer_keeps_its_place_until_it_ended_once() -> None:
    async def test(estate: Estate) -> None:
        turn, other = [await taken(estate.turns(route(A), again=False, balance="least-busy")) for _ in range(2)]
        with turn:
            pass
        assert estate.standing(A).slots.in_flight == 2
        turn.ended(ok=True, ttfb_us=20_000)
        turn.ended(ok=False, ttfb_us=None)
        turn.left()
        with other:
            pass
        other.left()
        other.ended(ok=False, ttfb_us=None)
        report = estate.standing(A).report(A)
        assert (report["in_flight"], report["requests"], report["failures"]) == (0, 1, 0)
        assert report["ttfb_ms"] == {"median": 20.0, "p95": 20.0}

    run(test)


def test_further_attempts_end_with_the_budget_and_first_ones_do_not() -> None:
    async def test(estate: Estate) -> None:
        further = 0
        for _ in range(200):
            turns = estate.turns(route(A, B), again=False, balance="least-busy")
            further += len(await names(turns)) - 1
            assert turns.why == "tried"
        assert further == FLOOR_PER_S * WINDOW_S + 0.2 * 200
        on_another_route = estate.turns(route(C), again=True, balance="least-busy")
        assert await on_another_route.next() is None
        assert on_another_route.why == "tried"

    run(test)


def test_a_caller_that_leaves_while_it_waits_takes_nothing_with_it() -> None:
    async def test(estate: Estate) -> None:
        a = upstream("a", max_in_flight=1)
        first = await taken(estate.turns(route(a), again=False, balance="least-busy"))
        waits = asyncio.create_task(estate.turns(route(a), again=False, balance="least-busy").next())
        await asyncio.sleep(0)
        waits.cancel()
        await asyncio.gather(waits, return_exceptions=True)
        first.left()
        assert estate.standing(a).idle
        assert await names(estate.turns(route(a), again=False, balance="least-busy")) == ["a"]

    run(test)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 5), st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.integers(0, 1)),
        min_size=1,
        max_size=6,
    ),
    st.booleans(),
    st.booleans(),
    st.sampled_from(BALANCES),
)
def test_whatever_the_state_a_turn_leads_to_a_candidate_of_the_route_each_once(
    rows: list[tuple[int, bool, bool, bool, bool, int]], again: bool, held: bool, balance: str
) -> None:
    async def test(estate: Estate) -> None:
        candidates = []
        for number, (weight, drain, open_, down, full, tier) in enumerate(rows):
            at = upstream(f"u{number}", weight=weight, drain=drain, max_in_flight=1, max_queue=0)
            candidates.append(Candidate(at, "m", tier=tier))
            if open_:
                fail(estate, at)
            if down:
                estate.standing(at).unobserved(NotSent("connect"))
            if full:
                assert await estate.standing(at).slots.enter(at)
        turns = estate.turns(Route("onprem", tuple(candidates), held), again=again, balance=balance)
        got = []
        while (turn := await turns.next()) is not None:
            got.append(turn.candidate)
            turn.left()
        usable = [
            candidate
            for candidate, (_, drain, open_, _, full, _) in zip(candidates, rows, strict=True)
            if not open_ and not full and (held or not drain)
        ]
        assert sorted(got, key=candidates.index) == usable
        downs = [rows[candidates.index(candidate)][3] for candidate in got]
        assert downs == sorted(downs)
        assert (turns.why == "tried") == bool(got)
        assert turns.retry_after_s >= 1

    run(test)
