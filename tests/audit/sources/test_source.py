"""What is read of a log, from the file as it stands."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from audit import log
from audit.errors import AuditUnavailable
from audit.records.chain import HASH_BYTES
from audit.sources.source import COLUMNS, MAX_NOTE_BYTES, MAX_TEXT_BYTES, SqliteSource
from audit.verification.verifier import verify


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
        assert {
            (*label, seq) for label in {one[:2] for one in stored} for seq in source.labelled(*label, range(size))
        } == stored
        at = min(seq for _, _, seq in stored)
        assert source.labelled("class", "pii", [at, size + 1]) == {at}
        assert not source.labelled("rule", "none", range(size))


LOOSE = """
CREATE TABLE r AS SELECT * FROM record; DROP TABLE record; ALTER TABLE r RENAME TO record;
CREATE TABLE l AS SELECT * FROM record_label; DROP TABLE record_label; ALTER TABLE l RENAME TO record_label;
CREATE TABLE c AS SELECT * FROM checkpoint; DROP TABLE checkpoint; ALTER TABLE c RENAME TO checkpoint;
"""
"""Takes every type and check away."""
NO_LOG = {
    "a text for a number of a record": "UPDATE record SET seq = 'x' WHERE seq = 5",
    "bytes for the last number": "UPDATE record SET seq = x'00' WHERE seq = 16",
    "a text for the size of a checkpoint": "INSERT INTO checkpoint (size, note) VALUES ('x', x'00')",
    "no size of a checkpoint": "INSERT INTO checkpoint (size, note) VALUES (NULL, x'00')",
    "a view for a table": "ALTER TABLE record RENAME TO other; CREATE VIEW record AS SELECT * FROM other",
    "a view without end": "DROP TABLE record; CREATE VIEW Record AS WITH RECURSIVE r (seq) AS "
    "(SELECT 0 UNION ALL SELECT seq + 1 FROM r) SELECT * FROM r",
}
FRACTIONS = {
    "UPDATE record SET seq = 5.5 WHERE seq = 5": 0,
    "INSERT INTO record_label (what, name, seq) VALUES ('class', 'pii', 1.5)": 17,
}


def change(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.executescript(LOOSE + script)


@pytest.mark.parametrize("name", NO_LOG)
def test_a_file_in_which_something_else_stands_for_a_table_or_a_number_is_no_log(path: Path, name: str) -> None:
    change(path, NO_LOG[name])
    with pytest.raises(AuditUnavailable, match="corrupt"):
        verify(path)


@pytest.mark.parametrize(("script", "at"), FRACTIONS.items(), ids=["record", "label"])
def test_a_fraction_for_a_number_ends_what_can_be_read(path: Path, script: str, at: int) -> None:
    change(path, script)
    assert [(finding.code, finding.seq) for finding in verify(path).findings] == [("UNREADABLE", at)]


def test_the_last_number_that_sqlite_has_is_followed_by_none(path: Path, forger: Any) -> None:
    forger.rows[-1]["seq"] = 2**63 - 1
    forger.save()
    assert ("GAP", 2**63 - 1) in {(finding.code, finding.seq) for finding in verify(path).findings}


def test_no_more_is_read_of_a_column_or_a_link_than_belongs_there(path: Path) -> None:
    change(path, "UPDATE record SET app = 'a' || char(0) || hex(zeroblob(900)), link = zeroblob(900)")
    change(path, "INSERT INTO checkpoint (size, note) VALUES (5, zeroblob(2000000))")
    with closing(SqliteSource(path)) as source:
        (row,) = source.rows(5, 1)
        (stored,) = source.checkpoints(0, 5)
    assert (row.columns[COLUMNS.index("app")], len(row.link)) == ("", HASH_BYTES + 1)
    assert len(stored.note) == MAX_NOTE_BYTES + 1


def test_no_more_is_read_of_a_text_than_the_writer_archives(path: Path, forger: Any) -> None:
    forger.save(f"UPDATE bundle_text SET text = zeroblob({MAX_TEXT_BYTES + 100})")  # noqa: S608
    with closing(SqliteSource(path)) as source:
        ((_, text),) = source.texts()
    assert len(text) == MAX_TEXT_BYTES + 1
    assert MAX_TEXT_BYTES == log.MAX_TEXT_BYTES


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
