"""How the state is reached: a SQLite file of one server, or the database of a log that several servers write.

A statement outside of a transaction commits by itself, and is durable when it returns. Nothing depends on the state of
a session, which a pooler may share out: connections and their errors are those of the log.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.pool import QueuePool

from audit.errors import AuditMismatch, AuditUnavailable, Reason
from audit.place import Place, Postgres
from audit.stores import postgres, sqlite

SCHEMA = "ringfence_state"
CONNECTIONS = 4
"""Of each server to PostgreSQL. A SQLite file has one writer at a time: one connection never waits for another."""
CANCEL_S = 1.0
BEGIN = {
    "sqlite": "BEGIN IMMEDIATE",
    "postgresql": "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = {limit}; "
    "SET LOCAL idle_in_transaction_session_timeout = {limit}",
}


def open_engine(place: Place, deadline_s: float) -> Engine:
    """Return what makes connections, none of them yet. An operation may take `deadline_s`, in seconds.

    A SQLite file has to be there. With `AuditUnavailable` and `AuditMismatch`, connecting says why it cannot be done.
    """
    if not isinstance(place, Postgres):
        busy_ms = min(sqlite.MAX_BUSY_MS, int(deadline_s * 1000))
        return create_engine(
            "sqlite://",
            creator=lambda: sqlite.open_writer(place, busy_ms),
            poolclass=QueuePool,
            pool_size=1,
            max_overflow=0,
            isolation_level="AUTOCOMMIT",
        )
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: postgres.connect(place, deadline_s),
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=deadline_s,
        use_native_hstore=False,
        isolation_level="AUTOCOMMIT",
    )
    event.listen(engine, "checkout", _require_alive)
    return engine.execution_options(schema_translate_map={None: SCHEMA})


@contextmanager
def connected(engine: Engine, due: float) -> Iterator[Connection]:
    """Lend a connection until `due` (monotonic seconds). One that failed is closed, and never lent again.

    Raises AuditUnavailable, whatever the driver's error was, and AuditMismatch.
    """
    try:
        with engine.connect() as connection:
            lent: Any = connection.connection.dbapi_connection
            if isinstance(lent, postgres.Bounded):
                lent.due = due
            try:
                yield connection
            except DBAPIError:
                _end(lent)
                connection.invalidate()
                raise
    except DBAPIError as error:
        if isinstance(error.orig, InsufficientPrivilege):
            raise AuditMismatch(f"this user may not use the schema {SCHEMA}; GRANT ringfence_writer to it") from None
        late = time.monotonic() >= due
        raise AuditUnavailable("deadline" if late else reason(error)) from None


@contextmanager
def transaction(connection: Connection, deadline_s: float) -> Iterator[None]:
    """Let all statements within become durable together, or none."""
    begin = BEGIN[connection.dialect.name].format(limit=max(10, int(deadline_s * 1000)))
    connection.exec_driver_sql(begin, execution_options={"no_parameters": True})
    try:
        yield
    except DBAPIError:
        raise  # its connection is closed, which takes everything back
    except BaseException:
        connection.exec_driver_sql("ROLLBACK")
        raise
    connection.exec_driver_sql("COMMIT")


def reason(error: DBAPIError) -> Reason:
    """Translate the driver's error; its text, which may quote values, is not passed on."""
    match error.orig:
        case sqlite3.Error():
            return sqlite.unavailable(error.orig).reason
        case psycopg.Error():
            return postgres.unavailable(error.orig).reason
        case _:
            return "io"


def _end(connection: Any) -> None:
    """Let the server stop what it may still be at: it would wait on for a lock, though nobody waits for it."""
    if isinstance(connection, postgres.Bounded):
        with suppress(psycopg.Error):
            connection.cancel_safe(timeout=CANCEL_S)


def _require_alive(connection: Any, *_: object) -> None:
    if isinstance(connection, postgres.Bounded) and not postgres.is_alive(connection):
        raise DisconnectionError
