"""Connections that end when they should, transactions that are whole, and errors in a word."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from harness import eventually
from psycopg import errors
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from audit.errors import AuditMismatch, AuditUnavailable
from audit.place import Place, Postgres
from proxy.state.database import Database
from proxy.state.engines import SCHEMA, connected, open_engine, reason, transaction

ROW = "('{}', 'onprem', 'local', 'a', 1, 0)"


@pytest.fixture
def engine(place: Place) -> Iterator[Engine]:
    Database.open(place, 5.0).close()
    made = open_engine(place, 5.0)
    yield made
    made.dispose()


def held(engine: Engine) -> str:
    return "held" if engine.dialect.name == "sqlite" else f"{SCHEMA}.held"


def insert(engine: Engine, letter: str) -> str:
    return f"INSERT INTO {held(engine)} VALUES {ROW.format(letter * 64)}"  # noqa: S608 - constants


def count(engine: Engine) -> int:
    with connected(engine, time.monotonic() + 5) as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {held(engine)}")).scalar_one())  # noqa: S608 - the same


def execute(engine: Engine, *statements: str, within_s: float = 5.0) -> None:
    with connected(engine, time.monotonic() + within_s) as connection:
        for statement in statements:
            connection.execute(text(statement))


def execute_all_or_none(engine: Engine, *statements: str, within_s: float = 5.0, then: Exception | None = None) -> None:
    with connected(engine, time.monotonic() + 5) as connection, transaction(connection, within_s):
        for statement in statements:
            connection.execute(text(statement))
        if then is not None:
            raise then


def test_a_statement_by_itself_is_kept_and_a_transaction_as_a_whole(engine: Engine) -> None:
    execute(engine, insert(engine, "a"))
    execute_all_or_none(engine, insert(engine, "b"), insert(engine, "c"))
    assert count(engine) == 3


def test_a_transaction_that_fails_is_taken_back(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError):
        execute_all_or_none(engine, insert(engine, "a"), then=ZeroDivisionError())
    with pytest.raises(AuditUnavailable):
        execute_all_or_none(engine, insert(engine, "a"), "SELECT nothing FROM nowhere")
    assert count(engine) == 0


def test_a_connection_that_failed_is_not_lent_again(engine: Engine) -> None:
    seen = set()
    for statement in ("SELECT 1", "SELECT 1", "SELECT nothing FROM nowhere", "SELECT 1"):
        try:
            with connected(engine, time.monotonic() + 5) as connection:
                seen.add(connection.connection.dbapi_connection)
                connection.execute(text(statement))
        except AuditUnavailable as error:
            assert (error.reason, statement) == ("io", "SELECT nothing FROM nowhere")  # noqa: PT017 - one of four
    assert len(seen) == 2


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (sqlite3.OperationalError("a secret"), "io"),
        (errors.LockNotAvailable("a secret"), "locked"),
        (errors.DiskFull("a secret"), "full"),
        (errors.ReadOnlySqlTransaction("a secret"), "read_only"),
        (errors.QueryCanceled("a secret"), "deadline"),
        (errors.ConnectionFailure("a secret"), "io"),
        (ValueError("a secret"), "io"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_a_driver_says_becomes_a_word(error: Exception, word: str) -> None:
    made = OperationalError("SELECT", {}, error)
    assert isinstance(made, DBAPIError)
    assert reason(made) == word


def waiting(place: Postgres) -> int:
    """How many statements the server still works on for somebody."""
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'ringfence'"
    )
    with psycopg.connect(place.url) as reader:
        row = reader.execute(f"{query} AND state = 'active'").fetchone()
        assert row is not None
        return int(row[0])


def test_the_server_does_not_go_on_with_what_nobody_waits_for(database: Postgres) -> None:
    engine = open_engine(database, 5.0)
    execute(engine, "SELECT 1")
    with psycopg.connect(database.url) as owner:
        owner.execute(f"LOCK TABLE {SCHEMA}.held")
        with pytest.raises(AuditUnavailable, match="deadline"):
            execute(engine, insert(engine, "a"), within_s=0.2)
        eventually(lambda: waiting(database) == 0)
        with pytest.raises(AuditUnavailable, match="deadline"):
            execute_all_or_none(engine, insert(engine, "a"), within_s=0.1)
    assert count(engine) == 0
    engine.dispose()


def test_a_file_that_is_gone_is_not_made_again(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "gone.db", 5.0)
    with pytest.raises(AuditUnavailable):
        execute(engine, "SELECT 1")
    assert list(tmp_path.iterdir()) == []
    engine.dispose()


def test_a_user_without_the_right_to_it_is_told_what_to_grant(database: Postgres) -> None:
    engine = open_engine(database, 5.0)
    with pytest.raises(AuditMismatch, match="GRANT ringfence_writer"):
        execute(engine, "SET ROLE ringfence_reader", f"SELECT * FROM {SCHEMA}.held")  # noqa: S608 - a constant
    engine.dispose()
