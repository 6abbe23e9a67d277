import asyncio

import pytest

from proxy import stopping


def test_a_task_that_is_ended_so_goes_on_as_if_it_had_not_been_cancelled() -> None:
    async def work() -> str:
        with pytest.raises(asyncio.CancelledError) as cancelled:
            await asyncio.sleep(60)
        assert stopping.caught(cancelled.value)
        async with asyncio.timeout(5):
            await asyncio.sleep(0)
        return stopping.refusal().code

    async def run() -> str:
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        stopping.end([task])  # type: ignore[list-item]
        return await task

    assert asyncio.run(run()) == "server_stopping"


def test_any_other_cancellation_is_left_alone() -> None:
    async def run() -> None:
        task = asyncio.create_task(asyncio.sleep(60))
        await asyncio.sleep(0)
        task.cancel("the caller left")
        with pytest.raises(asyncio.CancelledError) as cancelled:
            await task
        assert not stopping.caught(cancelled.value)

    asyncio.run(run())
