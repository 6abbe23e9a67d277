import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from receivers import RECORD, note

from audit.errors import AuditUnavailable
from audit.log import AuditLog
from audit.records.record import new_id, validate
from proxy.notify import failures as module
from proxy.notify.failures import Failures


class Log:
    """Takes records, or fails as often as told."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.taken: dict[str, Mapping[str, Any]] = {}
        self.offered: list[str] = []

    async def append(self, kind: str, body: Mapping[str, Any], *, id: str) -> None:  # noqa: A002 - the log's own
        assert kind == "notify.failed"
        self.offered.append(id)
        if self.failures:
            self.failures -= 1
            raise AuditUnavailable("locked")
        validate(kind, body)
        self.taken[id] = body

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [{name: value for name, value in body.items() if name != "window_start"} for body in self.taken.values()]


def of(log: Log) -> Failures:
    return Failures(cast("AuditLog", log))


def test_an_outage_is_one_record_a_channel_and_window() -> None:
    log = Log()
    failures = of(log)
    for _ in range(1000):
        failures.count(note(), "refused")
    failures.count(note(record=new_id()), "timeout")
    asyncio.run(failures.flush())
    assert log.bodies == [{"channel": "oncall", "n": 1001, "first": RECORD, "why": "refused"}]


def test_a_window_in_which_everybody_was_told_writes_nothing() -> None:
    log = Log()
    failures = of(log)
    asyncio.run(failures.flush())
    failures.count(note(), "refused")
    asyncio.run(failures.flush())
    asyncio.run(failures.flush())
    assert len(log.offered) == 1


def test_what_could_not_be_written_is_offered_again_under_its_id() -> None:
    log = Log(failures=2)
    failures = of(log)
    failures.count(note(), "refused")
    asyncio.run(failures.flush())
    failures.count(note(), "timeout")
    asyncio.run(failures.flush())
    asyncio.run(failures.flush())
    assert [body["why"] for body in log.bodies] == ["refused", "timeout"]
    assert len(set(log.offered[:3])) == 1


def test_a_flush_that_is_cut_short_loses_nothing() -> None:
    class Slow(Log):
        async def append(self, kind: str, body: Mapping[str, Any], *, id: str) -> None:  # noqa: A002
            if not self.offered:
                self.offered.append(id)
                await asyncio.sleep(3600)
            await super().append(kind, body, id=id)

    async def run() -> Log:
        log = Slow()
        failures = of(log)
        failures.count(note(), "refused")
        flushing = asyncio.create_task(failures.flush())
        await asyncio.sleep(0.01)
        flushing.cancel()
        await asyncio.gather(flushing, return_exceptions=True)
        await failures.flush()
        return log

    log = asyncio.run(run())
    assert [body["n"] for body in log.bodies] == [1]
    assert len(set(log.offered)) == 1


def test_the_windows_follow_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WINDOW_S", 0.01)

    async def run() -> Log:
        log = Log()
        failures = of(log)
        failures.count(note(), "refused")
        task = asyncio.create_task(failures.run())
        async with asyncio.timeout(5):
            while not log.taken:  # noqa: ASYNC110 - the log has no event
                await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return log

    assert asyncio.run(run()).bodies[0]["n"] == 1


def test_the_servers_log_names_the_channel_and_the_kind_of_failure(caplog: pytest.LogCaptureFixture) -> None:
    failures = of(Log())
    failures.count(note("what was to be told"), "http_503")
    with caplog.at_level(logging.ERROR):
        asyncio.run(failures.flush())
    assert caplog.messages == ["channel oncall was not told of 1 decisions: http_503"]


def test_the_real_log_takes_the_record(tmp_path: Path) -> None:
    log = AuditLog.open(tmp_path / "audit.db", keys=tmp_path / "keys", origin="test/audit", deadline_s=5)
    failures = Failures(log)
    failures.count(note(), "queue_full")
    asyncio.run(failures.flush())
    log.close()

    from audit.access import Filters, Records

    page = Records(tmp_path / "audit.db").page(Filters(), after=-1, limit=10)
    (body,) = [record.body for record in page.records if record.body["kind"] == "notify.failed"]
    assert (body["channel"], body["n"], body["why"]) == ("oncall", 1, "queue_full")
