"""What has no outcome is found without reading the log from its start."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from audit import orphans
from audit.errors import AuditUnavailable
from audit.orphans import IN_FILE, LAST, LAST_START, SHARED, Orphans, find, live_writers
from audit.place import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def log(request: pytest.FixtureRequest, open_log: Any) -> Any:
    return open_log() if request.param == "sqlite" else request.getfixturevalue("open_shared")()


def test_a_decision_is_one_until_its_outcome_is_there(
    log: Any, decision: Callable[..., Any], outcome: Callable[..., Any]
) -> None:
    assert find(log.place) == Orphans(0, None)
    first, second = (log.append_sync("route.decision", decision()) for _ in range(2))
    log.append_sync("route.decision", decision(dry_run=True))
    assert find(log.place) == Orphans(2, first.seq)
    log.append_sync("route.outcome", outcome(first.id))
    assert find(log.place) == Orphans(1, second.seq)


def test_in_a_file_only_what_follows_the_last_start_is_looked_at(open_log: Any, decision: Callable[..., Any]) -> None:
    log = open_log()
    log.append_sync("route.decision", decision())
    log.close()
    assert find(log.place).count == 1
    assert find(open_log().place).count == 0, "the start closed it"


def test_in_a_long_file_only_the_last_records_are_looked_at_and_that_is_said(
    open_log: Any, decision: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orphans, "WINDOW", 3)
    log = open_log()
    receipts = [log.append_sync("route.decision", decision()) for _ in range(6)]
    assert find(log.place) == Orphans(4, receipts[2].seq, whole=False)


def test_nobody_reads_the_whole_of_a_file(open_log: Any) -> None:
    with closing(sqlite3.connect(open_log().place)) as connection:
        for query, values in ((IN_FILE, (1,)), (LAST, ()), (LAST_START, ())):
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}", values)]
            assert not any(step.startswith("SCAN") for step in plan), plan


def test_nobody_reads_the_whole_of_a_table(open_shared: Any, database: Postgres, decision: Callable[..., Any]) -> None:
    log = open_shared(deadline_s=20.0)
    log.append_sync("route.decision", decision())
    with psycopg.connect(database.url) as connection:
        connection.execute("SET enable_seqscan = off")
        plan = "\n".join(row[0] for row in connection.execute(f"EXPLAIN {SHARED}"))
    assert "Seq Scan on record" not in plan
    assert "seq >=" in plan


def test_a_writer_lives_until_it_ends_or_its_lease_lapses(open_shared: Any, database: Postgres) -> None:
    log, other = open_shared(), open_shared("second")
    epochs = {log._self.epoch, other._self.epoch}
    assert live_writers(database) == epochs
    other.close()
    with psycopg.connect(database.url, autocommit=True) as owner:
        assert live_writers(database) == {log._self.epoch}
        owner.execute("UPDATE ringfence_audit.writer_lease SET seen = clock_timestamp() - interval '61 s'")
    assert live_writers(database) == set()


def test_what_cannot_be_read_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "audit.db").write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(AuditUnavailable, match="corrupt"):
        find(tmp_path / "audit.db")
    with pytest.raises(AuditUnavailable, match="unreachable"):
        find(Postgres("postgresql://127.0.0.1:1/none", "shown"))
