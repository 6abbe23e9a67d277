"""What is read of a log, from the file as it stands."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from audit.errors import AuditUnavailable
from audit.source import SqliteSource


@pytest.fixture
def path(forger: Any) -> Path:
    found: Path = forger.path
    return found


def test_the_claim_is_the_head_and_the_end(path: Path, forger: Any) -> None:
    with closing(SqliteSource(path)) as source:
        claim = source.claim()
    assert (claim.heads, claim.log_id, claim.size, claim.hash) == (
        1,
        *(forger.head[n] for n in ("log_id", "size", "hash")),
    )
    assert claim.last_seq == claim.size - 1


def test_records_come_page_by_page_as_they_stand(path: Path, forger: Any) -> None:
    with closing(SqliteSource(path)) as source:
        first, rest = source.rows(None, 5), source.rows(5, 1000)
        assert source.rows(len(forger.rows), 1) == []
    assert [row.seq for row in (*first, *rest)] == list(range(len(forger.rows)))
    assert [row.body for row in (*first, *rest)] == [row["body"] for row in forger.rows]
    assert rest[0].columns[0] == forger.rows[5]["id"]


def test_labels_are_counted_listed_and_looked_up(path: Path, forger: Any) -> None:
    stored = {(what, name, row["seq"]) for row in forger.rows for what, name in row["labels"]}
    size = len(forger.rows)
    with closing(SqliteSource(path)) as source:
        assert set(source.labels(size)) == stored
        assert source.label_count(size) == len(stored) > 0
        assert source.label_count(0) == 0
        assert set(source.present({*stored, ("rule", "none", 1)})) == stored


def test_what_is_not_bytes_comes_as_no_bytes(path: Path, forger: Any) -> None:
    forger.save(
        "CREATE TABLE loose AS SELECT * FROM record",
        "DROP TABLE record",
        "ALTER TABLE loose RENAME TO record",
        "UPDATE record SET body = 17 WHERE seq = 3",
    )
    with closing(SqliteSource(path)) as source:
        assert source.rows(3, 1)[0].body == b""


def test_a_database_without_a_head_is_corrupt_and_one_without_tables_unavailable(path: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("DELETE FROM head")
    empty = tmp_path / "empty.db"
    empty.touch()
    for damaged in (path, empty):
        with closing(SqliteSource(damaged)) as source, pytest.raises(AuditUnavailable):
            source.claim()


def test_the_connection_cannot_write(path: Path) -> None:
    with closing(SqliteSource(path)) as source, pytest.raises(sqlite3.OperationalError, match="readonly"):
        source._connection.execute("DELETE FROM record")
