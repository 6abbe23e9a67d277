"""A log in PostgreSQL becomes a file and a file such a log, of one moment, whole or not at all, and as they are."""

import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from databases import migrate, new_database
from replicas import append, assert_whole, verify
from retained import Retained

from audit.backup.copying import create
from audit.errors import AuditMismatch, AuditUnavailable
from audit.log import AuditLog
from audit.place import Postgres
from audit.stores import transfer
from audit.stores.migrate import migrate_sqlite
from audit.stores.postgres import SCHEMA

LEFT = {"alembic_version", "writer_lease"}
"""Which revision the tables are of, and which writers live: of each database itself."""
OBJECTS = """
SELECT 'trigger', tgrelid::regclass::text, tgname::text, tgenabled::text FROM pg_trigger
  JOIN pg_class ON tgrelid = pg_class.oid WHERE relnamespace = 'ringfence_audit'::regnamespace AND NOT tgisinternal
UNION ALL SELECT 'table', oid::regclass::text, relowner::regrole::text, relacl::text FROM pg_class
  WHERE relnamespace = 'ringfence_audit'::regnamespace ORDER BY 1, 2, 3"""


def to_file(place: Postgres, path: Path) -> Path:
    create(path)
    migrate_sqlite(path)
    with transfer.snapshot(place) as connection:
        transfer.log_to_file(connection, path)
    return path


def from_file(place: Postgres, path: Path) -> None:
    with transfer.filling(place) as connection:
        transfer.log_from_file(connection, path)


def objects(place: Postgres) -> list[Any]:
    with psycopg.connect(place.url) as connection:
        return connection.execute(OBJECTS).fetchall()


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [line for line in connection.iterdump() if '"head"' not in line]


@pytest.fixture
def shared(open_shared: Callable[..., AuditLog], decision: Any, outcome: Any, tmp_path: Path) -> Any:
    made = Retained(open_shared(), tmp_path / "home", decision, outcome)
    yield made
    made.close()


@pytest.fixture
def other(postgres_server: str, migrated: str) -> Any:
    with new_database(postgres_server, migrated) as made:
        yield made


def test_a_log_with_erased_and_pruned_bodies_is_the_same_in_a_file_and_in_another_database(
    shared: Retained, other: Postgres, tmp_path: Path
) -> None:
    shared.lose()
    report = shared.verify()
    assert report.ok
    assert report.erased_total
    assert report.left_out
    path = to_file(shared.log.place, tmp_path / "copy.db")  # type: ignore[arg-type]
    assert verify(path) == report
    fresh = objects(other)
    from_file(other, path)
    assert verify(other) == report
    assert objects(other) == fresh  # triggers, owners and rights are those of a new log
    assert dump(to_file(other, tmp_path / "again.db")) == dump(path)
    with psycopg.connect(other.url) as connection:
        assert connection.execute("SELECT generation FROM ringfence_audit.head").fetchone() == (1,)
    with pytest.raises(psycopg.errors.RestrictViolation), psycopg.connect(other.url) as connection:
        connection.execute("INSERT INTO ringfence_audit.pruned VALUES (0, '\\x00', '\\x00')")


def test_a_copy_is_of_one_moment_though_others_write(open_shared: Callable[..., AuditLog], tmp_path: Path) -> None:
    log = open_shared()
    append(log)
    path = tmp_path / "copy.db"
    create(path)
    migrate_sqlite(path)
    with transfer.snapshot(log.place) as connection:  # type: ignore[arg-type]
        before = connection.execute("SELECT size FROM ringfence_audit.head").fetchone()
        for _ in range(5):
            append(log)
        transfer.log_to_file(connection, path)
    assert before == (assert_whole(path).size,)
    assert assert_whole(log.place).size == before[0] + 5


def test_every_table_of_a_log_is_moved_or_left_for_a_reason(database: Postgres) -> None:
    with psycopg.connect(database.url) as connection:
        names = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'ringfence_audit'::regnamespace AND relkind = 'r'"
        )
        assert {name for (name,) in names} == {*transfer.LOG, *LEFT}


def test_nothing_is_put_to_a_log_that_is_there(
    open_shared: Callable[..., AuditLog], other: Postgres, tmp_path: Path
) -> None:
    log = open_shared()
    path = to_file(log.place, tmp_path / "copy.db")  # type: ignore[arg-type]
    from_file(other, path)
    with pytest.raises(AuditMismatch, match=r"the table ringfence_audit\.head is not empty"):
        from_file(other, path)
    assert_whole(other)


def test_what_fails_on_the_way_leaves_an_empty_database(
    open_shared: Callable[..., AuditLog], other: Postgres, tmp_path: Path
) -> None:
    path = to_file(open_shared().place, tmp_path / "copy.db")  # type: ignore[arg-type]
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE checkpoint")
    with pytest.raises(AuditUnavailable):
        from_file(other, path)
    with transfer.snapshot(other) as connection:
        transfer.require_empty(connection, SCHEMA, transfer.LOG)
    with pytest.raises(AuditUnavailable), transfer.filling(other) as connection:
        connection.execute("SELECT nonsense")


def test_a_writer_that_saw_the_log_before_it_was_restored_does_not_go_on(
    open_shared: Callable[..., AuditLog], postgres_server: str, tmp_path: Path
) -> None:
    """Nothing that it saw is lost; but what others saw may be, and only a start looks for that."""
    with new_database(postgres_server) as place:
        migrate(place)
        log = open_shared(place=place)
        append(log)
        path = to_file(place, tmp_path / "copy.db")
        with psycopg.connect(place.url) as owner:  # in place of a database that was dropped and made again
            for table in ("head", "record", "record_label"):
                owner.execute(f"ALTER TABLE {SCHEMA}.{table} DISABLE TRIGGER USER")
                owner.execute(f"TRUNCATE {SCHEMA}.{table}")
                owner.execute(f"ALTER TABLE {SCHEMA}.{table} ENABLE TRIGGER USER")
        from_file(place, path)
        with pytest.raises(AuditUnavailable, match="behind"):
            append(log)


def test_a_user_who_may_not_is_told_so(database: Postgres, tmp_path: Path) -> None:
    name = f"ringfence_test_{secrets.token_hex(6)}"
    parts = urlsplit(database.url)
    stranger = Postgres(parts._replace(netloc=f"{name}@{parts.hostname}:{parts.port}").geturl(), "postgresql://x")
    with psycopg.connect(database.url, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {name} LOGIN")
        try:
            with pytest.raises(AuditMismatch, match="postgresql://x: this user may not do this"):
                to_file(stranger, tmp_path / "copy.db")
        finally:
            owner.execute(f"DROP ROLE {name}")
