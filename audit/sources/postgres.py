"""What the verifier and the signer read of a log in a PostgreSQL database: `audit.sources.source.Source`."""

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.errors import UndefinedTable

from audit.errors import AuditMismatch, AuditUnavailable
from audit.place import Place, Postgres
from audit.records.chain import LOG_ID_BYTES
from audit.sources.exported import open_path
from audit.sources.source import (
    COLUMNS,
    MAX_READ_BYTES,
    MAX_TEXT_BYTES,
    Claim,
    Fault,
    Label,
    Raw,
    Source,
    StoredNote,
    merged,
    number,
    octets,
)
from audit.stores.postgres import SCHEMA, Bounded, connect, unavailable
from audit.stores.pruned import TILE, TILE_BYTES, Tile, end_of

CONNECT_S = 10.0
WITHIN_S = 60.0
"""The longest that one question may take."""
PAGE = 1000

CLAIM = f"""
SELECT (SELECT count(*) FROM {SCHEMA}.head), log_id, size, hash,
       coalesce((SELECT max(seq) FROM {SCHEMA}.record), -1), coalesce((SELECT max(size) FROM {SCHEMA}.checkpoint), -1)
FROM {SCHEMA}.head LIMIT 1"""  # noqa: S608 - constants, here and below
ROWS = f"""
SELECT seq, prev, bh, link, substr(body, 1, {MAX_READ_BYTES}), {", ".join(COLUMNS)} FROM {SCHEMA}.record"""  # noqa: S608
HAS_TILES = f"SELECT count(*) FROM pg_tables WHERE schemaname = '{SCHEMA}' AND tablename IN ('pruned', 'pruning')"  # noqa: S608
PRUNED = f"SELECT coalesce(max(size), 0) FROM {SCHEMA}.pruning"  # noqa: S608
TILES = f"SELECT first, prev, substr(bhs, 1, {TILE_BYTES}) FROM {SCHEMA}.pruned"  # noqa: S608
LOWEST = f"""
SELECT least((SELECT min(seq) FROM {SCHEMA}.record WHERE seq >= %s),
             (SELECT min(first) FROM {SCHEMA}.pruned WHERE first >= %s))"""  # noqa: S608
LABELLED = f"SELECT seq FROM {SCHEMA}.record_label WHERE what = %s AND name = %s AND seq = ANY(%s::int8[])"  # noqa: S608
LABELS = f"""
SELECT what, name, seq FROM {SCHEMA}.record_label WHERE seq < %s AND (what, name, seq) > (%s, %s, %s)
ORDER BY what, name, seq LIMIT %s"""  # noqa: S608
TEXT = f"SELECT substr(text, 1, {MAX_TEXT_BYTES + 1}) FROM {SCHEMA}.bundle_text WHERE sha256 = %s"  # noqa: S608
CHECKPOINTS = f"SELECT size, note FROM {SCHEMA}.checkpoint"  # noqa: S608


def open_source(place: Place) -> Source:
    """Open a log for reading, wherever it is kept."""
    return PostgresSource(place) if isinstance(place, Postgres) else open_path(place)


class PostgresSource:
    """A log in a PostgreSQL database, each question a read-only transaction of its own."""

    derives = True

    def __init__(self, place: Postgres) -> None:
        self._place = place
        self._connection = connect(place, CONNECT_S, autocommit=False)
        self._connection.read_only = True
        self._tiled = False

    def claim(self) -> Claim:
        """Return one snapshot of head and end."""
        found = self._all(CLAIM)
        if not found:
            raise AuditUnavailable("corrupt")
        heads, log_id, size, end, last, newest = found[0]
        if len(octets(log_id)) != LOG_ID_BYTES:
            raise AuditUnavailable("corrupt")
        pruned = number(self._all(PRUNED)[0][0]) if self._has_tiles() else 0
        return Claim(heads, log_id, number(size), octets(end), number(last), number(newest), pruned)

    def rows(self, start: int | None, count: int) -> Sequence[Raw]:
        """Return up to `count` records from a number on: those that are there, and what tiles say of others.

        Rows are read before tiles: what is pruned meanwhile is then found once or twice, and not nowhere.
        """
        first = -(2**63) if start is None else start
        rows = self._rows("ORDER BY seq LIMIT %s", first, count)
        last = self._tiles("ORDER BY first DESC LIMIT 1") if self._has_tiles() else []
        if not last or first >= end_of(last[0]):
            return rows
        tile = self._tiles("WHERE first <= %s ORDER BY first DESC LIMIT 1", first)
        if not tile or first >= end_of(tile[0]):
            first = number(self._all(LOWEST, first, first)[0][0])
        until = first + count - 1
        rows = self._rows("AND seq <= %s ORDER BY seq", first, until)
        tiles = self._tiles("WHERE first BETWEEN %s AND %s ORDER BY first", first - TILE, until)
        log_id = self._all(f"SELECT log_id FROM {SCHEMA}.head LIMIT 1")  # noqa: S608
        return merged(rows, octets(log_id[0][0] if log_id else b""), tiles, (first, until + 1))

    def labelled(self, what: str, name: str, seqs: Collection[int]) -> Collection[int]:
        """Return those of the records for which a label is stored."""
        return {seq for (seq,) in self._all(LABELLED, what, name, list(seqs))}

    def label_count(self, size: int) -> int:
        """Return how many labels are stored for records before this one."""
        query = f"SELECT count(*) FROM {SCHEMA}.record_label WHERE seq < %s"  # noqa: S608
        count: int = self._all(query, size)[0][0]
        return count

    def labels(self, size: int) -> Iterator[Label]:
        """Yield all of them."""
        before: Label = ("", "", -1)
        while page := self._all(LABELS, size, *before, PAGE):
            yield from ((what, name, seq) for what, name, seq in page)
            before = page[-1][0], page[-1][1], page[-1][2]

    def is_indexed(self) -> bool:
        """Return True: the database does not tell."""
        return True

    def texts(self) -> Iterator[tuple[str, bytes]]:
        """Yield each archived text with the digest under which it is filed."""
        for (sha256,) in self._all(f"SELECT sha256 FROM {SCHEMA}.bundle_text ORDER BY sha256"):  # noqa: S608
            for (text,) in self._all(TEXT, sha256):
                yield sha256, octets(text)

    def checkpoints(self, above: int, count: int) -> Sequence[StoredNote]:
        """Return up to `count` checkpoints of more than `above` records, the smallest first."""
        found = self._all(f"{CHECKPOINTS} WHERE size > %s ORDER BY size LIMIT %s", above, count)
        return [StoredNote(number(size), octets(note)) for size, note in found]

    def newest_checkpoint(self) -> StoredNote | None:
        """Return the one of most records."""
        found = self._all(f"{CHECKPOINTS} ORDER BY size DESC LIMIT 1")
        return StoredNote(number(found[0][0]), octets(found[0][1])) if found else None

    def faults(self) -> Sequence[Fault]:
        """Return nothing."""
        return ()

    def close(self) -> None:
        """Release the connection."""
        self._connection.close()

    def _rows(self, which: str, start: int, *values: int) -> list[Raw]:
        return [
            Raw(number(seq), octets(prev), octets(bh), octets(end), octets(body), tuple(rest))
            for seq, prev, bh, end, body, *rest in self._all(f"{ROWS} WHERE seq >= %s {which}", start, *values)
        ]

    def _has_tiles(self) -> bool:
        """Whether it is a log of this version, and not of an earlier one."""
        self._tiled = self._tiled or self._all(HAS_TILES)[0][0] > 1
        return self._tiled

    def _tiles(self, which: str, *values: int) -> list[Tile]:
        found = self._all(f"{TILES} {which}", *values)
        return [(number(first), octets(prev), octets(bhs)) for first, prev, bhs in found]

    def _all(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._asked() as connection:
            return connection.execute(query, values, binary=True).fetchall()

    @contextmanager
    def _asked(self) -> Iterator[Bounded]:
        self._connection.due = time.monotonic() + WITHIN_S
        try:
            yield self._connection
            self._connection.rollback()
        except UndefinedTable:
            raise AuditMismatch(f"{self._place} holds no audit log") from None
        except psycopg.Error as error:
            raise unavailable(error) from None
