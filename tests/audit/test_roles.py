"""Whom the roles of a log let do what: the writer appends, the others read, and nobody changes what was written."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import Connection, errors, sql

from audit import roles
from audit.migrate import migrate_postgres
from audit.place import Postgres

Session = Callable[[str], Any]
REFUSED = (errors.InsufficientPrivilege, errors.RestrictViolation)


@contextmanager
def acting(place: Postgres, role: str | None) -> Iterator[Connection]:
    with psycopg.connect(place.url, autocommit=True) as connection:
        if role is not None:
            connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        yield connection


@pytest.fixture
def written(open_shared: Any, decision: Any) -> Postgres:
    """Return a log with records, and a text."""
    log = open_shared()
    log.append_sync("route.decision", decision())
    log.store_bundle("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", b"test")
    log.close()
    place: Postgres = log.place
    return place


CHANGES = [
    "UPDATE {s}.record SET decision = 'allow' WHERE seq = 2",
    "DELETE FROM {s}.record WHERE seq = 2",
    "TRUNCATE {s}.record",
    "INSERT INTO {s}.record SELECT * FROM {s}.record WHERE seq = 2 ON CONFLICT (seq) DO UPDATE SET decision = 'allow'",
    "UPDATE {s}.record_label SET name = 'other'",
    "DELETE FROM {s}.record_label",
    "TRUNCATE {s}.record_label",
    "UPDATE {s}.bundle_text SET text = ''",
    "DELETE FROM {s}.bundle_text",
    "UPDATE {s}.checkpoint SET note = ''",
    "DELETE FROM {s}.checkpoint",
    "TRUNCATE {s}.checkpoint",
    "UPDATE {s}.head SET size = size - 1",
    "UPDATE {s}.head SET hash = sha256('')",
    "UPDATE {s}.head SET size = size + 1, generation = generation - 1",
    "UPDATE {s}.head SET size = size + 1, log_id = substr(hash, 1, 16)",
    "DELETE FROM {s}.head",
    "TRUNCATE {s}.head",
]


def content(place: Postgres) -> list[Any]:
    with acting(place, None) as connection:
        return [
            connection.execute(f"SELECT t::text FROM ringfence_audit.{table} AS t ORDER BY 1").fetchall()  # noqa: S608
            for table in roles.TABLES
        ]


@pytest.mark.parametrize("role", [roles.WRITER, roles.READER, roles.SIGNER, roles.OWNER, None])
def test_t33_nobody_changes_what_was_written_not_even_the_owner_or_a_replica(
    role: str | None, written: Postgres
) -> None:
    before = content(written)
    with acting(written, role) as connection:
        for replica in (False, True):
            if replica and role is not None:
                break
            if replica:
                connection.execute("SET session_replication_role = replica")
            for change in CHANGES:
                with pytest.raises(REFUSED):
                    connection.execute(change.format(s="ringfence_audit"))
    assert content(written) == before


OVERREACH = [
    "ALTER TABLE ringfence_audit.record DISABLE TRIGGER append_only",
    "ALTER TABLE ringfence_audit.record DISABLE TRIGGER ALL",
    "DROP TRIGGER append_only ON ringfence_audit.record",
    "DROP TABLE ringfence_audit.record",
    "DROP SCHEMA ringfence_audit CASCADE",
    "CREATE TABLE ringfence_audit.other (x int)",
    "CREATE OR REPLACE FUNCTION ringfence_audit.refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "SET session_replication_role = replica",
    "UPDATE ringfence_audit.head SET generation = generation + 1",
    "UPDATE ringfence_audit.alembic_version SET version_num = 'p9999'",
]


@pytest.mark.parametrize("statement", OVERREACH)
def test_t33_the_writer_cannot_take_the_defences_away(statement: str, written: Postgres) -> None:
    with acting(written, roles.WRITER) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(statement)


@pytest.mark.parametrize("role", [roles.READER, roles.SIGNER])
@pytest.mark.parametrize("table", roles.TABLES)
def test_readers_read_everything_and_add_nothing(table: str, role: str, written: Postgres) -> None:
    with acting(written, role) as connection:
        connection.execute(f"TABLE ringfence_audit.{table}")
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(f"INSERT INTO ringfence_audit.{table} DEFAULT VALUES")


@pytest.fixture
def nobody(postgres_server: str) -> Iterator[str]:
    """Return a user that owns nothing and may do nothing."""
    name = "ringfence_test_nobody"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"DROP ROLE IF EXISTS {name}")
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'hunter2'")
        yield name
        connection.execute(f"DROP ROLE {name}")


def test_a_server_that_logs_in_as_a_writer_has_all_it_needs(nobody: str, database: Postgres, open_shared: Any) -> None:
    with acting(database, None) as owner:
        owner.execute(f"GRANT {roles.WRITER} TO {nobody}")
    at = database.url.index("://") + 3
    host = database.url[at:].rpartition("@")[2]
    place = Postgres(f"postgresql://{nobody}:hunter2@{host}", "shown")
    log = open_shared(place=place)
    log.store_bundle("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", b"test")
    log.close()
    with acting(database, None) as owner:
        owner.execute(f"REVOKE {roles.WRITER} FROM {nobody}")
        assert owner.execute("SELECT size FROM ringfence_audit.head").fetchone() == (3,)


def test_who_migrates_twice_changes_nothing_and_is_told_nothing(database: Postgres) -> None:
    assert migrate_postgres(database) == []
