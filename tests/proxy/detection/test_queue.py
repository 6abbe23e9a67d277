import asyncio

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


def test_a_cancelled_taker_passes_its_turn_on() -> None:
    async def main() -> str:
        queue = FairQueue()
        first, second = (asyncio.create_task(queue.take()) for _ in range(2))
        await asyncio.sleep(0)
        queue.put(job("a"))
        first.cancel()
        return (await asyncio.wait_for(second, 1)).tenant

    assert asyncio.run(main()) == "a"
