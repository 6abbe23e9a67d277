import asyncio
import logging
from collections.abc import Mapping
from typing import Any, cast

import pytest

from audit.errors import AuditUnavailable, RecordRefused
from audit.log import AuditLog
from audit.records.record import new_id, validate
from proxy import outcomes
from proxy.metrics.metrics import Metrics
from proxy.outcomes import Outcomes

BODY = {"dec": new_id(), "attempt": 1, "status": "ok", "bytes_sent": 3, "bytes_recv": 4}


class Log:
    """A log whose answers a test writes down beforehand; it checks records as the real one does."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.taken: list[Mapping[str, Any]] = []
        self.offered = 0
        self.ids: list[str] = []
        self.quiet = True

    async def append_or_spool(self, kind: str, body: Mapping[str, Any], *, id: str, first: bool) -> None:  # noqa: A002 - the log's own
        assert first == (id not in self.ids)
        self.offered += 1
        self.ids.append(id)
        if self.failures:
            raise self.failures.pop(0)
        validate(kind, body)
        self.taken.append(body)

    def progress(self) -> tuple[int, float]:
        return int(not self.quiet), 0.0


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(outcomes, "LONGEST_WAIT_S", 0.004)


def of(log: Log) -> Outcomes:
    return Outcomes(cast("AuditLog", log), Metrics())


def test_an_outcome_is_written_behind_the_answer() -> None:
    async def run() -> None:
        log = Log()
        behind = of(log)
        behind.write(BODY)
        assert log.taken == []
        await behind.drain(5)
        assert log.taken == [BODY]

    asyncio.run(run())


def test_an_outcome_is_offered_again_until_the_log_takes_it() -> None:
    async def run() -> None:
        log = Log(*(AuditUnavailable("locked") for _ in range(6)))
        behind = of(log)
        behind.write(BODY)
        await behind.drain(5)
        assert log.taken == [BODY]
        assert log.offered == 7
        assert len(set(log.ids)) == 1  # so that one which was taken late after all is not written twice

    asyncio.run(run())


def test_draining_hears_first_what_the_log_has_told_the_loop() -> None:
    async def run() -> None:
        log = Log()
        behind = of(log)
        asyncio.get_running_loop().call_soon(behind.write, BODY)
        await behind.drain(5)
        assert log.taken == [BODY]

    asyncio.run(run())


def test_draining_waits_for_an_append_that_may_still_need_an_outcome() -> None:
    async def run() -> None:
        log = Log()
        log.quiet = False
        behind = of(log)
        draining = asyncio.create_task(behind.drain(5))
        await asyncio.sleep(0.02)
        assert not draining.done()
        behind.write(BODY)
        log.quiet = True
        await draining
        assert log.taken == [BODY]

    asyncio.run(run())


def test_draining_does_not_wait_for_ever() -> None:
    async def run() -> None:
        log = Log(*(AuditUnavailable("full") for _ in range(100_000)))
        behind = of(log)
        behind.write(BODY)
        await asyncio.wait_for(behind.drain(0.05), 5)
        assert log.taken == []

    asyncio.run(run())


def test_an_outcome_outside_its_schema_is_cut_down_to_what_closes_the_decision(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def run() -> None:
        log = Log()
        behind = of(log)
        with caplog.at_level(logging.ERROR):
            behind.write({**BODY, "finish": "what the upstream said"})
            await behind.drain(5)
        assert log.taken == [{name: BODY[name] for name in ("dec", "attempt", "status")}]

    asyncio.run(run())
    assert "schema" in caplog.text
    assert "what the upstream said" not in caplog.text


def test_an_outcome_that_cannot_be_recorded_at_all_does_not_stop_the_server() -> None:
    async def run() -> None:
        log = Log(*(RecordRefused("route.outcome", ".dec", "not in the pattern") for _ in range(1000)))
        behind = of(log)
        behind.write(BODY)
        async with asyncio.timeout(5):
            await behind.drain(1)
            await asyncio.sleep(0)
        assert log.offered == 2

    asyncio.run(run())


def test_what_was_in_the_answer_is_waited_for_and_written_with_the_outcome() -> None:
    found = {"complete": True, "us": 3, "types": []}

    async def run() -> None:
        log, scanned = Log(), asyncio.Event()

        async def answer() -> dict[str, Any]:
            await scanned.wait()
            return found

        behind = of(log)
        behind.write(BODY, answer)
        await behind.drain(0.01)
        assert log.taken == []
        scanned.set()
        await behind.drain(5)
        assert log.taken == [{**BODY, "answer": found}]

    asyncio.run(run())


def test_an_outcome_is_written_although_nobody_knows_what_was_in_the_answer(caplog: pytest.LogCaptureFixture) -> None:
    async def failing() -> dict[str, Any]:
        raise ValueError("zebra" + " quartz")

    async def none() -> None:
        return None

    async def run() -> None:
        log = Log()
        behind = of(log)
        behind.write(BODY, failing)
        behind.write(BODY, none)
        await behind.drain(5)
        assert BODY in log.taken
        assert {**BODY, "answer": outcomes.UNKNOWN} in log.taken

    with caplog.at_level(logging.ERROR):
        asyncio.run(run())
    assert "ValueError" in caplog.text
    assert "zebra" not in caplog.text
