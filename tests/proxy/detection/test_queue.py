import asyncio

import pytest

from proxy.detection.queue import FairQueue, Job


def job(tenant: str) -> Job:
    return Job(tenant, (), 0.0, asyncio.get_running_loop().create_future())


def test_tenants_take_turns() -> None:
    async def main() -> list[str]:
        queue = FairQueue()
        for tenant in ["a", "a", "a", "b", "c", "b"]:
            queue.put(job(tenant))
        return [(await queue.take()).tenant for _ in range(6)]

    assert asyncio.run(main()) == ["a", "b", "c", "a", "b", "a"]


def test_a_job_given_back_comes_next() -> None:
    async def main() -> bool:
        queue = FairQueue()
        first = job("a")
        queue.put(first)
        queue.put(job("b"))
        taken = await queue.take()
        queue.put(taken, first=True)
        return await queue.take() is first

    assert asyncio.run(main())


def test_a_job_that_nobody_waits_for_is_passed_over() -> None:
    async def main() -> str:
        queue = FairQueue()
        gone = job("a")
        gone.done.cancel()
        queue.put(gone)
        queue.put(job("b"))
        return (await queue.take()).tenant

    assert asyncio.run(main()) == "b"


def full(queue: FairQueue, tenants: str) -> list[Job]:
    jobs = [job(tenant) for tenant in tenants]
    for each in jobs:
        queue.put(each)
    return jobs


def test_whoever_fills_the_queue_makes_room_for_a_quieter_tenant_with_its_newest_job() -> None:
    async def main() -> None:
        queue = FairQueue()
        loud = full(queue, "aaaa")
        (quiet,) = full(queue, "b")
        assert queue.make_room("b")
        assert [each.done.done() for each in loud] == [False, False, False, True]
        assert loud[-1].done.result() is None
        assert not quiet.done.done()
        assert len(queue) == 4
        assert [await queue.take() for _ in range(4)] == [loud[0], quiet, loud[1], loud[2]]

    asyncio.run(main())


@pytest.mark.parametrize(
    ("waiting", "newcomer"), [("aaa", "a"), ("aab", "a"), ("aabb", "a"), ("aabb", "b"), ("abc", "d")]
)
def test_a_tenant_that_would_have_as_long_a_line_as_any_makes_no_room(waiting: str, newcomer: str) -> None:
    async def main() -> None:
        queue = FairQueue()
        jobs = full(queue, waiting)
        assert not queue.make_room(newcomer)
        assert not any(each.done.done() for each in jobs)
        assert len(queue) == len(waiting)

    asyncio.run(main())


def test_a_job_that_nobody_waits_for_gives_its_place_back() -> None:
    async def main() -> None:
        queue = FairQueue()
        first, second = full(queue, "ab")
        queue.discard(first)
        queue.discard(first)
        assert len(queue) == 1
        assert await queue.take() is second
        queue.discard(second)
        assert len(queue) == 0

    asyncio.run(main())


def test_a_cancelled_taker_passes_its_turn_on() -> None:
    async def main() -> str:
        queue = FairQueue()
        first, second = (asyncio.create_task(queue.take()) for _ in range(2))
        await asyncio.sleep(0)
        queue.put(job("a"))
        first.cancel()
        return (await asyncio.wait_for(second, 1)).tenant

    assert asyncio.run(main()) == "a"
