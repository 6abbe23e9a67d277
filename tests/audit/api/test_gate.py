"""The gate: two at a time, a few wait, one more is sent away, and a place that is left is free."""

import asyncio

import pytest

from audit.api.errors import ApiError
from audit.api.gate import Gate


def test_two_read_and_one_waits_and_one_more_is_told_to_come_back() -> None:
    async def run() -> list[str]:
        gate, go, seen = Gate(2, 1), asyncio.Event(), []

        async def read(name: str) -> None:
            try:
                async with gate.turn():
                    seen.append(name)
                    await go.wait()
            except ApiError as error:
                seen.append(f"{name}: {error.code}")

        tasks = [asyncio.create_task(read(name)) for name in "abcd"]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert seen == ["a", "b", "d: audit_busy"]
        go.set()
        await asyncio.gather(*tasks)
        return seen

    assert asyncio.run(run())[-1] == "c"


def test_whoever_fails_or_leaves_while_waiting_gives_the_place_back() -> None:
    async def run() -> None:
        gate = Gate(1, 1)
        for _ in range(3):
            with pytest.raises(ValueError, match="broken"):
                async with gate.turn():
                    raise ValueError("broken")
        async with gate.turn():
            for _ in range(3):
                waiting = asyncio.create_task(gate.turn().__aenter__())
                await asyncio.sleep(0)
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)
        async with gate.turn():
            pass

    asyncio.run(run())
