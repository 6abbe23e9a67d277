import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.upstreams.estate.slots import Slots
from proxy.upstreams.upstream import Upstream

AT = "http://127.0.0.1:1/v1"


def upstream(most: int = 1, queue: int = 100, seconds: int = 60) -> Upstream:
    return Upstream("u", "openai", "onprem", AT, max_in_flight=most, max_queue=queue, queue_s=seconds)


async def settle() -> None:
    """Let everybody who can go on do so."""
    for _ in range(5):
        await asyncio.sleep(0)


def run(test: Callable[[Slots], Awaitable[Any]]) -> None:
    async def inside() -> None:
        async with asyncio.timeout(20):
            await test(Slots())

    asyncio.run(inside())


def test_without_a_limit_nobody_waits() -> None:
    async def test(slots: Slots) -> None:
        assert all([await slots.enter(upstream(0)) for _ in range(1000)])
        assert (slots.in_flight, slots.waiting) == (1000, 0)

    run(test)


def test_who_finds_no_place_waits_and_the_first_that_came_goes_first() -> None:
    async def test(slots: Slots) -> None:
        order: list[int] = []

        async def one(number: int) -> None:
            assert await slots.enter(upstream(2))
            order.append(number)

        tasks = [asyncio.create_task(one(number)) for number in range(6)]
        await settle()
        assert (order, slots.in_flight, slots.waiting) == ([0, 1], 2, 4)
        for left in range(3, -1, -1):
            slots.leave()
            await settle()
            assert (slots.in_flight, slots.waiting) == (2, left)
        assert order == [0, 1, 2, 3, 4, 5]
        await asyncio.gather(*tasks)

    run(test)


def test_a_full_queue_refuses_at_once() -> None:
    async def test(slots: Slots) -> None:
        assert await slots.enter(upstream(1, queue=1))
        waits = asyncio.create_task(slots.enter(upstream(1, queue=1)))
        await settle()
        assert not await slots.enter(upstream(1, queue=1))
        slots.leave()
        assert await waits
        assert not await slots.enter(upstream(1, queue=0))

    run(test)


def test_who_waits_too_long_is_told_so_and_leaves_no_trace() -> None:
    async def test(slots: Slots) -> None:
        assert await slots.enter(upstream(1))
        assert not await slots.enter(upstream(1, seconds=0))
        assert (slots.in_flight, slots.waiting) == (1, 0)
        slots.leave()
        assert slots.in_flight == 0

    run(test)


def test_who_is_cancelled_while_waiting_takes_no_place() -> None:
    async def test(slots: Slots) -> None:
        assert await slots.enter(upstream(1))
        first, second = (asyncio.create_task(slots.enter(upstream(1))) for _ in range(2))
        await settle()
        first.cancel()
        await settle()
        assert first.cancelled()
        assert slots.waiting == 1
        slots.leave()
        assert await second

    run(test)


def test_a_place_that_is_given_to_one_who_is_just_leaving_goes_to_the_next() -> None:
    async def test(slots: Slots) -> None:
        assert await slots.enter(upstream(1))
        first, second = (asyncio.create_task(slots.enter(upstream(1))) for _ in range(2))
        await settle()
        slots.leave()  # gives it to the first
        first.cancel()  # which goes away before it could notice
        assert await second
        assert first.cancelled()
        assert slots.in_flight == 1

    run(test)


def test_one_who_left_is_passed_over_before_it_could_say_so() -> None:
    async def test(slots: Slots) -> None:
        assert await slots.enter(upstream(1))
        first, second = (asyncio.create_task(slots.enter(upstream(1))) for _ in range(2))
        await settle()
        first.cancel()
        slots.leave()  # in the same moment: its place in the queue is still there
        assert await second
        assert (slots.in_flight, slots.waiting) == (1, 0)

    run(test)


def test_a_limit_that_is_raised_lets_those_in_who_wait_and_a_lower_one_ends_nothing() -> None:
    async def test(slots: Slots) -> None:
        waiting = [asyncio.create_task(slots.enter(upstream(1))) for _ in range(4)]
        await settle()
        assert (slots.in_flight, slots.waiting) == (1, 3)
        assert await slots.enter(upstream(5))
        assert all(await asyncio.gather(*waiting))
        assert slots.in_flight == 5
        late = asyncio.create_task(slots.enter(upstream(2)))
        for _ in range(3):
            slots.leave()
            await settle()
            assert not late.done()
        slots.leave()
        assert await late

    run(test)


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 3), st.integers(0, 4), st.lists(st.integers(0, 11), max_size=60))
def test_never_more_than_allowed_nobody_lost_and_in_order(most: int, queue: int, steps: list[int]) -> None:
    """Callers come, go, and go away while waiting, in any order, with and without a moment between."""

    async def test(slots: Slots) -> None:
        at = upstream(most, queue)
        tasks: list[asyncio.Task[bool]] = []
        inside: list[int] = []
        queued: list[int] = []
        """Of those inside, who had to wait."""

        async def one(number: int) -> bool:
            waits = not slots.has_room(at)
            assert waits or not slots.waiting, "nobody goes past those who wait"
            if not await slots.enter(at):
                return False
            inside.append(number)
            queued.extend([number] * waits)
            return True

        left = 0
        for step in steps:
            if step <= 4:
                tasks.append(asyncio.create_task(one(len(tasks))))
            elif step <= 7 and len(inside) > left:
                slots.leave()
                left += 1
            elif step <= 9 and tasks:
                tasks[step * 7 % len(tasks)].cancel()
            else:
                await settle()
            assert 0 <= slots.in_flight <= most
        await settle()
        assert slots.waiting <= queue
        assert slots.waiting == sum(not task.done() for task in tasks)
        assert slots.waiting == 0 or slots.in_flight == most
        while len(inside) > left:  # all who wait get in, one after the other
            slots.leave()
            left += 1
            await settle()
        assert (slots.in_flight, slots.waiting) == (0, 0)
        assert queued == sorted(queued)
        assert sorted(inside) == [at for at, task in enumerate(tasks) if not task.cancelled() and task.result()]

    run(test)
