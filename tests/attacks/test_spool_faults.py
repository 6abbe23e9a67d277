"""The spool under crashes and failing calls: what was acknowledged is imported, once, and nothing is closed wrongly."""

import asyncio
import contextlib
import errno
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest
from harness import ROOT, eventually
from receivers import DECISION

from audit.access import Filters, Records
from audit.errors import AuditUnavailable
from audit.log import AuditLog
from audit.place import Postgres
from audit.sources.postgres import open_source
from audit.spool.spool import SpoolPlan
from audit.verification.verifier import verify, verify_source

ORIGIN = "log.example/audit"
CHILD = Path(__file__).with_name("child_spooling.py")
ROUNDS = 4 if int(os.environ.get("RINGFENCE_TEST_EXAMPLES", "0")) == 0 else 100


def refuse(_: object) -> None:
    """Be a store that is down."""
    raise AuditUnavailable("unreachable")


def test_two_servers_on_one_database_each_import_their_own_spool_into_one_chain(
    database: Postgres, tmp_path: Path
) -> None:
    def opened(name: str) -> AuditLog:
        plan = SpoolPlan(tmp_path / name / "spool", always=True)
        return AuditLog.open(database, keys=tmp_path / name / "keys", origin=ORIGIN, deadline_s=5.0, spool=plan)

    async def story(log: AuditLog) -> list[str]:
        made = []
        for _ in range(20):
            dec = (await log.append_or_spool("route.decision", DECISION)).id
            made += [dec, (await log.append_or_spool("route.outcome", {**ENDED, "dec": dec})).id]
        return made

    logs = [opened("a")]
    shutil.copytree(tmp_path / "a" / "keys", tmp_path / "b" / "keys")
    logs.append(opened("b"))
    made = []
    for log in logs:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(log._store, "commit", refuse)
            with pytest.raises(AuditUnavailable):
                log.append_sync("writer.heartbeat", {"records": 1})
            made.append(asyncio.run(story(log)))
            assert log.spool.size() > 0
    for log in logs:
        eventually(lambda log=log: not log.spool.pending and log.not_ready() is None)
    for log in logs:
        log.close()
    with closing(open_source(database)) as source:
        assert verify_source(source).findings == ()
    records = Records(database).page(Filters(), after=-1, limit=1000).records
    for mine in made:
        assert [record.body["id"] for record in records if record.body["id"] in set(mine)] == mine
    assert [record.body["kind"] for record in records].count("spool.imported") == 2
    assert "unknown_after_crash" not in {record.body.get("status") for record in records}


ENDED = {"attempt": 1, "status": "ok"}
FAILING = {"write": errno.ENOSPC, "fsync": errno.EIO, "open": errno.EIO}


def stored(log: AuditLog) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(log.place)) as database:
        return [orjson.loads(body) for (body,) in database.execute("SELECT body FROM record ORDER BY seq")]


def test_t24_kill_9_while_spooling_and_importing_loses_no_acknowledged_record_and_doubles_none(tmp_path: Path) -> None:
    home, acknowledged = tmp_path / "home", []
    home.mkdir()
    environ = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    for number in range(ROUNDS):
        (home / "down").touch()
        command = [sys.executable, str(CHILD), str(home)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as child:
            assert child.stdout is not None
            kill_early = number % 3 == 2  # while what the last one left is imported
            if not kill_early:
                acknowledged += [child.stdout.readline().split()[1] for _ in range(random.randint(20, 120))]
            if number % 3 == 1:
                (home / "down").unlink()
            time.sleep(random.uniform(0.2, 0.5) if kill_early else random.uniform(0.0, 0.03))
            child.send_signal(signal.SIGKILL)
            acknowledged += [
                line.split()[1] for line in child.stdout.read().splitlines(keepends=True) if line[-1] == "\n"
            ]
    log = AuditLog.open(home / "audit.db", keys=home / "keys", origin=ORIGIN, deadline_s=30.0)
    assert not log.spool.pending
    records = stored(log)
    log.close()
    ids = [record["id"] for record in records]
    assert len(acknowledged) >= 20 * (ROUNDS // 3)
    assert set(acknowledged) <= set(ids)
    decided = [record["id"] for record in records if record["kind"] == "route.decision"]
    closed = [record["dec"] for record in records if record["kind"] == "route.outcome"]
    assert sorted(closed) == sorted(decided), "each is closed once"
    assert verify(home / "audit.db").ok


@pytest.mark.parametrize("call", FAILING)
def test_t25_any_single_call_that_fails_costs_no_acknowledged_record(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = getattr(os, call)
    monkeypatch.setattr("audit.writer.PROBE_S", 0.02)

    async def story(log: AuditLog, patch: pytest.MonkeyPatch, countdown: list[int]) -> list[str]:
        def failing(*arguments: Any, **more: Any) -> Any:
            countdown[0] -= 1
            if countdown[0] == 0:
                raise OSError(FAILING[call], "injected")
            return real(*arguments, **more)

        made = []
        patch.setattr("audit.spool.file.os", Calls(call, failing))
        for _ in range(3):
            with contextlib.suppress(AuditUnavailable):
                spooled = await log.append_or_spool("route.decision", DECISION)
                made.append(spooled.id)
                closed = {**ENDED, "dec": spooled.id}
                made.append((await log.append_or_spool("route.outcome", closed)).id)
        return made

    for number in range(1, 14):
        home = tmp_path / str(number)
        plan = SpoolPlan(home / "spool", always=True)
        log = AuditLog.open(home / "audit.db", keys=home / "keys", origin=ORIGIN, deadline_s=0.2, spool=plan)
        countdown = [number]
        with closing(sqlite3.connect(log.place, isolation_level=None)) as other, monkeypatch.context() as patch:
            other.execute("BEGIN IMMEDIATE")
            made = asyncio.run(story(log, patch, countdown))
            other.execute("ROLLBACK")
        eventually(lambda log=log: not log.spool.pending and log.not_ready() is None, 20)
        ids = [record["id"] for record in stored(log)]
        log.close()
        assert set(made) <= set(ids)
        assert len(set(ids)) == len(ids)
        assert verify(home / "audit.db").ok
        if countdown[0] > 0:
            break
    assert countdown[0] > 0, "every call was reached"
    assert number > 1, "at least one was"


class Calls:
    """The module `os`, with one call replaced."""

    def __init__(self, name: str, call: Callable[..., Any]) -> None:
        self.__dict__[name] = call

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)
