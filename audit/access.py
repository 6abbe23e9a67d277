"""Reads for auditors: pages of records by sequence number, over connections that cannot write.

The columns only find records; what is returned is the body, whose bytes the chain commits to. However much there is to
look through, it is done in stretches, each a transaction of its own: one that stays open keeps SQLite's write-ahead log
from being carried over, and PostgreSQL from cleaning up.
"""

import functools
import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any

import orjson
import psycopg
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    MetaData,
    Row,
    Select,
    Table,
    Text,
    create_engine,
    event,
    func,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from audit.errors import AuditUnavailable
from audit.place import Place, Postgres
from audit.stores import postgres
from audit.stores.sqlite import open_reader, unavailable

MAX_LIMIT = 1000
READ_WITHIN_S = 30.0
"""The longest that a query on PostgreSQL may take."""
STATEMENT_MS = 10_000
"""When PostgreSQL itself gives up one of our statements."""
STRETCH = 50_000
"""Records that are looked through at once, at first; more where that is quick."""
QUICK_S = 0.03
AT_AN_END = 1000
"""So many records at either end of the log are looked at before its index of times."""
Ask = Callable[..., list[tuple[Any, ...]]]
"""(query, **values) -> rows. `@` stands before the name of each table, `:name` for a value."""
TABLES = MetaData()
"""As they are read; migrations create them. What is bytes has no type here, or what is not would be made into some."""
RECORD = Table(
    "record",
    TABLES,
    Column("seq", BigInteger),
    *(Column(name, Text) for name in ("id", "kind", "ts", "app", "team", "decision", "zone")),
    *map(Column, ("prev", "bh", "link", "body")),
).c
LABEL = Table("record_label", TABLES, Column("what", Text), Column("name", Text), Column("seq", BigInteger))
TEXT = Table("bundle_text", TABLES, Column("sha256", Text), Column("text")).c
READ = select(RECORD.seq, RECORD.id, RECORD.prev, RECORD.bh, RECORD.link, RECORD.body)


@dataclass(frozen=True, slots=True)
class Filters:
    """What to look for; None is no restriction. Times are RFC 3339 in UTC with microseconds, `until` excluded."""

    since: str | None = None
    until: str | None = None
    app: str | None = None
    team: str | None = None
    decision: str | None = None
    zone: str | None = None
    class_: str | None = None
    rule: str | None = None
    kind: str | None = None

    def used(self) -> list[str]:
        """Return the names of the filters in use."""
        return [field.name for field in fields(self) if getattr(self, field.name) is not None]


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """One record for a reader: its place, its hashes in hex, and its body."""

    seq: int
    id: str
    prev: str
    body_hash: str
    link: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Records in the order of the log; `next` is the `after` of the next page, None at the end."""

    records: tuple[ReadRecord, ...]
    next: int | None


class Records:
    """The readers' side of one log. Safe to share between threads: each query has a connection of its own."""

    def __init__(self, place: Place) -> None:
        self._engine = _engine(place)

    def page(self, filters: Filters, *, after: int = -1, limit: int = 100, within_s: float | None = None) -> Page:
        """Return up to `limit` records behind `after`; raises AuditUnavailable when the store does not answer.

        With `within_s`, a page that takes longer ends early, with what was found and with the place to go on from.
        """
        limit = min(limit, MAX_LIMIT)
        place, statement = RECORD.seq, READ
        for what, value in (("class", filters.class_), ("rule", filters.rule)):
            if value is not None:
                # The labels of one name are stored in the order of the log: the last join leads, nothing is sorted.
                label = LABEL.alias()
                statement = statement.join(label, label.c.seq == RECORD.seq)
                statement = statement.where(label.c.what == what, label.c.name == value)
                place = label.c.seq
        for name in ("app", "team", "decision", "zone", "kind"):
            value = getattr(filters, name)
            if value is not None:
                statement = statement.where(RECORD[name] == value)
        until = float("inf") if within_s is None else time.monotonic() + within_s
        try:
            with self._engine.connect() as connection:
                stretch = _stretch(connection, filters, after)
                return _page(connection, statement.order_by(place), stretch, place=place, limit=limit, until=until)
        except DBAPIError as error:
            raise _unavailable(error) from None

    @contextmanager
    def asking(self) -> Iterator[Ask]:
        """Answer queries over one connection, each in a transaction of its own; raises AuditUnavailable."""
        prefix = "" if self.dialect == "sqlite" else f"{postgres.SCHEMA}."

        def ask(query: str, **values: Any) -> list[tuple[Any, ...]]:
            rows = [tuple(row) for row in connection.execute(text(query.replace("@", prefix)), values)]
            connection.rollback()
            return rows

        try:
            with self._engine.connect() as connection:
                yield ask
        except DBAPIError as error:
            raise _unavailable(error) from None

    @property
    def dialect(self) -> str:
        """Name what the log is kept in: sqlite or postgresql."""
        return self._engine.dialect.name

    def one(self, record_id: str) -> ReadRecord | None:
        """Return the record with this id."""
        rows = self._run(READ.where(RECORD.id == record_id))
        return _record(rows[0]) if rows else None

    def last(self, count: int) -> tuple[ReadRecord, ...]:
        """Return the last records, oldest first."""
        rows = self._run(READ.order_by(RECORD.seq.desc()).limit(count))
        return tuple(_record(row) for row in reversed(rows))

    def text(self, sha256: str) -> bytes | None:
        """Return the archived text with this digest; raises AuditUnavailable when it is not what was archived."""
        rows = self._run(select(TEXT.text).where(TEXT.sha256 == sha256))
        if not rows:
            return None
        found = rows[0].text
        if type(found) is not bytes or hashlib.sha256(found).hexdigest() != sha256:
            raise AuditUnavailable("corrupt")
        return found

    def _run(self, statement: Select[Any]) -> Sequence[Row[Any]]:
        try:
            with self._engine.connect() as connection:
                return connection.execute(statement).all()
        except DBAPIError as error:
            raise _unavailable(error) from None


def _stretch(connection: Connection, filters: Filters, after: int) -> tuple[int, int, Any]:
    """Return what lies behind `after`, from (excluded) and to (included), and the condition on times.

    A time range is a stretch of the log, found in the index of times alone; without it, a page would be looked for from
    the start of the log to its end. Clocks jump, so that records inside the stretch may lie outside the range, which
    stays a condition.
    """
    times = []
    if filters.since is not None:
        times.append(RECORD.ts >= filters.since)
    if filters.until is not None:
        times.append(RECORD.ts < filters.until)
    place = RECORD.seq
    first, last = 0, connection.execute(select(func.coalesce(func.max(place), -1))).scalar_one()
    if times:
        from_ = _end(connection, func.min, times, place < AT_AN_END)
        to = _end(connection, func.max, times, place > last - AT_AN_END)
        first, last = (0, -1) if from_ is None or to is None else (from_, to)
    connection.rollback()
    return max(after, first - 1), last, times


def _end(connection: Connection, which: Any, times: Any, near: Any) -> int | None:
    """Return the first or the last of the records of a time range, which often begins or ends where the log does.

    The sum keeps PostgreSQL from looking for it along the log instead of in the index of times.
    """
    place = RECORD.seq
    found: int | None = connection.execute(select(which(place)).where(*times, near)).scalar_one()
    return connection.execute(select(which(place + 0)).where(*times)).scalar_one() if found is None else found


def _page(
    connection: Connection,
    statement: Select[Any],
    stretch: tuple[int, int, Any],
    *,
    place: Any,
    limit: int,
    until: float,
) -> Page:
    """Look through a stretch piece by piece, each in a transaction of its own."""
    at, last, times = stretch
    rows: list[Row[Any]] = []
    width = STRETCH
    while at < last and len(rows) <= limit:
        began = time.monotonic()
        if began > until:
            return Page(tuple(map(_record, rows)), at)
        piece = statement.where(*times, place > at, place <= at + width).limit(limit + 1 - len(rows))
        rows += connection.execute(piece)
        connection.rollback()
        at += width
        if time.monotonic() - began < QUICK_S:
            width *= 4
    more = len(rows) > limit
    return Page(tuple(map(_record, rows[:limit])), rows[limit - 1].seq if more else None)


@functools.lru_cache(maxsize=8)
def _engine(place: Place) -> Engine:
    """Return an engine that holds no connection, and keeps what it compiled for whoever reads this log next."""
    if not isinstance(place, Postgres):
        return create_engine("sqlite://", creator=lambda: open_reader(place), poolclass=NullPool)

    def open_database() -> postgres.Bounded:
        connection = postgres.connect(place, READ_WITHIN_S, autocommit=False)
        connection.read_only = True
        return connection

    engine = create_engine("postgresql+psycopg://", creator=open_database, poolclass=NullPool, use_native_hstore=False)

    @event.listens_for(engine, "begin")
    def bound(connection: Connection) -> None:
        connection.exec_driver_sql(f"SELECT set_config('statement_timeout', '{STATEMENT_MS}', true)")

    return engine.execution_options(schema_translate_map={None: postgres.SCHEMA})


def _unavailable(error: DBAPIError) -> AuditUnavailable:
    match error.orig:
        case sqlite3.Error():
            return unavailable(error.orig)
        case psycopg.Error():
            return postgres.unavailable(error.orig)
        case _:
            return AuditUnavailable("io")


def _record(row: Sequence[Any]) -> ReadRecord:
    """Read a row; raises AuditUnavailable where the table is not the one that was made: the verifier says more."""
    seq, name, prev, bh, link, body = row
    try:
        if type(seq) is int and type(name) is str and type(body) is bytes:
            return ReadRecord(seq, name, prev.hex(), bh.hex(), link.hex(), orjson.loads(body))
    except (AttributeError, TypeError, ValueError):
        pass
    raise AuditUnavailable("corrupt")
