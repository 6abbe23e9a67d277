"""What lies ready for a permit is what the database held after COMMIT; nothing, where that is nothing or another."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import psycopg
import pytest

from audit import readback
from audit.errors import AuditUnavailable
from audit.log import AuditLog, Receipt, new_id
from audit.place import Postgres
from audit.stores import store_postgres
from audit.stores.store import Linked

DECISION, OUTCOME = "route.decision", "route.outcome"
Open = Callable[[], AuditLog]


@pytest.fixture(params=["open_log", "open_shared"])
def opener(request: pytest.FixtureRequest) -> Open:
    made: Open = request.getfixturevalue(request.param)
    return made


def execute(log: AuditLog, statement: str) -> None:
    """Change the database as its owner can."""
    if isinstance(log.place, Postgres):
        with psycopg.connect(log.place.url) as owner:
            owner.execute("ALTER TABLE ringfence_audit.record DISABLE TRIGGER ALL")
            owner.execute("ALTER TABLE ringfence_audit.record_label DISABLE TRIGGER ALL")
            owner.execute(statement.replace("record", "ringfence_audit.record"))
        return
    with closing(sqlite3.connect(log.place)) as owner, owner:
        for (name,) in owner.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            owner.execute(f"DROP TRIGGER {name}")
        owner.execute(statement)


SPOIL = """
CREATE FUNCTION spoil() RETURNS trigger AS $$ BEGIN {change}; RETURN NULL; END $$ LANGUAGE plpgsql;
CREATE CONSTRAINT TRIGGER spoil AFTER INSERT ON ringfence_audit.record_label DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION spoil()"""


def spoil(log: AuditLog, change: str) -> None:
    """Have the database changed between COMMIT and what is read back: at the end of a COMMIT, by PostgreSQL itself."""
    if isinstance(log.place, Postgres):
        execute(log, "SELECT 1")
        with psycopg.connect(log.place.url) as owner:
            owner.execute(SPOIL.format(change=change.replace("record", "ringfence_audit.record")))
        return
    commit = log._store.commit

    def committing(rows: Any) -> Any:
        linked = commit(rows)
        for statement in change.split("; "):
            execute(log, statement)
        return linked

    log._store.commit = committing  # type: ignore[method-assign]


def test_a_record_that_was_acknowledged_is_at_hand_once_as_the_database_holds_it(opener: Open, decision: Any) -> None:
    log = opener()

    async def many() -> list[Receipt]:
        return await asyncio.gather(*(log.append(DECISION, decision()) for _ in range(40)))

    for receipt in asyncio.run(many()):
        assert log.read_back(receipt.id) == log.committed(receipt.id) is not None
        assert log.read_back(receipt.id) is None
    assert log.read_back(new_id()) is None


def test_further_attempts_are_at_hand_and_what_permits_nothing_is_not(
    opener: Open, decision: Any, outcome: Any
) -> None:
    log = opener()
    first = log.append_sync(DECISION, decision())
    attempt = {"dec": first.id, "attempt": 2, "zone": "onprem", "up": decision()["up"], "why": "timeout"}
    second = log.append_sync("route.attempt", attempt)
    ended = log.append_sync(OUTCOME, outcome(first.id))
    tried = log.append_sync(DECISION, decision(dry_run=True))
    blocked = decision(decision="block", zones_left=[])
    del blocked["zone"], blocked["up"]
    refused = log.append_sync(DECISION, blocked)
    assert [log.read_back(one.id) is not None for one in (first, second)] == [True] * 2
    assert [log.read_back(one.id) is not None for one in (ended, tried, refused)] == [False] * 3


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM record_label; DELETE FROM record WHERE kind = 'route.decision'",
        "UPDATE record SET body = (SELECT body FROM record WHERE seq = 0) WHERE kind = 'route.decision'",
        "UPDATE record SET body = bh WHERE kind = 'route.decision'",
    ],
)
def test_a_record_that_is_missing_or_altered_right_after_its_commit_is_not_at_hand(
    change: str, opener: Open, decision: Any
) -> None:
    log = opener()
    spoil(log, change)
    receipt = log.append_sync(DECISION, decision())
    assert log.read_back(receipt.id) is None
    if change.startswith("DELETE"):
        assert log.committed(receipt.id) is None
    else:
        with pytest.raises(AuditUnavailable, match="corrupt"):
            log.committed(receipt.id)


def test_a_receipt_that_is_no_commit_leaves_nothing_at_hand(opener: Open, decision: Any) -> None:
    log = opener()
    log._store.commit = lambda rows: [Linked(9, b"link") for _ in rows]  # type: ignore[method-assign]
    receipt = log.append_sync(DECISION, decision())
    assert log.read_back(receipt.id) is None
    assert log.committed(receipt.id) is None


def test_what_cannot_be_read_back_is_durable_all_the_same(opener: Open, decision: Any) -> None:
    log = opener()

    def failing(ids: Any) -> Any:
        raise AuditUnavailable("io")

    log._store.read_back = failing  # type: ignore[method-assign]
    receipt = log.append_sync(DECISION, decision())
    assert log.read_back(receipt.id) is None
    assert log.committed(receipt.id) is not None
    assert log.not_ready() is None


@pytest.mark.parametrize(
    "failing", ["SELECT 1 / 0 WHERE %s IS NOT NULL", "SELECT pg_terminate_backend(pg_backend_pid()), %s"]
)
def test_a_database_that_fails_behind_its_commit_has_committed(
    failing: str, open_shared: Open, decision: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_shared()
    with monkeypatch.context() as patched:
        patched.setattr(store_postgres, "READ_BACK", failing)
        receipts = [log.append_sync(DECISION, decision()) for _ in range(3)]
        assert [log.read_back(one.id) for one in receipts] == [None] * 3
    receipts.append(log.append_sync(DECISION, decision()))
    assert log.read_back(receipts[3].id) is not None
    found = [log.committed(one.id) for one in receipts]
    assert [one["w"]["n"] for one in found if one] == [one.seq for one in receipts] == [2, 3, 4, 5]


def test_what_nobody_takes_is_forgotten(open_log: Open, decision: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    log = open_log()
    old = log.append_sync(DECISION, decision())
    monkeypatch.setattr(readback, "KEPT_S", -1.0)
    assert log.read_back(old.id) is None
    monkeypatch.setattr(readback, "KEPT_S", 5.0)
    monkeypatch.setattr(readback, "MAX_KEPT", 3)
    receipts = [log.append_sync(DECISION, decision()) for _ in range(9)]
    kept = log._writer.read_back
    assert len(kept._bodies) <= len(kept._order) <= 4
    assert [log.read_back(one.id) is not None for one in receipts] == [False] * 5 + [True] * 4
