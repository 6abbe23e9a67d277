"""Servers make their own file; a shared database is changed by one command, and by no server."""

import asyncio
import secrets
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from databases import migrate
from psycopg import errors, sql
from sqlalchemy import inspect
from typer.testing import CliRunner

from audit.place import Place, Postgres, place_of
from audit.stores.migrate import migrate_postgres as migrate_log
from proxy import cli
from proxy.errors import ConfigurationError
from proxy.state import held, schema
from proxy.state.database import Database
from proxy.state.engines import SCHEMA, open_engine
from proxy.state.held import Held, HeldStates
from proxy.state.schema import migrate_postgres

NEXT = (*schema.REVISIONS, ("CREATE TABLE {schema}added (name {key} PRIMARY KEY, n {int}) {options}",))


def open_and_close(place: Place) -> None:
    Database.open(place, 5.0).close()


def count(place: Place, number: int) -> None:
    """Say how many revisions a database has."""
    if isinstance(place, Postgres):
        with psycopg.connect(place.url) as owner:
            owner.execute(sql.SQL("UPDATE {}.revision SET number = {}").format(sql.Identifier(SCHEMA), number))
    else:
        with closing(sqlite3.connect(place, isolation_level=None)) as writer:
            writer.execute("UPDATE revision SET number = ?", (number,))


def test_the_tables_are_those_that_the_statements_name(place: Place) -> None:
    assert held.metadata is schema.metadata
    open_and_close(place)
    engine = open_engine(place, 5.0)
    where = SCHEMA if isinstance(place, Postgres) else None
    with engine.connect() as connection:
        for name, table in schema.metadata.tables.items():
            made = {column["name"] for column in inspect(connection).get_columns(name, where)}
            assert made == set(table.columns.keys()), name
    engine.dispose()


def test_a_shared_database_without_the_tables_is_refused_with_the_command_that_makes_them(
    empty_database: Postgres,
) -> None:
    migrate_log(empty_database)
    with pytest.raises(ConfigurationError, match="create them with `ringfence audit migrate`"):
        open_and_close(empty_database)
    with psycopg.connect(empty_database.url) as reader:
        assert reader.execute(f"SELECT to_regnamespace('{SCHEMA}')").fetchone() == (None,)
    migrate_postgres(empty_database)
    open_and_close(empty_database)


def test_the_command_that_makes_the_log_makes_them_as_well_as_often_as_it_is_given(empty_database: Postgres) -> None:
    for _ in range(2):
        ran = CliRunner().invoke(cli.app, ["audit", "migrate", "--db", empty_database.url])
        assert ran.exit_code == 0, ran.output
        open_and_close(empty_database)


def test_four_who_migrate_at_once_do_it_once(empty_database: Postgres) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate, [empty_database] * 4))
    open_and_close(empty_database)


def test_a_newer_database_is_refused_and_left_alone(place: Place) -> None:
    open_and_close(place)
    count(place, len(schema.REVISIONS) + 1)
    for use in (open_and_close, schema.require_known):
        with pytest.raises(ConfigurationError, match="newer version; this server must be upgraded"):
            use(place)
    if isinstance(place, Postgres):
        with pytest.raises(ConfigurationError, match="newer version"):
            migrate_postgres(place)
    count(place, len(schema.REVISIONS))
    open_and_close(place)


def test_what_is_not_there_or_cannot_be_read_is_left_to_whoever_opens_it(tmp_path: Path) -> None:
    schema.require_known(tmp_path / "shared.db")
    assert not (tmp_path / "shared.db").exists()
    (tmp_path / "shared.db").write_bytes(b"no database" * 100)
    schema.require_known(tmp_path / "shared.db")
    away = place_of("postgresql://nobody@127.0.0.1:1/none")
    schema.require_known(away)


def test_an_older_database_is_upgraded_with_what_is_in_it(
    place: Place, opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def remember() -> None:
        async with opened(place) as database:
            await HeldStates(database).remember("sales", "file", ["file-1"], Held("onprem", "local", "a" * 64))

    async def find() -> Held | None:
        async with opened(place) as database:
            found: Held | None = await HeldStates(database).find("sales", "file", "file-1")
            return found

    asyncio.run(remember())
    monkeypatch.setattr(schema, "REVISIONS", NEXT)
    if isinstance(place, Postgres):
        with pytest.raises(ConfigurationError, match="older version; run `ringfence audit migrate`"):
            open_and_close(place)
        migrate_postgres(place)
    assert asyncio.run(find()) == Held("onprem", "local", "a" * 64)


def test_an_upgrade_that_fails_changes_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    open_and_close(place)
    with monkeypatch.context() as patch:
        patch.setattr(schema, "REVISIONS", (*NEXT, ("CREATE TABLE {schema}held (x {int}) {options}",)))
        with pytest.raises(Exception, match="cannot be"):
            migrate_postgres(place) if isinstance(place, Postgres) else open_and_close(place)
    open_and_close(place)
    monkeypatch.setattr(schema, "REVISIONS", NEXT)
    migrate_postgres(place) if isinstance(place, Postgres) else open_and_close(place)


@contextmanager
def login(place: Postgres, *roles: str) -> Iterator[Postgres]:
    """Yield the place as a new user sees it, who has some roles."""
    name = f"ringfence_test_{secrets.token_hex(4)}"
    database = place.url.rpartition("/")[2]
    with psycopg.connect(place.url, autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE USER {}").format(sql.Identifier(name)))
        for role in roles:
            owner.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(name)))
        host = f"{owner.info.host}:{owner.info.port}"
        try:
            found = place_of(f"postgresql://{name}@{host}/{database}")
            assert isinstance(found, Postgres)
            yield found
        finally:
            owner.execute(sql.SQL("DROP USER {}").format(sql.Identifier(name)))


def test_a_server_may_use_the_tables_and_change_neither_them_nor_their_number(database: Postgres, opened: Any) -> None:
    async def use(place: Postgres) -> None:
        async with opened(place) as found:
            states = HeldStates(found)
            await states.remember("sales", "file", ["file-1"], Held("onprem", "local", "a" * 64))
            await states.forget("sales", "file", "file-1")

    with login(database, "ringfence_writer") as server:
        asyncio.run(use(server))
        with psycopg.connect(server.url, autocommit=True) as connection:
            for statement in (
                "UPDATE {}.revision SET number = 9",
                "DROP TABLE {}.held",
                "ALTER TABLE {}.held ADD x int",
                "TRUNCATE {}.held",
                "CREATE TABLE {}.more (x int)",
            ):
                with pytest.raises(errors.InsufficientPrivilege):
                    connection.execute(sql.SQL(statement).format(sql.Identifier(SCHEMA)))


@pytest.mark.parametrize("role", [None, "ringfence_reader", "ringfence_signer"])
def test_who_is_no_server_reads_nothing_and_is_told_what_is_missing(database: Postgres, role: str | None) -> None:
    with login(database, *([role] if role else [])) as other:
        with psycopg.connect(other.url, autocommit=True) as connection, pytest.raises(errors.InsufficientPrivilege):
            connection.execute(sql.SQL("SELECT * FROM {}.held").format(sql.Identifier(SCHEMA)))
        with pytest.raises(ConfigurationError, match="GRANT ringfence_writer"):
            open_and_close(other)


def test_who_may_not_make_schemas_is_told_so_without_the_words_of_the_driver(empty_database: Postgres) -> None:
    with login(empty_database) as nobody, pytest.raises(ConfigurationError, match="may not create or change") as told:
        migrate_postgres(nobody)
    assert "permission denied" not in told.value.message


def test_a_file_that_a_server_makes_is_for_its_owner_only(tmp_path: Path) -> None:
    open_and_close(tmp_path / "shared.db")
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
