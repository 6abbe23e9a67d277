"""What the verifier and the signer read of a log, whatever database holds it; every connection here cannot write.

Only the standard library is used. Values come as they stand in the database: a source judges nothing, and gives empty
bytes for what ought to be bytes and is not, so that it fails its check. Any failure to read is an AuditUnavailable.
"""

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from audit.chain import LOG_ID_BYTES
from audit.errors import AuditUnavailable
from audit.sqlite import open_reader, unavailable

COLUMNS = ("id", "kind", "v", "ts", "dec", "attempt", "app", "team", "decision", "zone")
"""The derived columns, in the order of `Raw.columns`."""

Label = tuple[str, str, int]
"""(what, name, seq)."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What the database says of itself, in one snapshot. `heads` ought to be 1.

    `last_seq` is -1 without records, `newest` the size of the largest checkpoint, -1 without any.
    """

    heads: int
    log_id: bytes
    size: int
    hash: bytes
    last_seq: int
    newest: int


@dataclass(frozen=True, slots=True)
class Raw:
    """One stored record."""

    seq: int
    prev: bytes
    bh: bytes
    link: bytes
    body: bytes
    columns: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class StoredNote:
    """One stored checkpoint: the size under which it is filed, and the bytes of its note."""

    size: int
    note: bytes


class Source(Protocol):
    """One log, read by one thread. No method holds a transaction open between calls."""

    def claim(self) -> Claim:
        """Return one snapshot of head and end; AuditUnavailable("corrupt") where nothing like a head is found."""

    def rows(self, start: int | None, count: int) -> Sequence[Raw]:
        """Return up to `count` records from a sequence number on (None: the lowest there is), in their order."""

    def present(self, labels: Collection[Label]) -> Collection[Label]:
        """Return those of the labels that are stored."""

    def label_count(self, size: int) -> int:
        """Return how many labels are stored for records before this one."""

    def labels(self, size: int) -> Iterator[Label]:
        """Yield all of them."""

    def texts(self) -> Iterator[tuple[str, bytes]]:
        """Yield each archived text with the digest under which it is filed."""

    def checkpoints(self, above: int, count: int) -> Sequence[StoredNote]:
        """Return up to `count` checkpoints of more than `above` records, the smallest first; none without a table."""

    def newest_checkpoint(self) -> StoredNote | None:
        """Return the one of most records."""

    def close(self) -> None:
        """Release the connection."""


class SqliteSource:
    """A log in a SQLite file."""

    def __init__(self, path: Path) -> None:
        self._connection = open_reader(path)

    def claim(self) -> Claim:
        """Return one snapshot of head and end."""
        with self._asked() as connection:
            connection.execute("BEGIN")
            try:
                heads = connection.execute("SELECT log_id, size, hash FROM head LIMIT 2").fetchall()
                last = connection.execute("SELECT max(seq) FROM record").fetchone()[0]
                newest = self.newest_checkpoint()
            finally:
                connection.execute("ROLLBACK")
        if not heads:
            raise AuditUnavailable("corrupt")
        log_id, size, end = heads[0]
        if not isinstance(size, int) or len(_bytes(log_id)) != LOG_ID_BYTES:
            raise AuditUnavailable("corrupt")
        above = -1 if newest is None else newest.size
        return Claim(len(heads), log_id, size, _bytes(end), -1 if last is None else last, above)

    def rows(self, start: int | None, count: int) -> Sequence[Raw]:
        """Return up to `count` records from a sequence number on."""
        query = (
            f"SELECT seq, prev, bh, link, body, {', '.join(COLUMNS)} FROM record WHERE seq >= ? ORDER BY seq LIMIT ?"  # noqa: S608
        )
        with self._asked() as connection:
            found = connection.execute(query, (-(2**63) if start is None else start, count)).fetchall()
        return [
            Raw(seq, _bytes(prev), _bytes(bh), _bytes(link), _bytes(body), tuple(columns))
            for seq, prev, bh, link, body, *columns in found
        ]

    def present(self, labels: Collection[Label]) -> Collection[Label]:
        """Return those of the labels that are stored."""
        query = "SELECT 1 FROM record_label WHERE what = ? AND name = ? AND seq = ?"
        with self._asked() as connection:
            return [label for label in labels if connection.execute(query, label).fetchone() is not None]

    def label_count(self, size: int) -> int:
        """Return how many labels are stored for records before this one."""
        with self._asked() as connection:
            count: int = connection.execute("SELECT count(*) FROM record_label WHERE seq < ?", (size,)).fetchone()[0]
        return count

    def labels(self, size: int) -> Iterator[Label]:
        """Yield all of them."""
        with self._asked() as connection:
            yield from connection.execute("SELECT what, name, seq FROM record_label WHERE seq < ?", (size,))

    def texts(self) -> Iterator[tuple[str, bytes]]:
        """Yield each archived text with the digest under which it is filed."""
        with self._asked() as connection:
            for sha256, text in connection.execute("SELECT sha256, text FROM bundle_text"):
                yield sha256, _bytes(text)

    def checkpoints(self, above: int, count: int) -> Sequence[StoredNote]:
        """Return up to `count` checkpoints of more than `above` records, the smallest first."""
        return self._notes("SELECT size, note FROM checkpoint WHERE size > ? ORDER BY size LIMIT ?", (above, count))

    def newest_checkpoint(self) -> StoredNote | None:
        """Return the one of most records."""
        found = self._notes("SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1", ())
        return found[0] if found else None

    def close(self) -> None:
        """Release the connection."""
        self._connection.close()

    def _notes(self, query: str, values: tuple[int, ...]) -> list[StoredNote]:
        with self._asked() as connection:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'checkpoint'").fetchone() is None:
                return []  # a log of an earlier version
            return [StoredNote(size, _bytes(note)) for size, note in connection.execute(query, values)]

    @contextmanager
    def _asked(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._connection
        except sqlite3.Error as error:
            raise unavailable(error) from None


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else b""
