"""Buckets in memory: exact, whoever asks at the same time."""

import asyncio

from proxy.limits.bucket import Draw
from proxy.limits.counters import InMemory


def test_of_many_requests_at_once_as_many_are_let_in_as_there_are() -> None:
    async def main() -> int:
        counters = InMemory()
        draws = [Draw("key", 40, 1), Draw("team", 25, 1)]
        return sum([done for done, _ in await asyncio.gather(*(counters.take(draws) for _ in range(200)))])

    assert asyncio.run(main()) == 25


def test_what_one_bucket_refuses_is_taken_from_none() -> None:
    async def main() -> None:
        counters = InMemory()
        assert (await counters.take([Draw("team", 1, 1)]))[0]
        done, (key, team) = await counters.take([Draw("key", 10, 1), Draw("team", 1, 1)])
        assert (done, key.left, team.left) == (False, 10, 0)

    asyncio.run(main())


def test_what_was_not_used_can_be_had_again_and_what_was_used_beyond_cannot() -> None:
    async def main() -> None:
        counters = InMemory()
        await counters.take([Draw("key", 10, 10)])
        assert not (await counters.take([Draw("key", 10, 5)]))[0]
        await counters.settle([Draw("key", 10, -5)])
        assert (await counters.take([Draw("key", 10, 5)]))[0]
        await counters.settle([Draw("key", 10, 20)])
        _, (level,) = await counters.take([Draw("key", 10, 0)])
        assert level.left == 0
        assert level.wait_us(Draw("key", 10, 10)) > 2 * 60_000_000

    asyncio.run(main())
