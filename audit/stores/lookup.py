"""Records read back beside the writer, one by one: what is sent must stand in the database, not only in a receipt.

Used by one thread at a time; every failure is an AuditUnavailable.
"""

import sqlite3
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import psycopg

from audit.place import Postgres
from audit.stores import postgres, sqlite

FIND = "SELECT body, bh FROM record WHERE id = ?"
FIND_ALL = "SELECT group_concat(id || hex(bh) || CAST(body AS TEXT), char(10)) FROM record WHERE id IN "
ID, HASH = 36, 64
NOW = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
FIND_SHARED = f"SELECT body, bh FROM {postgres.SCHEMA}.record WHERE id = %s"  # noqa: S608 - a constant


class Lookup(Protocol):
    """One log."""

    def find(self, record_id: str) -> tuple[bytes, bytes] | None:
        """Return the stored body of a record, and its stored hash."""

    def now(self) -> int | None:
        """Return what the clock of the database says, in nanoseconds since 1970; None where it is this machine's."""

    def close(self) -> None:
        """Release the connection; it is opened again when it is needed."""


class SqliteLookup:
    """Reads records back over a connection that cannot write."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def find(self, record_id: str) -> tuple[bytes, bytes] | None:
        """Return the stored body of a record, and its stored hash."""
        row = self._one(FIND, record_id)
        return None if row is None else (row[0], row[1])

    def find_all(self, ids: Sequence[str]) -> list[tuple[str, bytes, bytes]]:
        """Return (id, body, body hash) of those records that are there, as far as their bodies are text.

        The answer is one row: for each of many, the interpreter would be given up and awaited.
        """
        row = self._one(f"{FIND_ALL}({', '.join('?' * len(ids))})", *ids)
        found = row[0].split("\n") if row is not None and row[0] is not None else ()
        return [(one[:ID], one[ID + HASH :].encode(), bytes.fromhex(one[ID : ID + HASH])) for one in found]

    def now(self) -> int | None:
        """Return None: there is no other clock."""

    def close(self) -> None:
        """Release the connection; it is opened again when it is needed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _one(self, query: str, *values: str) -> tuple[Any, ...] | None:
        try:
            if self._connection is None:
                self._connection = sqlite.open_reader(self._path)
            row: tuple[Any, ...] | None = self._connection.execute(query, values).fetchone()
        except sqlite3.Error as error:
            self.close()
            raise sqlite.unavailable(error) from None
        return row


class PostgresLookup:
    """Reads records back over a connection of its own."""

    def __init__(self, place: Postgres, deadline_s: float) -> None:
        self._place = place
        self._deadline_s = deadline_s
        self._connection: postgres.Bounded | None = None

    def find(self, record_id: str) -> tuple[bytes, bytes] | None:
        """Return the stored body of a record, and its stored hash."""
        row = self._one(FIND_SHARED, record_id)
        return None if row is None else (row[0], row[1])

    def now(self) -> int | None:
        """Return what the server's clock says."""
        row = self._one(NOW)
        return None if row is None else int(row[0]) * 1000

    def close(self) -> None:
        """Release the connection; it is opened again when it is needed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()

    def _one(self, query: str, *values: str) -> tuple[Any, ...] | None:
        try:
            if self._connection is None or not postgres.is_alive(self._connection):
                self.close()
                self._connection = postgres.connect(self._place, self._deadline_s)
            self._connection.due = time.monotonic() + self._deadline_s
            return self._connection.execute(query, values, binary=True).fetchone()
        except psycopg.Error as error:
            self.close()
            raise postgres.unavailable(error) from None
