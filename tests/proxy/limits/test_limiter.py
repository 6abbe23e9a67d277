"""What a caller gets of what it may have, and what becomes of that when the database is away."""

import asyncio
from collections.abc import Sequence

import pytest

from proxy.identity import Caller, Role
from proxy.limits.bucket import Draw, Level
from proxy.limits.counters import InMemory
from proxy.limits.limiter import UNLIMITED, Limiter
from proxy.limits.limits import NO_LIMITS, Limits
from proxy.limits.told import RateLimited
from proxy.state.database import StateUnavailable

CALLER = Caller("ak_0123456789abcdef", "app", "team", Role.APP)
COLLEAGUE = Caller("ak_fedcba9876543210", "app", "team", Role.APP)
LIMITS = Limits(key={"requests": 3, "tokens": 100}, team={"requests": 4})


class Away(InMemory):
    """A shared database that can go away."""

    away = False
    asked = 0

    async def take(self, draws: Sequence[Draw]) -> tuple[bool, list[Level]]:
        self.asked += 1
        if self.away:
            raise StateUnavailable("unreachable")
        return await super().take(draws)

    async def settle(self, draws: Sequence[Draw]) -> None:
        if self.away:
            raise StateUnavailable("unreachable")
        await super().settle(draws)


def test_who_has_no_limit_is_told_of_none_and_costs_nothing() -> None:
    shared = Away()
    assert asyncio.run(Limiter(shared).take(CALLER, NO_LIMITS, 10**6)) is UNLIMITED
    assert shared.asked == 0


def test_both_the_key_and_the_team_have_to_allow() -> None:
    async def main() -> None:
        limiter = Limiter()
        for left in ("2", "1", "0"):
            taken = await limiter.take(CALLER, LIMITS, 1)
            assert taken.headers["x-ratelimit-remaining-requests"] == left
        with pytest.raises(RateLimited, match="The 3 requests a minute of your API key"):
            await limiter.take(CALLER, LIMITS, 1)
        await limiter.take(COLLEAGUE, LIMITS, 1)
        with pytest.raises(RateLimited, match="The 4 requests a minute that the keys of your team share"):
            await limiter.take(COLLEAGUE, LIMITS, 1)

    asyncio.run(main())


def test_tokens_are_settled_by_what_was_used() -> None:
    async def main() -> None:
        limiter = Limiter()
        await limiter.settle(await limiter.take(CALLER, LIMITS, 90), 10)
        taken = await limiter.take(CALLER, LIMITS, 80)
        assert int(taken.headers["x-ratelimit-remaining-tokens"]) in range(10, 12)
        await limiter.settle(taken, 200)
        with pytest.raises(RateLimited, match="The 100 tokens a minute of your API key"):
            await limiter.take(CALLER, LIMITS, 1)

    asyncio.run(main())


def test_one_request_that_is_larger_than_the_limit_waits_for_a_full_bucket_and_not_for_ever() -> None:
    async def main() -> None:
        limiter = Limiter()
        await limiter.settle(await limiter.take(CALLER, LIMITS, 10**6), 100)
        with pytest.raises(RateLimited, match=r"try again in (1m0s|59\.\d+s)"):
            await limiter.take(CALLER, LIMITS, 10**6)

    asyncio.run(main())


def test_while_the_database_is_away_each_server_counts_alone_and_does_not_ask_it_for_each_request() -> None:
    async def main() -> None:
        shared = Away()
        limiter = Limiter(shared)
        await limiter.take(CALLER, LIMITS, 1)
        shared.away = True
        taken = await limiter.take(CALLER, LIMITS, 1)
        assert taken.headers["x-ratelimit-remaining-requests"] == "2"
        await limiter.settle(taken, 5)
        for _ in range(2):
            await limiter.take(CALLER, LIMITS, 1)
        with pytest.raises(RateLimited):
            await limiter.take(CALLER, LIMITS, 1)
        assert shared.asked == 2
        shared.away, limiter._away_until = False, 0.0
        await limiter.take(CALLER, LIMITS, 1)
        assert shared.asked == 3

    asyncio.run(main())
