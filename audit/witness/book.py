"""What a witness has seen: of each log the newest checkpoint, in a SQLite file of its own.

Comparing with what is there and replacing it is one transaction, synced before it is over, so that neither two
requests at once nor a crash can make a witness sign what contradicts what it signed before.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from audit.proofs.checkpoint import Checkpoint
from audit.proofs.merkle import EMPTY, is_consistent
from audit.proofs.note import Note
from audit.witness.request import digest_of

BUSY_S = 5.0
EXTRA = 3
"""SQLite's `synchronous`: the directory is synced, too, after the journal was removed."""
_TABLE = """
CREATE TABLE IF NOT EXISTS seen (
    origin TEXT PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    note BLOB NOT NULL
) STRICT
"""
_PUT = """
INSERT INTO seen (origin, digest, size, root, note) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note
"""


class BookUnusable(Exception):
    """The file cannot be read or written now, or is not one of a witness."""


class Stale(Exception):
    """The witness has seen another size than the request builds upon."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the newest checkpoint has {size} records")
        self.size = size


class Forked(Exception):
    """Another root was seen for the same size: the log shows different records to different people."""


class NotProved(Exception):
    """The proof does not lead from the checkpoint that was seen to this one."""


class Book:
    """Safe to call from any thread."""

    def __init__(self, path: Path) -> None:
        self._using = threading.Lock()
        try:
            self._connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode = DELETE")
            self._connection.execute("PRAGMA synchronous = EXTRA")
            synced = self._connection.execute("PRAGMA synchronous").fetchone()[0]
            self._connection.execute(_TABLE)
        except sqlite3.Error as error:
            raise BookUnusable(str(error)) from None
        if synced != EXTRA:
            raise BookUnusable("this SQLite cannot sync what it writes")

    def advance(self, stated: Checkpoint, old: int, proof: Sequence[bytes], note: Note) -> None:
        """Take a checkpoint for the newest, durably, when the proof leads to it from the one that was.

        Raises Stale, Forked or NotProved, and BookUnusable; nothing has changed then, except that a failing COMMIT
        may have stored what it should.
        """
        with self._transaction() as connection:
            row = connection.execute("SELECT size, root FROM seen WHERE origin = ?", (stated.origin,)).fetchone()
            size, root = row or (0, EMPTY)
            if old != size:
                raise Stale(size)
            if row and stated.size == size and stated.root != root:
                raise Forked
            if not is_consistent(old, stated.size, proof, root, stated.root):
                raise NotProved
            values = (stated.origin, digest_of(stated.origin), stated.size, stated.root, note.encode())
            connection.execute(_PUT, values)

    def newest(self, digest: str) -> Note | None:
        """Return the newest checkpoint of a log, as its key signed it, by the digest of the log's origin."""
        with self._transaction() as connection:
            row = connection.execute("SELECT note FROM seen WHERE digest = ?", (digest,)).fetchone()
        return None if row is None else Note.decode(row[0])

    def close(self) -> None:
        """Close the file."""
        with self._using:
            self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._using:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                raise BookUnusable(str(error)) from None
            finally:
                if self._connection.in_transaction:
                    with suppress(sqlite3.Error):
                        self._connection.execute("ROLLBACK")
