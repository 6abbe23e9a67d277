"""One statement at a time against either kind of database, for what asks both the same: retention.

Statements have `?` for values and `{s}` before the names of tables. Any failure is an AuditUnavailable.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
from psycopg.errors import InsufficientPrivilege, RestrictViolation

from audit.errors import AuditMismatch
from audit.place import Place, Postgres
from audit.stores import postgres, sqlite

Run = Callable[..., list[tuple[Any, ...]]]
"""Takes a statement and its values, and returns the rows of its answer."""
CONNECT_S = 10.0
WITHIN_S = 60.0
"""The longest that one statement may take."""
ONE_AT_A_TIME = f"SELECT pg_advisory_xact_lock(hashtext('{postgres.SCHEMA}.retention'))"


def in_file(connection: sqlite3.Connection) -> Run:
    """Return what runs statements in the transaction of a connection."""
    return lambda statement, *values: connection.execute(statement.replace("{s}", ""), values).fetchall()


@contextmanager
def asking(place: Place) -> Iterator[Run]:
    """Ask a log, over a connection that cannot write."""
    if not isinstance(place, Postgres):
        try:
            with closing(sqlite.open_reader(place)) as connection:
                yield in_file(connection)
        except sqlite3.Error as error:
            raise sqlite.unavailable(error) from None
        return
    with _connected(place) as shared:
        shared.read_only = True
        yield _in_database(shared, each=True)


class Changing:
    """Transactions of whoever may take records away from a log in PostgreSQL, each by itself."""

    def __init__(self, place: Postgres) -> None:
        self._place = place

    @contextmanager
    def transaction(self) -> Iterator[Run]:
        """Run statements, none at the same time as another process that takes records away, and commit."""
        with _connected(self._place) as connection:
            connection.execute("SELECT set_config('synchronous_commit', 'on', true)")
            connection.execute(ONE_AT_A_TIME)
            yield _in_database(connection, each=False)
            connection.commit()

    def vacuum(self) -> str:
        """Have the server free what was taken away; return why it did not, or nothing."""
        said: list[str] = []
        with _connected(self._place, autocommit=True) as connection:
            connection.add_notice_handler(lambda notice: said.append(notice.message_primary or ""))
            for table in ("record", "record_label"):
                connection.due = float("inf")
                connection.execute(f"VACUUM {postgres.SCHEMA}.{table}")
        return "this user may not VACUUM; autovacuum will" if said else ""


def _in_database(connection: postgres.Bounded, *, each: bool) -> Run:
    def run(statement: str, *values: object) -> list[tuple[Any, ...]]:
        connection.due = time.monotonic() + WITHIN_S
        made = statement.replace("?", "%s").replace("{s}", f"{postgres.SCHEMA}.")
        cursor = connection.execute(made, values, binary=True)
        found = cursor.fetchall() if cursor.description else []
        if each:
            connection.rollback()
        return found

    return run


@contextmanager
def _connected(place: Postgres, *, autocommit: bool = False) -> Iterator[postgres.Bounded]:
    with closing(postgres.connect(place, CONNECT_S, autocommit=autocommit)) as connection:
        connection.due = time.monotonic() + WITHIN_S
        try:
            yield connection
        except (InsufficientPrivilege, RestrictViolation) as error:
            what = "may not take records away; GRANT ringfence_retention to it"
            if isinstance(error, RestrictViolation):
                what = "was refused by the database: nothing in the log says that this may go"
            raise AuditMismatch(f"{place}: this user {what}") from None
        except psycopg.Error as error:
            raise postgres.unavailable(error) from None
