"""Real workers that are killed and stopped at any moment: each scan ends in time, and says what it lost."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from fuzz.hostile import texts
from fuzz.rounds import profile, turn
from hypothesis import settings
from hypothesis import strategies as st

from proxy.detection import queue
from proxy.detection.engine import GRACE_S, Engine
from proxy.detection.findings import UNSCANNED, Scan, Segment, Unit
from proxy.detection.tasks import FAILURES, Result
from proxy.errors import Unavailable

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
CARD = "4929 7182 0364 5103"
PATIENCE_S = 3.0
"""How much later than it should a scan may end, on a machine that has other things to do."""
WORKERS = 2
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM)


@dataclass(frozen=True)
class Caller:
    """One scan to come: what it asks, after how long, and when it gives up, if it does."""

    tenant: str
    after_s: float
    said: tuple[str, ...]
    planted: bool
    leaves_s: float | None

    def units(self) -> list[Unit]:
        """Return messages, of which the last holds a card if one is planted."""
        said = [*self.said, *([f"\n\nPlease charge the card {CARD} today.\n"] if self.planted else [])]
        return [
            Unit(f"messages[{at}]", "user", (Segment(f"messages[{at}].content", "content", text),))
            for at, text in enumerate(said)
        ]


@dataclass(frozen=True)
class Storm:
    """Who calls, which worker is hit with which signal and when, and how much time and room there is."""

    callers: tuple[Caller, ...]
    blows: tuple[tuple[float, int, signal.Signals], ...]
    deadline_s: float
    per_100k_s: float
    room: int


moments = st.floats(0, 0.6)
callers = st.builds(
    Caller,
    st.sampled_from("abc"),
    moments,
    st.lists(st.one_of(texts, st.text(max_size=200)), max_size=4).map(tuple),
    st.booleans(),
    st.none() | st.none() | moments,
)
storms = st.builds(
    Storm,
    st.lists(callers, min_size=1, max_size=12).map(tuple),
    st.lists(st.tuples(moments, st.integers(0, WORKERS - 1), st.sampled_from(SIGNALS)), max_size=4).map(tuple),
    st.sampled_from([0.02, 0.3, 1.5]),
    st.sampled_from([0.0, 1.0, 10.0]),
    st.sampled_from([2, 64]),
)


class Arena:
    """One engine before real workers, in one event loop that runs as long as a storm does."""

    def __init__(self, supervised: Any, ready: Callable[..., Any]) -> None:
        self._supervised, self._ready = supervised, ready
        self._runner = asyncio.Runner()
        self._stack = contextlib.AsyncExitStack()
        self.engine: Engine = self._runner.run(self._stack.enter_async_context(supervised.engine()))

    def close(self) -> None:
        self._runner.run(self._stack.aclose())
        self._runner.close()

    def weather(self, storm: Storm) -> None:
        """Let a storm pass, check every scan, and check that all is well afterwards."""
        self._runner.run(asyncio.wait_for(self._weather(storm), 120))

    async def _weather(self, storm: Storm) -> None:
        engine, calm = self.engine, self.engine._settings
        await self._ready(engine, WORKERS, within=60.0)
        engine._cache.clear()  # what a storm before had found would need no worker
        engine._settings = calm.model_copy(
            update={
                "detect_deadline_s": storm.deadline_s,
                "detect_deadline_per_100k_s": storm.per_100k_s,
                "detect_ceiling_s": 5.0,
                "detect_queue": storm.room,
            }
        )
        try:
            async with hit(engine, storm.blows):
                await asyncio.gather(*(call(engine, caller, storm) for caller in storm.callers))
        finally:
            engine._settings = calm
        assert len(engine._queue) == 0
        assert self._supervised.process.poll() is None, "the supervisor is gone"
        await self._ready(engine, WORKERS, within=60.0)
        after = await engine.scan(
            f"after {time.monotonic_ns()}", Caller("", 0, (), planted=True, leaves_s=None).units()
        )
        assert after.complete, after.failures
        assert "CREDIT_CARD" in types(after)


@contextlib.asynccontextmanager
async def hit(engine: Engine, blows: Sequence[tuple[float, int, signal.Signals]]) -> AsyncIterator[None]:
    """Signal workers, each at its moment; those that were only stopped go on at the end."""

    async def strike(after_s: float, which: int, number: signal.Signals) -> None:
        await asyncio.sleep(after_s)
        pids = engine.worker_pids()
        if pids:
            pid = pids[which % len(pids)]
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            if number == signal.SIGSTOP:
                stopped.append(pid)

    stopped: list[int] = []
    striking = [asyncio.create_task(strike(*blow)) for blow in blows]
    try:
        yield
    finally:
        await asyncio.gather(*striking)
        for pid in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


async def call(engine: Engine, caller: Caller, storm: Storm) -> None:
    """Ask for one scan and check what comes of it."""
    await asyncio.sleep(caller.after_s)
    units = caller.units()
    size = sum(1000 + len(text.text) for unit in units for text in unit.segments)
    allowed = min(storm.deadline_s + storm.per_100k_s * 3 * size / 100_000, 5.0)
    began = time.monotonic()
    try:
        async with asyncio.timeout(caller.leaves_s):
            scan = await engine.scan(caller.tenant, units)
    except (TimeoutError, Unavailable):
        return
    finally:
        took = time.monotonic() - began
        assert took < min(2 * allowed, 5.0) + GRACE_S + PATIENCE_S, "a scan hung"
    check(scan, caller)


def check(scan: Scan, caller: Caller) -> None:
    """Check that a scan found what was planted, or says that it may not have."""
    assert scan.failures <= FAILURES
    assert scan.complete == (UNSCANNED not in types(scan))
    assert not scan.complete or not caller.planted or "CREDIT_CARD" in types(scan), "found nothing, and said nothing"


def types(scan: Scan) -> set[str]:
    return {finding.entity_type for finding in scan.findings}


@pytest.fixture(scope="module")
def arena(supervise: Callable[..., Any], ready: Callable[..., Any]) -> Iterator[Arena]:
    made = Arena(supervise(detect_workers=WORKERS - 1), ready)
    yield made
    made.close()


def test_every_scan_ends_in_time_and_none_is_lost_in_silence(arena: Arena) -> None:
    assert turn(arena.weather, storms, settings=settings(profile, max_examples=3)) > 0


STOPPED = ((0.0, 0, signal.SIGSTOP), (0.0, 1, signal.SIGSTOP))
KILLED = ((0.3, 0, signal.SIGKILL), (0.3, 1, signal.SIGKILL))
CALLERS = tuple(Caller(tenant, 0.1, (), planted=True, leaves_s=None) for tenant in "abc")
ENDANGERED = Storm(CALLERS, STOPPED + KILLED, 1.5, 10.0, 64)
"""Workers that are killed with a card in their hands."""


def test_a_storm_that_loses_scans_is_weathered(arena: Arena) -> None:
    arena.weather(ENDANGERED)


def test_scans_that_a_dead_worker_loses_in_silence_are_noticed(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: the same storm over a queue that takes no answer for nothing found."""
    monkeypatch.setattr(queue, "failed", lambda _: Result((), frozenset(), 0))
    with pytest.raises((AssertionError, ExceptionGroup), match="said nothing"):
        arena.weather(ENDANGERED)


def test_a_scan_without_a_deadline_is_noticed(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: the same over an engine that waits for a stopped worker for far longer than it should."""
    monkeypatch.setattr(Engine, "_allowed", lambda *_: 1.5)
    monkeypatch.setattr(f"{__name__}.PATIENCE_S", 0.5)
    with pytest.raises((AssertionError, ExceptionGroup), match="hung"):
        arena.weather(Storm(CALLERS, STOPPED, 0.02, 0.0, 64))
