"""What the verifier and the signer read of a log, whatever database holds it; every connection here cannot write.

Only the standard library is used. Values come as they stand in the database: a source judges nothing, and gives empty
bytes for what ought to be bytes and is not, so that it fails its check. Any failure to read is an AuditUnavailable, and
so is a number that is none.
"""

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from audit.errors import AuditUnavailable
from audit.records.chain import HASH_BYTES, LOG_ID_BYTES
from audit.records.record import MAX_BODY_BYTES
from audit.records.schema import MAX_INT
from audit.stores.pruned import TILE, TILE_BYTES, Tile, end_of, gone
from audit.stores.sqlite import open_reader, unavailable

COLUMNS = ("id", "kind", "v", "ts", "dec", "attempt", "app", "team", "decision", "zone")
"""The derived columns, in the order of `Raw.columns`."""

MAX_READ_BYTES = MAX_BODY_BYTES + 1
"""What is read of a body: one that is longer than any that can be written does not have its hash then."""
MAX_TEXT_BYTES = 8 * 1024 * 1024
"""What the writer archives at most as one text; of a longer one, a byte more is read."""
TEXTS = f"SELECT sha256, substr(text, 1, {MAX_TEXT_BYTES + 1}) FROM bundle_text"  # noqa: S608 - constants

LONGEST = 128
"""Bytes of what stands in a column; what is longer is not read, and is not what belongs there."""
MAX_SEQ = 2**63 - 1
"""The greatest number in SQLite."""
ROWS = f"""
SELECT seq, {", ".join(f"substr({one}, 1, {HASH_BYTES + 1})" for one in ("prev", "bh", "link"))},
       substr(body, 1, {MAX_READ_BYTES}),
       {", ".join(f"iif(length(CAST({one} AS BLOB)) > {LONGEST}, '', {one})" for one in COLUMNS)}
FROM record WHERE seq >= ?"""  # noqa: S608 - constants
TILES = f"SELECT first, substr(prev, 1, {HASH_BYTES}), substr(bhs, 1, {TILE_BYTES}) FROM pruned"  # noqa: S608
PRUNED = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('pruned', 'pruning')"
LOWEST = "SELECT min(seq) FROM record WHERE seq >= ?", "SELECT min(first) FROM pruned WHERE first >= ?"

MAX_NOTE_BYTES = 64 * 1024
"""What the writer stores at most as one checkpoint."""
NOTES = f"SELECT size, substr(note, 1, {MAX_NOTE_BYTES + 1}) FROM checkpoint"  # noqa: S608 - constants

INDEXED = tuple(f"PRAGMA integrity_check({table})" for table in ("record", "record_label"))
VIEWS = """
SELECT 1 FROM sqlite_master
WHERE type = 'view' AND lower(name) IN
  ('head', 'record', 'record_label', 'checkpoint', 'bundle_text', 'pruned', 'pruning')"""

Label = tuple[str, str, int]
"""(what, name, seq)."""
Fault = tuple[int | None, str]
"""Where and what is wrong with what a log is kept in, and not with the log."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What the database says of itself, in one snapshot. `heads` ought to be 1.

    `last_seq` is -1 without records, `newest` the size of the largest checkpoint, -1 without any. Bodies may be left
    out below `pruned`, and, in a pack of evidence of a period, outside `first` to `last`, which is in it.
    """

    heads: int
    log_id: bytes
    size: int
    hash: bytes
    last_seq: int
    newest: int
    pruned: int = 0
    first: int = 0
    last: int = MAX_INT


@dataclass(frozen=True, slots=True)
class Raw:
    """One stored record; `columns` is empty where no derived ones are kept.

    A body that was left out is empty, of one that was erased a `Tombstone` is left.
    """

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

    derives: bool
    """Whether columns and labels are kept beside the bodies."""

    def claim(self) -> Claim:
        """Return one snapshot of head and end; AuditUnavailable("corrupt") where nothing like a head is found."""

    def rows(self, start: int | None, count: int) -> Sequence[Raw]:
        """Return up to `count` records from a sequence number on (None: the lowest there is), in their order."""

    def labelled(self, what: str, name: str, seqs: Collection[int]) -> Collection[int]:
        """Return those of the records for which a label is stored."""

    def label_count(self, size: int) -> int:
        """Return how many labels are stored for records before this one."""

    def labels(self, size: int) -> Iterator[Label]:
        """Yield all of them."""

    def is_indexed(self) -> bool:
        """Whether what is searched has all that the tables have; True also where that is not known, or none is."""

    def texts(self) -> Iterator[tuple[str, bytes]]:
        """Yield each archived text with the digest under which it is filed."""

    def checkpoints(self, above: int, count: int) -> Sequence[StoredNote]:
        """Return up to `count` checkpoints of more than `above` records, the smallest first; none without a table."""

    def newest_checkpoint(self) -> StoredNote | None:
        """Return the one of most records."""

    def faults(self) -> Sequence[Fault]:
        """Return what was wrong, so far, with what the log is kept in; a database raises an error instead."""

    def close(self) -> None:
        """Release the connection."""


class SqliteSource:
    """A log in a SQLite file."""

    derives = True

    def __init__(self, path: Path) -> None:
        self._connection = open_reader(path)

    def claim(self) -> Claim:
        """Return one snapshot of head and end. A view is not what is kept in the file, and says what it likes."""
        with self._asked() as connection:
            connection.execute("BEGIN")
            try:
                if connection.execute(VIEWS).fetchone() is not None:
                    raise AuditUnavailable("corrupt")
                heads = connection.execute("SELECT log_id, size, hash FROM head LIMIT 2").fetchall()
                last = connection.execute("SELECT max(seq) FROM record").fetchone()[0]
                newest = self.newest_checkpoint()
                pruned = self._pruned(connection)
            finally:
                connection.execute("ROLLBACK")
        if not heads:
            raise AuditUnavailable("corrupt")
        log_id, size, end = heads[0]
        if not isinstance(size, int) or len(octets(log_id)) != LOG_ID_BYTES:
            raise AuditUnavailable("corrupt")
        above = -1 if newest is None else newest.size
        last_seq = -1 if last is None else number(last)
        return Claim(len(heads), log_id, size, octets(end), last_seq, above, pruned)

    def rows(self, start: int | None, count: int) -> Sequence[Raw]:
        """Return up to `count` records from a number on: those that are there, and what tiles say of others."""
        if start is not None and start > MAX_SEQ:
            return []
        with self._asked() as connection:
            connection.execute("BEGIN")
            try:
                return self._page(connection, -(2**63) if start is None else start, count)
            finally:
                connection.execute("ROLLBACK")

    def labelled(self, what: str, name: str, seqs: Collection[int]) -> Collection[int]:
        """Return those of the records for which a label is stored."""
        query = "SELECT seq FROM record_label WHERE what = ? AND name = ? AND seq BETWEEN ? AND ?"
        with self._asked() as connection:
            found = connection.execute(query, (what, name, min(seqs), max(seqs)))
            return {seq for (seq,) in found if seq in seqs}

    def label_count(self, size: int) -> int:
        """Return how many labels are stored for records before this one."""
        with self._asked() as connection:
            count: int = connection.execute("SELECT count(*) FROM record_label WHERE seq < ?", (size,)).fetchone()[0]
        return count

    def labels(self, size: int) -> Iterator[Label]:
        """Yield all of them."""
        with self._asked() as connection:
            for what, name, seq in connection.execute(
                "SELECT what, name, seq FROM record_label WHERE seq < ?", (size,)
            ):
                yield what, name, number(seq)

    def is_indexed(self) -> bool:
        """Whether every index has just what its table has; SQLite compares them row by row."""
        with self._asked() as connection:
            checked = [connection.execute(query).fetchone() for query in INDEXED]
        return checked == [("ok",)] * len(INDEXED)

    def texts(self) -> Iterator[tuple[str, bytes]]:
        """Yield each archived text with the digest under which it is filed."""
        with self._asked() as connection:
            for sha256, text in connection.execute(TEXTS):
                yield sha256, octets(text)

    def checkpoints(self, above: int, count: int) -> Sequence[StoredNote]:
        """Return up to `count` checkpoints of more than `above` records, the smallest first."""
        return self._notes(f"{NOTES} WHERE size > ? ORDER BY size LIMIT ?", (above, count))

    def newest_checkpoint(self) -> StoredNote | None:
        """Return the one of most records."""
        found = self._notes(f"{NOTES} ORDER BY size DESC LIMIT 1", ())
        return found[0] if found else None

    def faults(self) -> Sequence[Fault]:
        """Return nothing."""
        return ()

    def close(self) -> None:
        """Release the connection."""
        self._connection.close()

    def _page(self, connection: sqlite3.Connection, start: int, count: int) -> Sequence[Raw]:
        last = self._tiles(connection, "ORDER BY first DESC LIMIT 1") if self._has_tiles(connection) else []
        if not last or start >= end_of(last[0]):
            return [_raw(*row) for row in connection.execute(f"{ROWS} ORDER BY seq LIMIT ?", (start, count))]
        tile = self._tiles(connection, "WHERE first <= ? ORDER BY first DESC LIMIT 1", start)
        first = start
        if not tile or start >= end_of(tile[0]):
            first = min(number(one) for one in self._lowest(connection, start) if one is not None)
        until = min(first + count - 1, MAX_SEQ)
        rows = connection.execute(f"{ROWS} AND seq <= ? ORDER BY seq", (first, until))
        lowest = max(first - TILE, -(2**63))
        tiles = self._tiles(connection, "WHERE first BETWEEN ? AND ? ORDER BY first", lowest, until)
        log_id = connection.execute("SELECT log_id FROM head").fetchone()
        return merged([_raw(*row) for row in rows], octets(log_id and log_id[0]), tiles, (first, until + 1))

    @staticmethod
    def _lowest(connection: sqlite3.Connection, start: int) -> Iterator[Any]:
        for query in LOWEST:
            yield connection.execute(query, (start,)).fetchone()[0]

    @staticmethod
    def _tiles(connection: sqlite3.Connection, which: str, *values: int) -> list[Tile]:
        found = connection.execute(f"{TILES} {which}", values)
        return [(number(first), octets(prev), octets(bhs)) for first, prev, bhs in found]

    def _pruned(self, connection: sqlite3.Connection) -> int:
        if not self._has_tiles(connection):
            return 0
        size = connection.execute("SELECT max(size) FROM pruning").fetchone()[0]
        return 0 if size is None else number(size)

    @staticmethod
    def _has_tiles(connection: sqlite3.Connection) -> bool:
        """Whether it is a log of this version, and not of an earlier one."""
        return bool(connection.execute(PRUNED).fetchone()[0] > 1)

    def _notes(self, query: str, values: tuple[int, ...]) -> list[StoredNote]:
        with self._asked() as connection:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'checkpoint'").fetchone() is None:
                return []  # a log of an earlier version
            return [StoredNote(number(size), octets(note)) for size, note in connection.execute(query, values)]

    @contextmanager
    def _asked(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._connection
        except sqlite3.Error as error:
            raise unavailable(error) from None


def merged(rows: Sequence[Raw], log_id: bytes, tiles: Sequence[Tile], within: tuple[int, int]) -> Sequence[Raw]:
    """Return records in their order: those that are there, and what tiles say of the others of the same stretch."""
    if not tiles or len(log_id) != LOG_ID_BYTES:
        return rows
    found = {seq: Raw(seq, prev, bh, end, b"", ()) for seq, prev, bh, end in gone(log_id, tiles, *within)}
    found.update((row.seq, row) for row in rows)
    return [found[seq] for seq in sorted(found)]


def _raw(seq: object, prev: object, bh: object, link: object, body: object, *columns: object) -> Raw:
    return Raw(number(seq), octets(prev), octets(bh), octets(link), octets(body), columns)


def number(value: object) -> int:
    """Return what a column of numbers holds; raises AuditUnavailable("corrupt") for what is none."""
    if not isinstance(value, int):
        raise AuditUnavailable("corrupt")
    return value


def octets(value: object) -> bytes:
    """Return what a column of bytes holds; nothing for what is none."""
    return value if isinstance(value, bytes) else b""
