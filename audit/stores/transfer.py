"""Moves rows between a database in PostgreSQL and files of the same tables, as they are.

A backup of a log in PostgreSQL is the same files as one of a log in a file, and not a dump: so it is verified before
anything of it is written, needs no program of the database's version, and brings no schema, trigger or function of its
own, for those are what this version's migrations make. Names of tables and columns come from there alone.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
from psycopg import IsolationLevel

from audit.errors import AuditMismatch
from audit.place import Postgres
from audit.stores.postgres import SCHEMA, Bounded, connect, unavailable
from audit.stores.sqlite import open_reader
from audit.stores.sqlite import unavailable as sqlite_unavailable

LOG = ("head", "record", "record_label", "bundle_text", "checkpoint", "pruning", "pruned")
"""In the order in which their triggers let them be filled. Leases are not moved: no writer lives in a copy."""
TILES = "only_grows"
"""The trigger that holds a tile of `pruned` to the records that it stands for, which are gone in a copy."""
CONNECT_S = 10.0
PAGE = 1000


@contextmanager
def snapshot(place: Postgres) -> Iterator[Bounded]:
    """Lend a connection that reads everything as it is at one moment, and holds up nobody who writes."""
    with _connected(place) as connection:
        connection.isolation_level, connection.read_only = IsolationLevel.REPEATABLE_READ, True
        yield connection


@contextmanager
def filling(place: Postgres) -> Iterator[Bounded]:
    """Lend a connection in a transaction that ends with the block: then all of it is there, or nothing."""
    with _connected(place) as connection:
        yield connection
        connection.commit()


def log_to_file(connection: Bounded, path: Path) -> None:
    """Copy a log into a file that has the tables of one, and no rows; raises AuditUnavailable."""
    with _file(path) as file:
        (tiles,) = file.execute("SELECT sql FROM sqlite_master WHERE name = 'pruned_only_grows'").fetchone()
        file.execute("DROP TRIGGER pruned_only_grows")
        _to_file(connection, SCHEMA, LOG, file)
        file.execute(tiles)


def log_from_file(connection: Bounded, path: Path) -> None:
    """Copy a log out of a file into the tables that `ringfence audit migrate` made, with its generation raised.

    No server can begin one there meanwhile. Raises AuditMismatch where one did, and AuditUnavailable.
    """
    connection.execute(f"LOCK TABLE {SCHEMA}.head IN EXCLUSIVE MODE")
    require_empty(connection, SCHEMA, LOG)
    connection.execute(f"ALTER TABLE {SCHEMA}.pruned DISABLE TRIGGER {TILES}")
    from_file(connection, SCHEMA, LOG, path)
    connection.execute(f"ALTER TABLE {SCHEMA}.pruned ENABLE ALWAYS TRIGGER {TILES}")


def to_file(connection: Bounded, schema: str, tables: Iterable[str], path: Path) -> None:
    """Copy tables into those of the same names in a file; raises AuditUnavailable."""
    with _file(path) as file:
        _to_file(connection, schema, tables, file)


def from_file(connection: Bounded, schema: str, tables: Iterable[str], path: Path) -> None:
    """Copy tables out of a file into those of the same names; raises AuditUnavailable."""
    try:
        with closing(open_reader(path)) as file:
            for table in tables:
                columns = ", ".join(_columns(connection, schema, table))
                values = columns.replace("generation", "generation + 1")
                rows = file.execute(f"SELECT {values} FROM {table} ORDER BY 1")  # noqa: S608 - of the migrations
                with (
                    connection.cursor() as cursor,
                    cursor.copy(f"COPY {schema}.{table} ({columns}) FROM STDIN") as copy,
                ):
                    for row in rows:
                        copy.write_row(row)
    except sqlite3.Error as error:
        raise sqlite_unavailable(error) from None


def require_empty(connection: Bounded, schema: str, tables: Iterable[str]) -> None:
    """Refuse tables with anything in them; raises AuditMismatch. Those that are not there are empty."""
    for table in tables:
        name = f"{schema}.{table}"
        there = connection.execute("SELECT to_regclass(%s)", (name,)).fetchone() != (None,)
        if there and connection.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone() is not None:  # noqa: S608
            raise AuditMismatch(
                f"the table {name} is not empty: a restore replaces nothing; name another, empty database in audit_url"
            )


def _to_file(connection: Bounded, schema: str, tables: Iterable[str], file: sqlite3.Connection) -> None:
    for table in tables:
        columns = _columns(connection, schema, table)
        names, places = ", ".join(columns), ", ".join("?" * len(columns))
        with connection.cursor(f"ringfence_{table}") as cursor:
            cursor.itersize = PAGE
            cursor.execute(f"SELECT {names} FROM {schema}.{table} ORDER BY 1", binary=True)  # noqa: S608
            file.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", cursor)  # noqa: S608


def _columns(connection: Bounded, schema: str, table: str) -> list[str]:
    query = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
    return [name for (name,) in connection.execute(f"{query} ORDER BY attnum", (f"{schema}.{table}",))]


@contextmanager
def _connected(place: Postgres) -> Iterator[Bounded]:
    try:
        with closing(connect(place, CONNECT_S, autocommit=False)) as connection:
            connection.due = float("inf")
            yield connection
    except psycopg.errors.InsufficientPrivilege:
        raise AuditMismatch(f"{place}: this user may not do this") from None
    except psycopg.Error as error:
        raise unavailable(error) from None


@contextmanager
def _file(path: Path) -> Iterator[sqlite3.Connection]:
    """Lend a file in one transaction."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as file:
            file.execute("BEGIN IMMEDIATE")
            yield file
            file.execute("COMMIT")
    except sqlite3.Error as error:
        raise sqlite_unavailable(error) from None
