import asyncio

import pytest

from proxy.detection.queue import LONG_SIZE, PART_SIZE, TASK_SIZE, FairQueue, Job, Part
from proxy.detection.tasks import Result, Task, Text, failed


def task(size: int = 0) -> Task:
    return Task("unit", (Text("", "", "x" * size),))


def job(tenant: str, *sizes: int) -> Job:
    return Job(tenant, {bytes([at]): task(size) for at, size in enumerate(sizes or (0,))})


def full(queue: FairQueue, tenants: str) -> list[Job]:
    jobs = [job(tenant) for tenant in tenants]
    for each in jobs:
        queue.put(each)
    return jobs


async def take(queue: FairQueue, *, long: bool = True) -> Part:
    part = await asyncio.wait_for(queue.take(long=long), 0.01)
    assert part is not None
    return part


async def taken(queue: FairQueue, *, long: bool = True) -> list[Part]:
    """Take all that can be had."""
    parts = []
    try:
        while True:
            parts.append(await take(queue, long=long))
    except TimeoutError:
        return parts


def test_tenants_take_turns() -> None:
    async def main() -> list[str]:
        queue = FairQueue()
        full(queue, "aaabcb")
        return [part.job.tenant for part in await taken(queue)]

    assert asyncio.run(main()) == ["a", "b", "c", "a", "b", "a"]


def test_a_scan_is_cut_into_turns_of_whole_tasks_in_order() -> None:
    fits = PART_SIZE - TASK_SIZE
    sizes = (fits, 1, PART_SIZE // 2, PART_SIZE, LONG_SIZE, 0)
    cut = job("a", *sizes)
    lengths = [[len(task.texts[0].text) for task in part.tasks] for part in cut.parts]
    assert lengths == [[fits], [1, PART_SIZE // 2], [PART_SIZE], [LONG_SIZE], [0]]
    assert b"".join(key for part in cut.parts for key in part.keys) == bytes(range(len(sizes)))
    assert [part.long for part in cut.parts] == [False, False, False, True, False]
    assert cut.size == sum(sizes) + len(sizes) * TASK_SIZE


def test_scans_of_one_tenant_take_turns_part_by_part() -> None:
    async def main() -> list[Job]:
        queue = FairQueue()
        for each in jobs:
            queue.put(each)
        return [part.job for part in await taken(queue)]

    turn = PART_SIZE - TASK_SIZE
    jobs = [job("a", *[turn] * 4), job("a"), job("b", turn, turn), job("a", turn)]
    first, short, other, third = jobs
    assert asyncio.run(main()) == [first, other, short, other, third, first, first, first]


def test_a_long_text_is_left_to_workers_that_take_such() -> None:
    async def main() -> None:
        queue = FairQueue()
        long, mixed, short = job("a", LONG_SIZE), job("b", LONG_SIZE, 1), job("a")
        for each in (long, mixed, short):
            queue.put(each)
        assert [part.job for part in await taken(queue, long=False)] == [short, mixed]
        waiting = asyncio.create_task(queue.take(long=False))
        assert [part.job for part in await taken(queue)] == [long, mixed]
        queue.put(short := job("a"))
        assert (await waiting).job is short

    asyncio.run(main())


def test_who_must_not_wait_any_more_takes_nothing() -> None:
    async def main() -> None:
        queue, over = FairQueue(), False
        waiting = asyncio.create_task(queue.take(until=lambda: over))
        await asyncio.sleep(0)
        over = True
        queue.put(job("a"))
        assert await waiting is None
        waiting = asyncio.create_task(queue.take(until=lambda: not over))
        assert (await waiting) is not None
        waiting = asyncio.create_task(queue.take(until=lambda: not over))
        await asyncio.sleep(0)
        over = False
        queue.wake()
        assert await waiting is None

    asyncio.run(main())


def test_a_scan_is_done_when_all_its_parts_are_answered_or_given_up() -> None:
    cut = job("a", *[PART_SIZE] * 2)
    first, second = cut.parts
    found = Result((), frozenset(), 1)
    second.finish([found])
    second.fail("worker_died")
    assert not cut.done.is_set()
    first.fail("deadline")
    assert cut.done.is_set()
    assert [part.results for part in cut.parts] == [[failed("deadline")], [found]]


def test_whoever_fills_the_queue_makes_room_for_a_quieter_tenant_with_its_newest_scan() -> None:
    async def main() -> None:
        queue = FairQueue()
        loud = full(queue, "aaaa")
        (quiet,) = full(queue, "b")
        assert queue.make_room("b")
        assert [each.dropped for each in loud] == [False, False, False, True]
        assert loud[-1].done.is_set()
        assert not loud[-1].begun
        assert not quiet.dropped
        assert len(queue) == 4
        assert [part.job for part in await taken(queue)] == [loud[0], quiet, loud[1], loud[2]]

    asyncio.run(main())


def test_a_scan_that_was_begun_is_not_dropped() -> None:
    async def main() -> None:
        queue = FairQueue()
        begun, waiting, newest = (job("a", PART_SIZE, PART_SIZE) for _ in range(3))
        for each in (begun, waiting, newest):
            queue.put(each)
        await queue.take()
        assert queue.make_room("b")
        assert newest.dropped
        assert not queue.make_room("b")
        assert not begun.dropped
        assert not waiting.dropped

    asyncio.run(main())


@pytest.mark.parametrize(
    ("waiting", "newcomer"), [("aaa", "a"), ("aab", "a"), ("aabb", "a"), ("aabb", "b"), ("abc", "d")]
)
def test_a_tenant_that_would_have_as_long_a_line_as_any_makes_no_room(waiting: str, newcomer: str) -> None:
    queue = FairQueue()
    jobs = full(queue, waiting)
    assert not queue.make_room(newcomer)
    assert not any(each.dropped for each in jobs)
    assert len(queue) == len(waiting)


def test_a_scan_that_nobody_waits_for_gives_its_place_back() -> None:
    async def main() -> None:
        queue = FairQueue()
        first, second = full(queue, "ab")
        assert queue.size() == first.size + second.size
        queue.discard(first)
        queue.discard(first)
        assert len(queue) == 1
        assert (await queue.take()).job is second
        queue.discard(second)
        assert len(queue) == 0
        assert queue.size() == 0

    asyncio.run(main())


def test_every_taker_hears_of_a_new_scan_even_when_another_is_cancelled() -> None:
    async def main() -> str:
        queue = FairQueue()
        first, second = (asyncio.create_task(queue.take()) for _ in range(2))
        await asyncio.sleep(0)
        queue.put(job("a"))
        first.cancel()
        return (await asyncio.wait_for(second, 1)).job.tenant

    assert asyncio.run(main()) == "a"


def behind(tenant: str, *sizes: int) -> Job:
    return Job(tenant, {bytes([at]): task(size) for at, size in enumerate(sizes or (0,))}, behind=True)


def test_what_nobody_waits_for_comes_after_all_else_whoever_asks_and_whenever() -> None:
    async def main() -> list[tuple[str, bool]]:
        queue = FairQueue(behind=9)
        for each in (behind("a"), job("b"), behind("b"), job("a"), job("a")):
            queue.put(each)
        return [(part.job.tenant, part.job.behind) for part in await taken(queue)]

    assert asyncio.run(main()) == [("b", False), ("a", False), ("a", False), ("a", True), ("b", True)]


def test_what_nobody_waits_for_is_never_with_more_workers_than_it_may_be() -> None:
    async def main() -> list[int]:
        queue, counts = FairQueue(behind=1), []
        queue.put(behind("a", PART_SIZE, PART_SIZE))
        queue.put(behind("b"))
        for _ in range(3):
            (part,) = await taken(queue)
            counts.append(part.size)
            queue.returned(part)
        return counts

    long = PART_SIZE + TASK_SIZE
    assert asyncio.run(main()) == [long, TASK_SIZE, long]


def test_what_nobody_waits_for_takes_no_room_and_makes_none() -> None:
    async def main() -> tuple[int, int, int, bool]:
        queue = FairQueue()
        waiting = behind("a")
        queue.put(waiting)
        seen = (len(queue), queue.size(), queue.behind, queue.make_room("b"))
        queue.discard(waiting)
        return (*seen[:2], seen[2] + queue.behind, seen[3])

    assert asyncio.run(main()) == (0, 0, 1, False)
