"""A log is verified in memory that does not grow with it, and with as much work for its last records as for its first.

RINGFENCE_TEST_EXAMPLES makes it 500,000 records, in less than a minute of one core.
"""

import asyncio
import itertools
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from attacks.fortress import ROUNDS

from audit.log import AuditLog
from audit.verification import verifier
from audit.verification.checks import CHECKS, Check
from audit.verification.state import Row, State
from audit.verification.verifier import ALL, Steps, verify

RECORDS, PAGE = (500_000, 10_000) if ROUNDS > 10 else (6_000, 500)
LANES = 256
SLACK = 64 * 1024


@pytest.fixture(scope="module")
def long_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("long")
    log = AuditLog.open(home / "audit.db", keys=home / "keys", origin="log.example/long", deadline_s=60.0)

    async def lane(count: int) -> None:
        for _ in range(count):
            await log.append("control.tested", {"control": "c", "passed": True})

    async def write() -> None:
        await asyncio.gather(*(lane(len(range(one, RECORDS, LANES))) for one in range(LANES)))

    asyncio.run(write())
    log.close()
    return home / "audit.db"


def at_each_page(path: Path, gauge: Callable[[], int], steps: Steps = ALL) -> list[int]:
    """Verify, and read a gauge after each page but the first and the last."""
    read: list[int] = []
    report = verify(path, progress=lambda _, __: read.append(gauge()), steps=steps)
    assert (report.ok, report.checked) == (True, RECORDS + 3)
    return read[1:-1]


def memory_at_each_page(path: Path, steps: Steps = ALL) -> list[int]:
    tracemalloc.start()
    try:
        return at_each_page(path, lambda: tracemalloc.get_traced_memory()[0], steps)
    finally:
        tracemalloc.stop()


def test_t46_memory_stays_flat_and_every_page_costs_the_same(long_log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier, "PAGE", PAGE)
    memory = memory_at_each_page(long_log)
    assert max(memory) < min(memory) + SLACK

    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        after = at_each_page(long_log, lambda: calls)
    finally:
        sys.setprofile(None)
    pages = [later - earlier for earlier, later in itertools.pairwise(after)]
    assert max(pages) < 1.05 * min(pages)
    if RECORDS == 500_000:
        began = time.process_time()
        assert verify(long_log).ok
        assert time.process_time() - began < 60


def test_t46_control_a_step_that_remembers_each_record_is_noticed(
    long_log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifier, "PAGE", PAGE)
    seen: list[bytes] = []

    def remember(row: Row, _: State) -> str | None:
        seen.append(row.link)
        return None

    memory = memory_at_each_page(long_log, Steps(records=[*CHECKS, Check("remember", "NONE", remember)]))
    assert max(memory) > min(memory) + SLACK
