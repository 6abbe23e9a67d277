"""Results reach whoever waits, are late for whoever does not, and disturb nobody who is gone."""

import asyncio
from typing import Any

import pytest

from audit.errors import AuditUnavailable
from audit.jobs import Receipt, Waiter, settle

TAKEN = Receipt("id", 3, "ff")


def test_a_thread_gets_the_result_or_the_error() -> None:
    good, bad = Waiter(None), Waiter(None)
    settle([(good, TAKEN), (bad, AuditUnavailable("io"))])
    assert good.future.result(0) == TAKEN
    with pytest.raises(AuditUnavailable):
        bad.future.result(0)


def test_a_receipt_that_nobody_takes_any_more_is_late_and_an_error_is_not() -> None:
    async def run() -> list[Receipt]:
        late: list[Receipt] = []
        waiter, failed = (Waiter(asyncio.get_running_loop(), late.append) for _ in range(2))
        waiter.settle(AuditUnavailable("deadline"))
        failed.settle(AuditUnavailable("deadline"))
        results = [(waiter, TAKEN), (failed, AuditUnavailable("io"))]
        await asyncio.to_thread(settle, results)
        await asyncio.sleep(0)
        for each in (waiter, failed):
            assert isinstance(each.future.exception(), AuditUnavailable)
        return late

    assert asyncio.run(run()) == [TAKEN]


def test_a_receipt_that_lies_ready_when_the_caller_is_cancelled_is_late_as_well() -> None:
    async def run() -> list[Receipt]:
        late: list[Receipt] = []
        waiter = Waiter(asyncio.get_running_loop(), late.append)
        waiter.settle(TAKEN)
        assert late == []
        waiter.miss()
        return late

    assert asyncio.run(run()) == [TAKEN]


def test_a_loop_that_is_gone_disturbs_nobody(open_log: Any, decision: Any) -> None:
    log = open_log()
    loop = asyncio.new_event_loop()
    entry = log._entry("route.decision", decision(), None, loop)
    loop.close()
    log._writer.submit(entry)
    assert log.append_sync("route.decision", decision()).seq >= 2
