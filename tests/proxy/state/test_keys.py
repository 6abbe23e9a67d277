"""Keys on a file and in a database: what is kept where, and who may do what to it."""

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg import errors, sql

from audit.place import Place, Postgres
from audit.stores.migrate import migrate_postgres as migrate_log
from proxy.errors import ConfigurationError
from proxy.settings import Settings
from proxy.state import keys
from proxy.state.engines import SCHEMA
from proxy.state.keys import ApiKey, KeyRows, every, insert, keys_place, revoke


@pytest.fixture
def rows(place: Place) -> Iterator[KeyRows]:
    made = KeyRows(place, 5.0)
    yield made
    made.close()


def key(number: int, expires: str | None = None) -> ApiKey:
    created = f"2026-01-0{number}T00:00:00Z"
    who = {"app": "crm", "team": "sales", "role": "app", "created": created}
    return ApiKey(id=f"ak_{number}", hash=bytes([number]) * 32, expires=expires, **who)


def test_keys_are_kept_whole_in_order_and_revoked_once(rows: KeyRows) -> None:
    given = [key(2, expires="2027-01-01T00:00:00Z"), key(1)]
    with rows.changing() as connection:
        for each in given:
            insert(connection, each)
        assert every(connection) == given[::-1]
        revoke(connection, "ak_1", "2026-02-01T00:00:00Z")
        revoke(connection, "ak_1", "2026-03-01T00:00:00Z")
        revoke(connection, "ak_3", "2026-03-01T00:00:00Z")
    with rows.connected() as connection:
        assert [row.revoked for row in every(connection)] == ["2026-02-01T00:00:00Z", None]


def test_each_change_of_shared_keys_counts_and_one_that_failed_does_not(rows: KeyRows) -> None:
    def number() -> int:
        with rows.connected() as connection:
            return rows.number(connection)

    def fail() -> None:
        with rows.changing() as connection:
            insert(connection, key(2))
            raise ZeroDivisionError

    before = number()
    with rows.changing() as connection:
        insert(connection, key(1))
    with pytest.raises(ZeroDivisionError):
        fail()
    assert number() == before + rows.shared
    with rows.connected() as connection:
        assert every(connection) == [key(1)]


def test_the_file_is_for_its_owner_only_and_made_once(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    for _ in range(2):
        KeyRows(path, 5.0).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(keys.MIGRATIONS),)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_file_that_is_damaged_is_named(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(b"nothing of the kind" * 1000)
    with pytest.raises(ConfigurationError, match=f"{path} cannot be opened"):
        KeyRows(path, 5.0)


def test_a_file_of_a_newer_version_is_refused_and_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as newer:
        newer.execute(f"PRAGMA user_version = {len(keys.MIGRATIONS) + 1}")
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="written by a newer version; this server must be upgraded"):
        KeyRows(path, 5.0)
    assert path.read_bytes() == before


def test_a_shared_database_without_the_table_is_refused_with_the_command_that_makes_it(
    empty_database: Postgres,
) -> None:
    migrate_log(empty_database)
    with pytest.raises(ConfigurationError, match="create them with `ringfence audit migrate`"):
        KeyRows(empty_database, 5.0)


def test_a_server_may_add_and_revoke_keys_and_change_nothing_else_of_them(database: Postgres) -> None:
    def run(statement: str, *values: object) -> None:
        connection.execute(sql.SQL(statement).format(sql.Identifier(SCHEMA)), values)

    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("SET ROLE ringfence_writer")
        run("INSERT INTO {}.api_key VALUES ('ak_1', %s, 'crm', 'sales', 'app', '2026')", bytes(32))
        run("UPDATE {}.api_key SET revoked = '2026'")
        run("UPDATE {}.key_change SET number = number + 1")
        for statement in (
            "UPDATE {}.api_key SET role = 'admin'",
            "UPDATE {}.api_key SET hash = ''",
            "DELETE FROM {}.api_key",
            "UPDATE {}.key_change SET since = 0",
            "DELETE FROM {}.key_change",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                run(statement)


def test_keys_are_in_the_home_or_with_the_log(tmp_path: Path) -> None:
    assert keys_place(Settings(home=tmp_path)) == tmp_path / "state.db"
    shared = keys_place(Settings(home=tmp_path, audit_url="postgresql://db.example/ringfence"))
    assert isinstance(shared, Postgres)
