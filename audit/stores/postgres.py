"""Connections to PostgreSQL that are known to be what the log relies on, and its errors in the log's words.

Nothing depends on the state of a session, which a pooler such as pgbouncer may share out by transaction: each
transaction of the writer begins with `BEGIN`, which sets and reads back what it needs.
"""

import select
import time
from collections.abc import Generator, Sequence
from typing import Any, TypeVar

import psycopg
from psycopg import Connection

from audit.errors import AuditMismatch, AuditUnavailable, Reason
from audit.place import Postgres

SCHEMA = "ringfence_audit"
LOCK_MS = 2000
STATEMENT_MS = 3000
IDLE_MS = (1000, 5000)
"""After a writer has vanished in its transaction, the others wait for the head for three quarters of the deadline, or
these bounds: most of them get it before they give up. A writer that lives is never idle for so long."""
MARGIN_S = 1.0
"""What a transaction may take beyond the log's deadline before its connection is given up."""

BEGIN = """
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SELECT current_setting('transaction_isolation'), current_setting('synchronous_commit'),
       current_setting('fsync'), current_setting('full_page_writes'),
       set_config('lock_timeout', '{lock_ms}', true), set_config('statement_timeout', '{statement_ms}', true),
       set_config('idle_in_transaction_session_timeout', '{idle_ms}', true);
"""
SAFE: tuple[tuple[str, Sequence[str]], ...] = (
    ("transaction_isolation", ("read committed",)),  # else the head is read as it was before its lock was waited for
    ("synchronous_commit", ("on", "remote_apply")),  # else what was acknowledged may be lost
    ("fsync", ("on",)),
    ("full_page_writes", ("on",)),
)

_REASONS: dict[str, Reason] = {
    "55P03": "locked",
    "40P01": "locked",
    "57014": "deadline",
    "53100": "full",
    "25006": "read_only",
    "0A000": "read_only",  # BEGIN READ WRITE on a standby
    "22012": "corrupt",  # what the writer divides by is what it found
    "23505": "fork_prevented",
    "XX001": "corrupt",
    "XX002": "corrupt",
}
"""By SQLSTATE; see the appendix on error codes in PostgreSQL's manual."""

Returned = TypeVar("Returned")


def unavailable(error: psycopg.Error) -> AuditUnavailable:
    """Translate the driver's error; its text, which may quote values, is not passed on."""
    return AuditUnavailable(_REASONS.get(error.sqlstate or "", "io"))


class Bounded(Connection[tuple[Any, ...]]):
    """A connection that gives up at `due` (monotonic seconds), even if the server neither answers nor hangs up."""

    due = float("inf")

    def wait(
        self,
        gen: Generator[Any, Any, Returned],
        interval: float = 0.1,
        timeout: float | None = None,
    ) -> Returned:
        """Wait as the driver does, but not beyond `due`."""
        left = max(0.001, self.due - time.monotonic())
        return super().wait(gen, interval, left if timeout is None else min(left, timeout))


def connect(place: Postgres, within_s: float, *, autocommit: bool = True) -> Bounded:
    """Open a connection; raises AuditUnavailable when we are not let in in time, AuditMismatch for an unusable URL."""
    try:
        connection = Bounded.connect(
            place.url,
            autocommit=autocommit,
            prepare_threshold=None,  # a pooler may give the next statement to another session
            connect_timeout=max(2, round(within_s)),
            application_name="ringfence",
            # A server that vanished without a word is noticed within about ten seconds.
            keepalives_idle=5,
            keepalives_interval=2,
            keepalives_count=3,
            tcp_user_timeout=10_000,
        )
    except psycopg.ProgrammingError:
        raise AuditMismatch(f"{place}: the URL of the audit log cannot be read") from None
    except psycopg.Error:
        # Away, or refusing user, password or database: the driver tells them apart only in words, which name the user.
        raise AuditUnavailable("unreachable") from None
    connection.due = time.monotonic() + within_s
    return connection


def is_alive(connection: Bounded) -> bool:
    """Whether an idle connection can be used, without asking the server: one that says something is hanging up."""
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)


def begin(connection: Bounded, deadline_s: float, *more: str) -> list[tuple[Any, ...] | None]:
    """Begin a transaction of the writer and run further statements, each by itself; return the first row of each.

    Raises AuditUnavailable (`unsafe`) when the server would not keep what it acknowledges, and psycopg.Error.
    """
    cursor = connection.execute(_begin(deadline_s) + ";".join(more))
    cursor.nextset()
    found = cursor.fetchone()
    if found is None or unsafe(found) is not None:
        raise AuditUnavailable("unsafe")
    rows = []
    while cursor.nextset():
        rows.append(cursor.fetchone())
    return rows


def _begin(deadline_s: float) -> str:
    limit = max(10, int(deadline_s * 1000))
    least, most = IDLE_MS
    # The lock is given up before the callers give up, so that they hear what was waited for.
    return BEGIN.format(
        lock_ms=min(LOCK_MS, limit * 8 // 10),
        statement_ms=min(STATEMENT_MS, limit),
        idle_ms=min(most, max(least, limit * 3 // 4)),
    )


def unsafe(found: Sequence[Any]) -> str | None:
    """Say which setting is not what the log relies on."""
    for (name, good), value in zip(SAFE, found, strict=False):
        if value not in good:
            return f"{name} is {value}, not {' or '.join(good)}"
    return None


def require_safe(place: Postgres, deadline_s: float) -> None:
    """Refuse at start a server whose settings lose records; raises AuditMismatch, which names the setting."""
    with connect(place, deadline_s + MARGIN_S) as connection:
        try:
            found = connection.execute(_begin(deadline_s))
            found.nextset()
            fault = unsafe(found.fetchone() or ())
            connection.execute("ROLLBACK")
        except psycopg.Error as error:
            raise unavailable(error) from None
    if fault is not None:
        raise AuditMismatch(f"{place}: {fault}")
