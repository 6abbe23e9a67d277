"""The file defends itself: nothing that was written can be changed, replaced or removed through SQL."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from audit.errors import AuditUnavailable, RecordRefused
from audit.log import Receipt
from audit.stores import store_sqlite
from audit.stores.store import tail_is_whole
from audit.stores.store_sqlite import SqliteStore
from audit.verification.verifier import verify


@pytest.fixture
def connection(specimens: Any, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Connect as a stranger would: with none of the writer's settings."""
    with closing(sqlite3.connect(specimens[0].copy(tmp_path), isolation_level=None)) as opened:
        assert opened.execute("PRAGMA recursive_triggers").fetchone()[0] == 0
        yield opened


ZERO = "x'" + "00" * 32 + "'"
REST = "bh, link, kind, v, ts, dec, attempt, app, team, decision, zone, body FROM record WHERE seq = 2"
CHANGES = [
    "UPDATE record SET decision = 'allow' WHERE seq = 2",
    "UPDATE record SET body = x'00'",
    "DELETE FROM record WHERE seq = 2",
    "DELETE FROM record",
    "INSERT OR REPLACE INTO record SELECT * FROM record WHERE seq = 2",
    "REPLACE INTO record SELECT * FROM record WHERE seq = 2",
    "INSERT INTO record SELECT * FROM record WHERE seq = 2 ON CONFLICT DO UPDATE SET body = x'00'",
    f"INSERT OR REPLACE INTO record SELECT 99, 'other', prev, {REST}",
    f"INSERT OR REPLACE INTO record SELECT 99, id, {ZERO}, {REST}",
    "UPDATE OR REPLACE record SET seq = 3 WHERE seq = 2",
    "UPDATE record_label SET name = 'other'",
    "DELETE FROM record_label",
    "INSERT OR REPLACE INTO record_label SELECT * FROM record_label LIMIT 1",
    "UPDATE bundle_text SET text = x'00'",
    "DELETE FROM bundle_text",
    "INSERT OR REPLACE INTO bundle_text SELECT sha256, x'00' FROM bundle_text",
    "UPDATE head SET size = size - 1",
    "UPDATE head SET hash = zeroblob(32)",
    "UPDATE head SET size = size + 1, log_id = x'" + "00" * 16 + "'",
    "DELETE FROM head",
    "INSERT OR REPLACE INTO head SELECT log_id, 0, hash, 0 FROM head",
    "INSERT INTO head SELECT substr(hash, 1, 16), 0, hash, 0 FROM head",
]


@pytest.mark.parametrize("statement", CHANGES)
def test_t33_a_change_is_refused(statement: str, connection: sqlite3.Connection) -> None:
    before = list(connection.iterdump())
    with pytest.raises(sqlite3.Error, match=r"append-only|only grows"):
        connection.execute(statement)
    assert list(connection.iterdump()) == before


@pytest.mark.parametrize("column", ["seq", "id", "prev"])
def test_two_records_cannot_share_place_id_or_parent(column: str, connection: sqlite3.Connection) -> None:
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    other = {"seq": "99", "id": "'other'", "prev": ZERO}
    other[column] = column
    query = f"""INSERT INTO record SELECT {other["seq"]}, {other["id"]}, {other["prev"]}, bh, link, kind, v, ts, dec,
        attempt, app, team, decision, zone, body FROM record WHERE seq = 2"""  # noqa: S608
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(query)


@pytest.mark.parametrize("at_once", [1, 3, 500])
def test_a_batch_is_whole_however_many_rows_a_statement_takes(
    at_once: int, open_log: Any, decision: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_sqlite, "AT_ONCE", at_once)
    log = open_log()

    async def many() -> list[Receipt]:
        return await asyncio.gather(*(log.append("route.decision", decision()) for _ in range(20)))

    receipts = asyncio.run(many())
    log.close()
    report = verify(log.place)
    assert (report.ok, report.size) == (True, 23)
    assert sorted(receipt.seq for receipt in receipts) == list(range(2, 22))


def test_a_closed_store_opens_again_and_knows_its_place(specimens: Any, tmp_path: Path) -> None:
    store = SqliteStore(specimens[0].copy(tmp_path), 100)
    head = store.head()
    store.close()
    assert store.head() == head
    assert head is not None
    assert tail_is_whole(head, store.tail(5, 10**6))
    assert not tail_is_whole(head, store.tail(5, 10**6)[:-1])
    assert not tail_is_whole(head, [])
    assert store.next_n("another epoch") == 0
    store.close()


@pytest.mark.parametrize("part", range(1, 5))
def test_a_damaged_tail_is_not_taken_up(part: int, specimens: Any, tmp_path: Path) -> None:
    store = SqliteStore(specimens[0].copy(tmp_path), 100)
    head = store.head()
    assert head is not None
    for index in range(3):
        rows = store.tail(3, 10**6)
        row = list(rows[index])
        row[part] = bytes(len(row[part]))
        rows[index] = tuple(row)  # type: ignore[call-overload]
        assert not tail_is_whole(head, rows)
    store.close()


def test_a_file_that_vanished_is_not_created_again(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "none.db", 100)
    with pytest.raises(AuditUnavailable, match="io"):
        store.head()
    assert list(tmp_path.iterdir()) == []


def test_checkpoints_only_grow_and_only_within_the_log(specimens: Any, tmp_path: Path) -> None:
    path = specimens[0].copy(tmp_path)
    with closing(SqliteStore(path, 100)) as store:
        store.put_checkpoint(3, b"three")
        store.put_checkpoint(17, b"all")
        store.put_checkpoint(17, b"all")
        for size, note in ((17, b"other"), (3, b"three"), (5, b"between"), (18, b"beyond")):
            with pytest.raises(RecordRefused):
                store.put_checkpoint(size, note)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for change in (
            "UPDATE checkpoint SET note = x'00'",
            "DELETE FROM checkpoint",
            "INSERT OR REPLACE INTO checkpoint SELECT size, x'00' FROM checkpoint",
            "INSERT INTO checkpoint VALUES (5, x'00')",
            "INSERT INTO checkpoint VALUES (18, x'00')",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(change)
        assert connection.execute("SELECT size, note FROM checkpoint ORDER BY size").fetchall() == [
            (3, b"three"),
            (17, b"all"),
        ]


def test_a_checkpoint_that_waits_for_a_lock_says_so_to_those_behind_it(specimens: Any, tmp_path: Path) -> None:
    path = specimens[0].copy(tmp_path)
    with closing(SqliteStore(path, 5000)) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
        store.put_checkpoint(3, b"three")
        other.execute("BEGIN IMMEDIATE")
        thread = threading.Thread(target=store.put_checkpoint, args=(17, b"all"))
        thread.start()
        limit = time.monotonic() + 4
        while not store.waiting and time.monotonic() < limit:
            time.sleep(0.01)
        waited = store.waiting
        other.execute("ROLLBACK")
        thread.join()
        assert waited
        assert not store.waiting
        assert other.execute("SELECT max(size) FROM checkpoint").fetchone() == (17,)
