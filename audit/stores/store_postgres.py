"""The log in a PostgreSQL database: many processes, one writer thread and connection each, a batch a transaction.

The head row is locked in a statement of its own under READ COMMITTED, so that what is read is what the writer before
left; the lock is held until the commit is flushed. `UNIQUE (prev)` stands behind it: a fork cannot be committed.

Whether the writer of an open attempt still lives is said by its lease, a row that it renews; the server's clock alone
judges them. The lease names the first record that may still lack an outcome, so that nobody searches the whole log.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg.errors import UniqueViolation

from audit.errors import AuditUnavailable, Reason, RecordRefused
from audit.pending import Pending
from audit.place import Postgres
from audit.records.jcs import NotCanonicalError, parse
from audit.seen import Seen, fault
from audit.stores import arrays
from audit.stores.leases import CLAIM, END_LEASES, LEASE_S, LET_LAPSE, OPEN_ATTEMPTS, RENEW, RENEW_S
from audit.stores.postgres import MARGIN_S, SCHEMA, Bounded, begin, connect, is_alive, unavailable
from audit.stores.pruned import gone
from audit.stores.store import (
    COLUMNS,
    Head,
    Linked,
    Links,
    Prepared,
    Stored,
    Tail,
    labels_of,
    link_all,
    values_of,
    with_gone,
)

TYPES = ("int8", "text", "bytea", "bytea", "bytea", "text", "int4", *("text",) * 2, "int4", *("text",) * 4, "bytea")
LABEL_TYPES = ("text", "text", "int8")
INSERT = f"""
INSERT INTO {SCHEMA}.record ({COLUMNS})
SELECT * FROM unnest({", ".join(f"%b::{kind}[]" for kind in TYPES)})"""  # noqa: S608 - constants, here and below
INSERT_LABELS = f"""
INSERT INTO {SCHEMA}.record_label (what, name, seq)
SELECT * FROM unnest({", ".join(f"%b::{kind}[]" for kind in LABEL_TYPES)})"""  # noqa: S608
LOCK_HEAD = f"SELECT log_id, size, hash, generation FROM {SCHEMA}.head FOR UPDATE"  # noqa: S608
LINK_AT = f"SELECT link FROM {SCHEMA}.record WHERE seq = {{seq}}"  # noqa: S608
MOVE_HEAD = f"""
WITH moved AS (
  UPDATE {SCHEMA}.head SET size = %s, hash = %s WHERE log_id = %s AND size = %s AND hash = %s RETURNING 1)
SELECT 1 / count(*) FROM moved"""  # noqa: S608
"""Divides by zero where the head did not move, so that COMMIT, which is sent with it, is not run."""
NEWEST_CHECKPOINT = f"SELECT size, note FROM {SCHEMA}.checkpoint ORDER BY size DESC LIMIT 1"  # noqa: S608
TILES = f"SELECT first, prev, bhs FROM {SCHEMA}.pruned WHERE first < %s ORDER BY first DESC LIMIT %s"  # noqa: S608
READ_BACK = f"SELECT id, body, bh FROM {SCHEMA}.record WHERE id = ANY(%s)"  # noqa: S608


class _Taken(AuditUnavailable):
    """The place behind the head, or an id, is taken already."""

    def __init__(self) -> None:
        super().__init__("fork_prevented")


class PostgresStore:
    """The writer's side of the database: `audit.stores.store.Store`, for one of several processes."""

    lease_s: float | None = RENEW_S

    def __init__(self, place: Postgres, epoch: str, deadline_s: float, kept: Seen | None = None) -> None:
        self._place = place
        self._epoch = epoch
        self._deadline_s = deadline_s
        self._connection: Bounded | None = None
        self._kept = kept
        self._seen: tuple[Head, int] | None = None
        self._fatal: Reason | None = None
        self._written: Sequence[Prepared] = ()
        self._doubt: Sequence[Prepared] = ()
        self._back: Sequence[tuple[str, bytes, bytes]] = ()
        self.pending = Pending()
        self._renewed = float("-inf")
        self.waiting = False
        self.in_doubt = False
        self.forks_prevented = 0
        """How often the database refused a second record behind the same one."""

    def begin(self, log_id: bytes, prev: bytes, genesis: Prepared) -> Linked | None:
        """Create the head and the genesis record in one transaction; None when another writer has just done so."""
        try:
            return self._transact([genesis], Head(log_id, 0, prev))[0]
        except _Taken:
            return None

    def commit(self, rows: Sequence[Prepared]) -> list[Linked]:
        """Link and append all rows in one transaction; durable when it returns, rolled back when it raises.

        After an error of COMMIT the rows are looked up on a new connection, behind the lock of the head: until then
        the transaction may still be under way in the server. A record that the database refused because another one
        follows the same parent is linked once more, to the head as it is then.
        """
        try:
            return self._transact(rows, None)
        except _Taken:
            self.forks_prevented += 1
            return self._transact(rows, None)

    def head(self) -> Head | None:
        """Return the stored head; None before genesis."""
        rows = self._read(f"SELECT log_id, size, hash FROM {SCHEMA}.head")  # noqa: S608 - a constant
        return Head(*rows[0]) if rows else None

    def find(self, record_id: str) -> Stored | None:
        """Look a record up by its id."""
        rows = self._read(f"SELECT seq, link, body FROM {SCHEMA}.record WHERE id = %s", record_id)  # noqa: S608
        return Stored(rows[0][0], rows[0][1], _parsed(rows[0][2])) if rows else None

    def tail(self, count: int, size: int) -> Tail:
        """Return the last records of the first `size`, oldest first."""
        query = f"""
            SELECT seq, prev, bh, link, body FROM {SCHEMA}.record WHERE seq < %s ORDER BY seq DESC LIMIT %s"""  # noqa: S608
        rows = [(seq, prev, bh, end, body) for seq, prev, bh, end, body in self._read(query, size, count)[::-1]]
        tiles = [(first, prev, bhs) for first, prev, bhs in self._read(TILES, size, count)[::-1]]
        head = self.head() if tiles else None
        return rows if head is None else with_gone(rows, head.log_id, tiles, count, size)

    def of_kind(self, kind: str) -> Iterable[bytes]:
        """Return the bodies of one kind, in order. Meant for kinds of which there are few."""
        query = f"SELECT body FROM {SCHEMA}.record WHERE kind = %s ORDER BY seq"  # noqa: S608
        return [row[0] for row in self._read(query, kind)]

    def open_attempts(self) -> list[tuple[str, int]]:
        """Renew the own lease; return the open attempts of writers whose lease has lapsed.

        They are claimed by renewing their lease, and it ends when nothing of theirs is open any more. Whoever claims
        and dies leaves them to the next. Who could not renew its own lease in time claims none, for the others had no
        chance either. A writer that alone was cut off for so long may still write the outcome that it knows, behind
        the one that says `unknown_after_crash`.
        """
        if self._doubt:
            self._settle()
        with self._transaction() as connection:
            begin(connection, self._deadline_s)
            in_time = time.monotonic() - self._renewed < LEASE_S / 2
            size = connection.execute(f"SELECT size FROM {SCHEMA}.head").fetchone()  # noqa: S608
            self._renew(connection, size[0] if size else 0)
            claimed = dict(connection.execute(CLAIM, (self._epoch, in_time)).fetchall())
            found = []
            if claimed:
                rows = connection.execute(OPEN_ATTEMPTS, (min(claimed.values()),), binary=True).fetchall()
                found = [(dec, attempt, _parsed(body)["w"]["epoch"]) for dec, attempt, body in rows]
            mine = [(dec, attempt, epoch) for dec, attempt, epoch in found if epoch in claimed]
            done = claimed.keys() - {epoch for _, _, epoch in mine}
            connection.execute(END_LEASES, (list(done),))
            connection.execute("COMMIT")
        return [(dec, attempt) for dec, attempt, _ in mine]

    def read_back(self, ids: Sequence[str]) -> Sequence[tuple[str, bytes, bytes]]:
        """Return (id, body, body hash) of records of the last batch, as they were asked for right behind its COMMIT."""
        return [row for row in self._back if row[0] in ids]

    def next_n(self, epoch: str) -> int:
        """Return the counter of the epoch's next record, once it is known what became of its last batch."""
        if self._doubt:
            self._settle()
        self.in_doubt = False
        if not self._written:
            return 0
        w = _parsed(self._written[-1].body)["w"]
        return int(w["n"]) + 1 if w["epoch"] == epoch else 0

    def put_text(self, sha256: str, text: bytes) -> None:
        """Archive a text under its digest; once is enough."""
        query = f"INSERT INTO {SCHEMA}.bundle_text (sha256, text) VALUES (%s, %b) ON CONFLICT DO NOTHING"  # noqa: S608
        with self._transaction() as connection:
            begin(connection, self._deadline_s)
            connection.execute(query, (sha256, text))
            connection.execute("COMMIT")

    def put_checkpoint(self, size: int, note: bytes) -> None:
        """Store a signed checkpoint; once is enough. RecordRefused where it does not follow those that are stored."""
        with self._transaction() as connection:
            head = begin(connection, self._deadline_s, LOCK_HEAD)[0]
            newest = connection.execute(NEWEST_CHECKPOINT, binary=True).fetchone()
            if newest == (size, note):
                connection.execute("ROLLBACK")
                return
            if newest is not None and newest[0] >= size:
                raise RecordRefused("checkpoint", ".size", "one of as many records or more is stored")
            if head is None or head[1] < size:
                raise RecordRefused("checkpoint", ".size", "the log has fewer records")
            connection.execute(f"INSERT INTO {SCHEMA}.checkpoint (size, note) VALUES (%s, %b)", (size, note))  # noqa: S608
            connection.execute("COMMIT")

    def keep(self, *, now: bool = False) -> float:
        """Note outside the database how far it was written, now and then; return when (monotonic) it is to be asked."""
        if self._kept is None or self._seen is None:
            return float("inf")
        return self._kept.keep(self._seen[0], now=now or self._fatal is not None)

    def close(self) -> None:
        """Release the connection and the lease: what is left open may be closed by others at once."""
        self.keep(now=True)
        if self._connection is not None and not self._doubt:
            with suppress(psycopg.Error, AuditUnavailable):
                if self.pending:
                    self._opened().execute(LET_LAPSE, (self.pending.oldest(), self._epoch))
                else:
                    self._opened().execute(END_LEASES, ([self._epoch],))
        self._drop()

    def _opened(self) -> Bounded:
        if self._fatal is not None:
            raise AuditUnavailable(self._fatal)
        patience = self._deadline_s + MARGIN_S
        if self._connection is None or not is_alive(self._connection):
            self._drop()
            self._connection = connect(self._place, patience)
            arrays.adapt(self._connection)
        self._connection.due = time.monotonic() + patience
        return self._connection

    @contextmanager
    def _transaction(self) -> Iterator[Bounded]:
        """Hand out the connection, and give it up whatever goes wrong in the block; errors of the driver are told."""
        try:
            yield self._opened()
        except UniqueViolation:
            self._drop()
            raise _Taken from None
        except psycopg.Error as error:
            self._drop()
            raise unavailable(error) from None
        except BaseException:
            self._drop()
            raise

    def _read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._transaction() as connection:
            return connection.execute(query, values, binary=True).fetchall()

    def _transact(self, rows: Sequence[Prepared], new_head: Head | None) -> list[Linked]:
        with self._transaction() as connection:
            old, generation = self._lock(connection, new_head)
            links, new = link_all(old, rows)
            done = self._append(connection, rows, links, old, new)
        if not done:
            self._doubt = ()
            raise AuditUnavailable("io")
        linked = [to for _, to in links]
        self._take(rows, linked)
        self._seen = new, generation
        return linked

    def _lock(self, connection: Bounded, new_head: Head | None) -> tuple[Head, int]:
        """Begin the transaction and lock the head; raises `behind` unless it extends what this process saw."""
        if new_head is not None:
            begin(connection, self._deadline_s)
            query = f"INSERT INTO {SCHEMA}.head (log_id, size, hash) VALUES (%b, %s, %b)"  # noqa: S608
            connection.execute(query, (new_head.log_id, new_head.size, new_head.hash))
            return new_head, 0
        seen = self._seen
        more = [] if seen is None else [LINK_AT.format(seq=seen[0].size - 1)]
        self.waiting = True
        try:
            found, *at = begin(connection, self._deadline_s, LOCK_HEAD, *more)
        finally:
            self.waiting = False
        if found is None:
            self._fatal = "behind"
            raise AuditUnavailable("behind")
        head, generation = Head(*found[:3]), int(found[3])
        if seen is not None:
            before = at[0][0] if at and at[0] is not None else _gone_link(connection, seen[0])
            if generation != seen[1] or fault(seen[0], head, before) is not None:
                self._fatal = "behind"
                raise AuditUnavailable("behind")
        return head, generation

    def _append(self, connection: Bounded, rows: Sequence[Prepared], links: Links, old: Head, new: Head) -> bool:
        """Insert, move the head, commit, read back, all in one round trip; False when the server rolled back instead.

        What fails behind an answered COMMIT is of no account. An error that the connection survives is the server's
        refusal: it runs nothing that was sent behind that. After any other nobody knows, and it is looked up.
        """
        self._doubt, self._back, committed = rows, (), None
        asked = [row.derived.id for row in rows if row.derived.permits]
        try:
            with connection.pipeline():
                connection.execute(INSERT, arrays.columns(TYPES, values_of(rows, links)))
                if labels := list(labels_of(rows, links)):
                    connection.execute(INSERT_LABELS, arrays.columns(LABEL_TYPES, labels))
                if time.monotonic() - self._renewed > RENEW_S:
                    self._renew(connection, old.size)
                connection.execute(MOVE_HEAD, (new.size, new.hash, old.log_id, old.size, old.hash))
                committed = connection.execute("COMMIT")
                back = connection.execute(READ_BACK, (asked,), binary=True)
            self._back = back.fetchall()
            done = committed.statusmessage == "COMMIT"
        except psycopg.Error as error:
            done = committed is not None and committed.statusmessage == "COMMIT"
            if not done and error.diag.severity_nonlocalized == "ERROR":
                self._doubt = ()
                raise
            self.in_doubt = not done
            self._drop()
            done = done or self._settle()
            self.in_doubt = False
        return done

    def _renew(self, connection: Bounded, size: int) -> None:
        oldest = self.pending.oldest()
        connection.execute(RENEW, (self._epoch, size if oldest is None else oldest))
        self._renewed = time.monotonic()

    def _settle(self) -> bool:
        """Find out whether the batch in doubt was committed; raises AuditUnavailable while that is not known.

        Its transaction may still be under way in the server; it holds the head until it has ended either way.
        """
        ids = [row.derived.id for row in self._doubt]
        query = f"SELECT id, seq, link FROM {SCHEMA}.record WHERE id = ANY(%s)"  # noqa: S608
        with self._transaction() as connection:
            begin(connection, self._deadline_s, LOCK_HEAD)
            found = {name: Linked(seq, end) for name, seq, end in connection.execute(query, (ids,), binary=True)}
            connection.execute("ROLLBACK")
        if found:
            self._take(self._doubt, [found[name] for name in ids])
        self._doubt = ()
        return bool(found)

    def _take(self, rows: Sequence[Prepared], linked: Sequence[Linked]) -> None:
        """Take note of a committed batch: of its end, and of attempts that are open now, oldest first."""
        self._doubt, self._written = (), rows
        self.pending.take((row.derived, to.seq) for row, to in zip(rows, linked, strict=True))

    def _drop(self) -> None:
        """Give the connection up, whatever state it is in; its server process rolls back when it notices."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()


def _gone_link(connection: Bounded, seen: Head) -> bytes | None:
    """Return the link of a head's last record, where that was pruned."""
    tiles = connection.execute(TILES, (seen.size, 1), binary=True).fetchall()
    return next((end for *_, end in gone(seen.log_id, tiles, seen.size - 1, seen.size)), None)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        parsed: dict[str, Any] = parse(body)
    except NotCanonicalError:
        raise AuditUnavailable("corrupt") from None
    return parsed
