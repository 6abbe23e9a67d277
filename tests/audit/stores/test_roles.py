"""Whom the roles of a log let do what: the writer appends, the others read, and nobody changes what was written."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from databases import ORIGIN
from psycopg import Connection, errors, sql

from audit.errors import AuditMismatch
from audit.log import AuditLog
from audit.place import Postgres
from audit.stores import roles
from audit.stores.migrate import migrate_postgres

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
    name = f"ringfence_test_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'hunter2'")
        yield name
        connection.execute(f"DROP ROLE {name}")


def logged_in(place: Postgres, user: str) -> Postgres:
    return Postgres(f"postgresql://{user}:hunter2@{place.url.partition('://')[2].rpartition('@')[2]}", "shown")


def test_a_server_that_logs_in_as_a_writer_has_all_it_needs(nobody: str, database: Postgres, open_shared: Any) -> None:
    place = logged_in(database, nobody)
    with pytest.raises(AuditMismatch, match="GRANT ringfence_writer"):
        open_shared(place=place)
    with acting(database, None) as owner:
        owner.execute(f"GRANT {roles.WRITER} TO {nobody}")
    log = open_shared(place=place)
    log.store_bundle("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", b"test")
    log.close()
    with acting(database, None) as owner:
        owner.execute(f"REVOKE {roles.WRITER} FROM {nobody}")
        assert owner.execute("SELECT size FROM ringfence_audit.head").fetchone() == (3,)


def test_a_user_who_may_create_no_schema_is_told_so(nobody: str, empty_database: Postgres) -> None:
    with pytest.raises(AuditMismatch, match="may not create or change the schema ringfence_audit"):
        migrate_postgres(logged_in(empty_database, nobody))


def test_a_user_who_may_create_no_roles_keeps_the_log_alone(
    nobody: str, empty_database: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = empty_database.url.rpartition("/")[2].partition("?")[0]
    with acting(empty_database, None) as owner:
        owner.execute(f"GRANT CREATE ON DATABASE {name} TO {nobody}")
    place = logged_in(empty_database, nobody)
    assert migrate_postgres(place) == [
        "The tables belong to this user; only a superuser can hand them to ringfence_owner."
    ]
    monkeypatch.setattr(roles, "ROLES", (*roles.ROLES, "ringfence_missing"))
    assert migrate_postgres(place) == ["Nothing was granted: this user may not create the roles ringfence_missing."]
    AuditLog.open(place, keys=tmp_path / "keys", origin=ORIGIN, deadline_s=5.0).close()
    with acting(place, None) as connection, pytest.raises(errors.RestrictViolation):
        connection.execute("DELETE FROM ringfence_audit.record")


def test_who_migrates_twice_changes_nothing_and_is_told_nothing(database: Postgres) -> None:
    assert migrate_postgres(database) == []
