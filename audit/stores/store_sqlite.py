"""The log in one SQLite file: one process, one writer connection, a batch a transaction, the head row inside it."""

import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from audit.errors import AuditMismatch, AuditUnavailable, Reason, RecordRefused
from audit.pending import Pending
from audit.records.jcs import NotCanonicalError, parse
from audit.records.schema import MAX_INT
from audit.seen import Seen, fault
from audit.stores.lookup import SqliteLookup
from audit.stores.sqlite import open_writer, unavailable
from audit.stores.store import COLUMNS, Head, Linked, Prepared, Stored, Tail, labels_of, link_all, values_of, with_gone

T = TypeVar("T")
INSERT = f"INSERT INTO record ({COLUMNS}) VALUES "  # noqa: S608 - constants
INSERT_LABELS = "INSERT INTO record_label (what, name, seq) VALUES "
AT_ONCE = 500
"""Rows of one statement. SQLite takes 32,766 values."""
MOVE_HEAD = "UPDATE head SET size = ?, hash = ? WHERE log_id = ? AND size = ? AND hash = ?"
BROKEN: frozenset[Reason] = frozenset(("io", "corrupt", "read_only"))
"""After these the connection is not used again: its cache may hold what the disk does not."""


class SqliteStore:
    """The writer's side of the file: `audit.stores.store.Store`, for the process that holds the log's lock."""

    lease_s: float | None = None

    def __init__(self, path: Path, busy_ms: int, seen: Seen | None = None) -> None:
        self._path = path
        self._busy_ms = busy_ms
        self._seen = seen
        self._connection: sqlite3.Connection | None = None
        self._reader = SqliteLookup(path)
        self._names = tuple(f"{path}{suffix}" for suffix in ("", "-wal"))
        self._files: tuple[tuple[int, int], ...] = ()
        self._acked: Head | None = None
        self._fatal: Reason | None = None
        self.pending = Pending()
        self.waiting = False
        self.in_doubt = False

    def begin(self, log_id: bytes, prev: bytes, genesis: Prepared) -> Linked:
        """Create the head and the genesis record in one transaction."""
        head = Head(log_id, 0, prev)
        return self._transact([genesis], head)[0]

    def commit(self, rows: Sequence[Prepared]) -> list[Linked]:
        """Link and append all rows in one transaction; durable when it returns, rolled back when it raises.

        After an error of COMMIT the file is opened anew and asked; rows that are found are acknowledged only when a
        checkpoint has carried them into the database file and that was synced.
        """
        return self._transact(rows, None)

    def head(self) -> Head | None:
        """Return the stored head; None before genesis."""
        return _read_head(self._open())

    def find(self, record_id: str) -> Stored | None:
        """Look a record up by its id."""
        try:
            row = self._open().execute("SELECT seq, link, body FROM record WHERE id = ?", (record_id,)).fetchone()
            self._require_files()
            return None if row is None else Stored(row[0], row[1], parse(row[2]))
        except sqlite3.Error as error:
            raise self._failed(error) from None
        except NotCanonicalError:
            raise AuditUnavailable("corrupt") from None

    def tail(self, count: int, size: int) -> Tail:
        """Return the last records of the first `size`, oldest first."""
        query = "SELECT seq, prev, bh, link, body FROM record WHERE seq < ? ORDER BY seq DESC LIMIT ?"
        tiled = "SELECT first, prev, bhs FROM pruned WHERE first < ? ORDER BY first DESC LIMIT ?"
        try:
            connection = self._open()
            rows = connection.execute(query, (size, count)).fetchall()[::-1]
            tiles, head = connection.execute(tiled, (size, count)).fetchall()[::-1], _read_head(connection)
            return with_gone(rows, head.log_id, tiles, count, size) if head is not None and tiles else rows
        except sqlite3.Error as error:
            raise self._failed(error) from None

    def of_kind(self, kind: str) -> Iterable[bytes]:
        """Return the bodies of one kind, in order. Meant for kinds of which there are few."""
        try:
            rows = self._open().execute("SELECT body FROM record WHERE kind = ? ORDER BY seq", (kind,)).fetchall()
        except sqlite3.Error as error:
            raise self._failed(error) from None
        return [row[0] for row in rows]

    def open_attempts(self) -> list[tuple[str, int]]:
        """Return (decision, attempt) of all that lack an outcome, since the last writer's start.

        Earlier ones need no look: each start commits its own record and the closing of all orphans in one transaction.
        """
        query = """
            SELECT made.dec, made.attempt FROM record AS made
            WHERE made.seq >= (SELECT coalesce(max(seq), 0) FROM record WHERE kind = 'writer.start')
              AND made.kind IN ('route.decision', 'route.attempt') AND made.dec IS NOT NULL
              AND NOT EXISTS (
                SELECT 1 FROM record AS done
                WHERE done.dec = made.dec AND done.attempt = made.attempt AND done.kind = 'route.outcome')
            ORDER BY made.seq"""
        try:
            return self._open().execute(query).fetchall()
        except sqlite3.Error as error:
            raise self._failed(error) from None

    def read_back(self, ids: Sequence[str]) -> Sequence[tuple[str, bytes, bytes]]:
        """Return (id, body, body hash) of records, over a connection that cannot write."""
        return self._reader.find_all(ids)

    def next_n(self, epoch: str) -> int:
        """Return the counter of the epoch's next record. With one writer, its last record is the log's last."""
        rows = self.tail(1, MAX_INT)
        self.in_doubt = False
        if not rows:
            return 0
        w = parse(rows[0][4])["w"]
        return int(w["n"]) + 1 if w["epoch"] == epoch else 0

    def put_text(self, sha256: str, text: bytes) -> None:
        """Archive a text under its digest; once is enough."""
        connection = self._open()
        try:
            if connection.execute("SELECT 1 FROM bundle_text WHERE sha256 = ?", (sha256,)).fetchone() is None:
                self._put(connection, "INSERT INTO bundle_text (sha256, text) VALUES (?, ?)", (sha256, text))
        except sqlite3.Error as error:
            raise self._failed(error) from None

    def put_checkpoint(self, size: int, note: bytes) -> None:
        """Store a signed checkpoint; once is enough. RecordRefused where it does not follow those that are stored."""
        connection = self._open()
        try:
            newest = connection.execute("SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1").fetchone()
            if newest == (size, note):
                return
            if newest is not None and newest[0] >= size:
                raise RecordRefused("checkpoint", ".size", "one of as many records or more is stored")
            head = _read_head(connection)
            if head is None or head.size < size:
                raise RecordRefused("checkpoint", ".size", "the log has fewer records")
            self._put(connection, "INSERT INTO checkpoint (size, note) VALUES (?, ?)", (size, note))
        except sqlite3.Error as error:
            raise self._failed(error) from None

    def work(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Run what takes records away in one transaction, durable when it returns, over the one connection that writes.

        Meant to be short: whoever writes waits for it.
        """
        connection = self._open()
        try:
            self._lock(connection)
            done = job(connection)
            connection.execute("COMMIT")
            self._require_files()
        except sqlite3.IntegrityError:
            self._rollback()
            raise AuditMismatch("the database refuses this: nothing in the log says that it may go") from None
        except sqlite3.Error as error:
            raise self._failed(error) from None
        except BaseException:
            self._rollback()
            raise
        return done

    def truncate(self) -> bool:
        """Carry the write-ahead log into the file, and empty it; False while somebody reads, without waiting for it."""
        connection = self._open()
        try:
            connection.execute("PRAGMA busy_timeout=0")
            try:
                busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            finally:
                connection.execute(f"PRAGMA busy_timeout={self._busy_ms}")
        except sqlite3.Error as error:
            raise self._failed(error) from None
        return not busy

    def keep(self, *, now: bool = False) -> float:
        """Note outside the database how far it was written, now and then; return when (monotonic) it is to be asked."""
        if self._seen is None:
            return float("inf")
        return self._seen.keep(self._acked, now=now or self._fatal is not None)

    def close(self) -> None:
        """Release the connection; the last one to close carries the write-ahead log into the file."""
        self.keep(now=True)
        self._reader.close()
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def _put(self, connection: sqlite3.Connection, statement: str, values: tuple[object, ...]) -> None:
        self._lock(connection)
        connection.execute(statement, values)
        connection.execute("COMMIT")
        self._require_files()

    def _lock(self, connection: sqlite3.Connection) -> None:
        """Begin a transaction that writes; `waiting` meanwhile tells why whoever comes next has to wait."""
        self.waiting = True
        try:
            connection.execute("BEGIN IMMEDIATE")
        finally:
            self.waiting = False

    def _open(self) -> sqlite3.Connection:
        if self._fatal is not None:
            raise AuditUnavailable(self._fatal)
        if self._connection is None:
            self._connection = open_writer(self._path, self._busy_ms)
            self._files = self._identify()
        return self._connection

    def _require_files(self) -> None:
        """Refuse files that were deleted or replaced: SQLite goes on writing to what nobody can find again."""
        if self._files != self._identify():
            self.close()
            self._fatal = "behind"
            raise AuditUnavailable("behind")

    def _identify(self) -> tuple[tuple[int, int], ...]:
        try:
            states = [os.stat(name) for name in self._names]  # noqa: PTH116 - for every batch
        except OSError:
            return ()
        return tuple((state.st_dev, state.st_ino) for state in states)

    def _transact(self, rows: Sequence[Prepared], new_head: Head | None) -> list[Linked]:
        connection = self._open()
        try:
            self._lock(connection)
            if new_head is not None:
                connection.execute(
                    "INSERT INTO head (log_id, size, hash) VALUES (?, ?, ?)",
                    (new_head.log_id, new_head.size, new_head.hash),
                )
            linked, head = self._insert(connection, rows)
        except sqlite3.Error as error:
            raise self._failed(error) from None
        except BaseException:
            self._rollback()
            raise
        try:
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._find_out(rows, linked, error)
        self._require_files()
        self._acked = head
        self.pending.take((row.derived, to.seq) for row, to in zip(rows, linked, strict=True))
        return linked

    def _insert(self, connection: sqlite3.Connection, rows: Sequence[Prepared]) -> tuple[list[Linked], Head]:
        old = _read_head(connection)
        if old is None or self._went_backwards(old):
            self._fatal = "behind"
            raise AuditUnavailable("behind")
        linked, new = link_all(old, rows)
        _insert_all(connection, INSERT, list(values_of(rows, linked)))
        _insert_all(connection, INSERT_LABELS, list(labels_of(rows, linked)))
        moved = connection.execute(MOVE_HEAD, (new.size, new.hash, old.log_id, old.size, old.hash)).rowcount
        if moved != 1:
            raise AuditUnavailable("corrupt")
        return [place for _, place in linked], new

    def _went_backwards(self, found: Head) -> bool:
        acked = self._acked
        if acked is None or acked == found:
            return False
        rows = self.tail(1, acked.size)
        at_end = rows[0][3] if rows and rows[0][0] == acked.size - 1 else None
        return fault(acked, found, at_end) is not None

    def _find_out(self, rows: Sequence[Prepared], linked: Sequence[Linked], error: sqlite3.Error) -> None:
        self.in_doubt = True
        self._rollback()
        self.close()
        connection = self._open()
        try:
            for row, expected in zip(rows, linked, strict=True):
                found = connection.execute("SELECT link FROM record WHERE id = ?", (row.derived.id,)).fetchone()
                if found is None or found[0] != expected.link:
                    raise unavailable(error)
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as second:
            self.close()
            raise unavailable(second) from None
        if busy:
            raise unavailable(error)

    def _failed(self, error: sqlite3.Error) -> AuditUnavailable:
        reason = unavailable(error)
        self._rollback()
        if reason.reason in BROKEN:
            self.close()
        return reason

    def _rollback(self) -> None:
        if self._connection is not None and self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error:
                self.close()


def _insert_all(connection: sqlite3.Connection, insert: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert many rows by one statement: with one for each, the interpreter would be given up and awaited for each."""
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        one = f"({', '.join('?' * len(some[0]))})"
        connection.execute(insert + ", ".join([one] * len(some)), [value for row in some for value in row])


def _read_head(connection: sqlite3.Connection) -> Head | None:
    row = connection.execute("SELECT log_id, size, hash FROM head").fetchone()
    return None if row is None else Head(*row)
