"""What somebody, or bad luck, does to a spool: no grant outlives its time, and nothing acknowledged is lost unseen."""

import asyncio
import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from harness import StandIn, chat_body, eventually
from inside import inside

from audit.access import Filters, Records
from audit.clock import Clock, boot_ns, boot_s
from audit.errors import AuditMismatch, AuditUnavailable
from audit.log import AuditLog
from audit.records.draft import draft
from audit.records.record import new_id
from audit.spool.file import DamagedSpoolError, SpoolFile, spool_key
from audit.spool.spool import AGAIN_S, MAX_BYTES, Spool, SpoolPlan

Make = Callable[..., Spool]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Open spools of one folder; all are closed at the end."""
    made: list[Spool] = []

    def open_spool(*, always: bool = True, max_bytes: int = MAX_BYTES) -> Spool:
        spool = Spool(SpoolPlan(tmp_path / "spool", always, max_bytes), spool_key(b"m" * 32), b"l" * 16)
        made.append(spool)
        return spool

    yield open_spool
    for spool in made:
        spool.close()


def outcome() -> dict[str, Any]:
    return draft("route.outcome", {"dec": new_id(), "attempt": 1, "status": "ok"}, None, Clock())


def test_a_grant_runs_on_while_the_machine_sleeps(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    spool, awake = make(always=False), time.monotonic()
    spool.grant(outcome(), 60.0, "io")
    slept = boot_ns() + 61 * 10**9
    monkeypatch.setattr("audit.clock.boot_ns", lambda: slept)
    assert time.monotonic() < awake + 60
    assert not spool.is_open()


def test_a_grant_is_over_when_the_log_was_back_before_it_began(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its record is imported, with its end, as soon as it is synced."""
    spool, sync = make(always=False), SpoolFile.sync

    def sync_and_import(file: SpoolFile, end: int) -> None:
        sync(file, end)
        if not file.empty and spool.grows(file):
            spool.seal(file)

    monkeypatch.setattr(SpoolFile, "sync", sync_and_import)
    with pytest.raises(AuditUnavailable, match="closed"):
        spool.grant(outcome(), 60.0, "io")
    assert not spool.is_open()


@pytest.mark.parametrize("how", ["removed", "moved", "replaced"])
def test_nothing_is_acknowledged_into_a_file_that_no_start_would_find(make: Make, how: str) -> None:
    spool = make()
    first = outcome()
    spool.add(first, "io")
    (part,) = spool.parts()
    assert isinstance(part, SpoolFile)
    if how == "removed":
        part.path.unlink()
    else:
        part.path.rename(part.path.with_name("elsewhere"))
        if how == "replaced":
            part.path.write_bytes(part.path.with_name("elsewhere").read_bytes())
    with pytest.raises(AuditUnavailable, match="io; its spool: io"):
        spool.add(outcome(), "io")
    assert spool.find(first["id"]) == first
    assert [len(list(spool.texts(one))) for one in spool.parts()] == [2]
    spool.add(outcome(), "io")
    assert [one.name for one in (part.path.parent).glob("spool-*") if one != part.path] == ["spool-000002"]


def test_an_end_that_was_cut_off_a_file_of_this_process_is_damage(make: Make) -> None:
    spool = make()
    for _ in range(2):
        spool.add(outcome(), "io")
    (part,) = spool.parts()
    assert isinstance(part, SpoolFile)
    lines = part.path.read_bytes().splitlines(keepends=True)
    os.truncate(part.path, part.synced - len(lines[-1]))
    found = spool.texts(part)
    assert len([next(found), next(found)]) == 2
    with pytest.raises(DamagedSpoolError):
        next(found)


@pytest.mark.parametrize("fault", ["limit", "io"])
def test_a_server_whose_spool_takes_nothing_is_not_ready_until_it_may_take_something_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    own = StandIn("own")

    def refuse(_: object) -> None:
        raise AuditUnavailable("read_only")

    def fail(_: object) -> None:
        raise OSError(errno.EIO, "no")

    async def run() -> None:
        settings: dict[str, Any] = {"audit_on_unavailable": "spool_local", "audit_deadline_s": 0.5}
        async with inside(tmp_path, None, own, **settings) as ring:
            app, audit = ring.key(), ring.runtime.audit

            async def served() -> bool:
                answer = await ring.client.post(
                    "/v1/chat/completions", json=chat_body(model="local-model"), headers=app
                )
                ready = await ring.client.get("/readyz")
                assert ready.status_code == answer.status_code
                return bool(answer.status_code == 200)

            monkeypatch.setattr(audit._store, "commit", refuse)
            assert await served()
            with monkeypatch.context() as patch:
                if fault == "io":
                    patch.setattr("audit.spool.file.os.fsync", fail)
                else:
                    patch.setattr(audit.spool, "_plan", replace(audit.spool._plan, max_bytes=100))
                assert not await served()
                now = boot_s()
                patch.setattr("audit.spool.spool.boot_s", lambda: now + AGAIN_S)
                assert (await ring.client.get("/readyz")).status_code == 200, "a request may try"
            assert await served()
            monkeypatch.undo()

    try:
        asyncio.run(run())
    finally:
        own.stop()


@contextmanager
def spooling(home: Path) -> Iterator[AuditLog]:
    plan = SpoolPlan(home / "spool", always=True)
    log = AuditLog.open(home / "audit.db", keys=home / "keys", origin="log.example/audit", deadline_s=2.0, spool=plan)
    try:
        yield log
    finally:
        log.close()


@pytest.mark.parametrize("call", [1, 2, 3])
def test_a_spool_that_cannot_be_opened_for_a_moment_is_not_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    """As when a server has no descriptor left: what is behind the first batch must not be given up for that."""
    made, calls, read = [outcome() for _ in range(3)], count(1), SpoolFile.open

    def open_file(file: SpoolFile) -> Any:
        if next(calls) == call:
            raise OSError(errno.EMFILE, "no")
        return read(file)

    monkeypatch.setattr("audit.spool.imports.BATCH", 1)
    with spooling(tmp_path) as log:
        for one in made:
            log.spool.add(one, "full")
        monkeypatch.setattr(SpoolFile, "open", open_file)
        log._writer.nudge()
        eventually(lambda: not log.spool.pending and log.not_ready() is None)
        bodies = [one.body for one in Records(log.place).page(Filters(), after=-1, limit=100).records]
    assert [one["id"] for one in bodies if one["kind"] == "route.outcome"] == [one["id"] for one in made]
    assert [one["whole"] for one in bodies if one["kind"] == "spool.imported"] == [True]
    assert sorted(path.name for path in (tmp_path / "spool").iterdir()) == ["lock"]


def test_a_server_does_not_start_on_a_spool_that_it_cannot_open(tmp_path: Path) -> None:
    with spooling(tmp_path):
        pass
    (tmp_path / "spool" / "spool-000001").mkdir()
    with pytest.raises(AuditMismatch, match="cannot be used: Is a directory"), spooling(tmp_path):
        pass


def test_a_grant_on_a_disk_that_hangs_is_refused_in_time_and_never_opens(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool, answers = make(always=False), threading.Event()
    sync = os.fsync
    monkeypatch.setattr("audit.spool.spool.WITHIN_S", 0.1)
    monkeypatch.setattr("audit.spool.file.os.fsync", lambda descriptor: (answers.wait(10), sync(descriptor)))
    record = outcome()
    with pytest.raises(AuditUnavailable, match="io; its spool: deadline"):
        spool.grant(record, 60.0, "io")
    answers.set()
    eventually(lambda: spool.pending and spool.find(record["id"]) is not None)
    assert not spool.is_open()
