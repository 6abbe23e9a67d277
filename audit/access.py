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
from typing import Any, TypeVar

import orjson
import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import aliased
from sqlalchemy.pool import NullPool
from sqlmodel import Field, Session, SQLModel, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

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
Row = TypeVar("Row", bound=SQLModel)


class RecordRow(SQLModel, table=True):
    """The table `record` as it is read; migrations create it."""

    __tablename__ = "record"

    seq: int = Field(primary_key=True)
    id: str
    prev: bytes
    bh: bytes
    link: bytes
    kind: str
    v: int
    ts: str
    dec: str | None
    attempt: int | None
    app: str | None
    team: str | None
    decision: str | None
    zone: str | None
    body: bytes


class LabelRow(SQLModel, table=True):
    """The table `record_label`: classes and rules of decisions."""

    __tablename__ = "record_label"

    what: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)


class TextRow(SQLModel, table=True):
    """The table `bundle_text`: texts that records name by their digest."""

    __tablename__ = "bundle_text"

    sha256: str = Field(primary_key=True)
    text: bytes


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
        place = col(RecordRow.seq)
        statement = select(RecordRow)
        for what, value in (("class", filters.class_), ("rule", filters.rule)):
            if value is not None:
                # The labels of one name are stored in the order of the log: the last join leads, nothing is sorted.
                label = aliased(LabelRow)
                statement = statement.join(label, col(label.seq) == RecordRow.seq)
                statement = statement.where(col(label.what) == what, col(label.name) == value)
                place = col(label.seq)
        for name in ("app", "team", "decision", "zone", "kind"):
            value = getattr(filters, name)
            if value is not None:
                statement = statement.where(getattr(RecordRow, name) == value)
        until = float("inf") if within_s is None else time.monotonic() + within_s
        try:
            with Session(self._engine) as session:
                stretch = _stretch(session, filters, after)
                return _page(session, statement.order_by(place), stretch, place=place, limit=limit, until=until)
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
        rows = self._run(select(RecordRow).where(RecordRow.id == record_id))
        return _record(rows[0]) if rows else None

    def last(self, count: int) -> tuple[ReadRecord, ...]:
        """Return the last records, oldest first."""
        rows = self._run(select(RecordRow).order_by(col(RecordRow.seq).desc()).limit(count))
        return tuple(_record(row) for row in reversed(rows))

    def text(self, sha256: str) -> bytes | None:
        """Return the archived text with this digest; raises AuditUnavailable when it is not what was archived."""
        rows = self._run(select(TextRow).where(TextRow.sha256 == sha256))
        if rows and hashlib.sha256(rows[0].text).hexdigest() != sha256:
            raise AuditUnavailable("corrupt")
        return rows[0].text if rows else None

    def _run(self, statement: SelectOfScalar[Row]) -> Sequence[Row]:
        try:
            with Session(self._engine) as session:
                return session.exec(statement).all()
        except DBAPIError as error:
            raise _unavailable(error) from None


def _stretch(session: Session, filters: Filters, after: int) -> tuple[int, int, Any]:
    """Return what lies behind `after`, from (excluded) and to (included), and the condition on times.

    A time range is a stretch of the log, found in the index of times alone; without it, a page would be looked for from
    the start of the log to its end. Clocks jump, so that records inside the stretch may lie outside the range, which
    stays a condition.
    """
    times = []
    if filters.since is not None:
        times.append(col(RecordRow.ts) >= filters.since)
    if filters.until is not None:
        times.append(col(RecordRow.ts) < filters.until)
    place = col(RecordRow.seq)
    first, last = 0, session.exec(select(func.coalesce(func.max(place), -1))).one()
    if times:
        from_ = _end(session, func.min, times, place < AT_AN_END)
        to = _end(session, func.max, times, place > last - AT_AN_END)
        first, last = (0, -1) if from_ is None or to is None else (from_, to)
    session.rollback()
    return max(after, first - 1), last, times


def _end(session: Session, which: Any, times: Any, near: Any) -> int | None:
    """Return the first or the last of the records of a time range, which often begins or ends where the log does.

    The sum keeps PostgreSQL from looking for it along the log instead of in the index of times.
    """
    place = col(RecordRow.seq)
    found: int | None = session.exec(select(which(place)).where(*times, near)).one()
    return session.exec(select(which(place + 0)).where(*times)).one() if found is None else found


def _page(
    session: Session,
    statement: SelectOfScalar[RecordRow],
    stretch: tuple[int, int, Any],
    *,
    place: Any,
    limit: int,
    until: float,
) -> Page:
    """Look through a stretch piece by piece, each in a transaction of its own."""
    at, last, times = stretch
    rows: list[RecordRow] = []
    width = STRETCH
    while at < last and len(rows) <= limit:
        began = time.monotonic()
        if began > until:
            return Page(tuple(map(_record, rows)), at)
        piece = statement.where(*times, place > at, place <= at + width).limit(limit + 1 - len(rows))
        rows += session.exec(piece).all()
        session.expunge_all()
        session.rollback()
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


def _record(row: RecordRow | None) -> ReadRecord:
    """Read a row; raises AuditUnavailable where the table is not the one that was made: the verifier says more."""
    try:
        if row is not None and type(row.seq) is int and type(row.id) is str:
            return ReadRecord(row.seq, row.id, row.prev.hex(), row.bh.hex(), row.link.hex(), orjson.loads(row.body))
    except (AttributeError, TypeError, ValueError):
        pass
    raise AuditUnavailable("corrupt")
