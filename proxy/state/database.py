"""The proxy's own database, for callers in the event loop: each operation in a thread, with a deadline.

It is a SQLite file in the home of the one server that uses it. Where the audit log is in PostgreSQL, it is a schema of
the same database, which all servers of that log share. Whoever cannot read or write it has to refuse: StateUnavailable
answers 503 when nobody catches it.
"""

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, Engine, Executable, Row, Table
from sqlalchemy.dialects import postgresql, sqlite

from audit.durable import sync_folder
from audit.errors import AuditMismatch, AuditUnavailable, Reason
from audit.place import Place, Postgres
from audit.stores.sqlite import require_local
from proxy.errors import ConfigurationError, Unavailable
from proxy.place import audit_place
from proxy.settings import Settings
from proxy.state.engines import CONNECTIONS, connected, open_engine, transaction
from proxy.state.schema import require_current, upgrade

FILE = "shared.db"
OPEN_S = 10.0
DAMAGED = (
    "The proxy's own state in {place} is damaged. Restore a copy of it, or move it away: then what callers stored at "
    "model servers is unknown, and answered with 404."
)
Result = TypeVar("Result")


class StateUnavailable(Unavailable):
    """The state cannot be read or written now. `reason` is a code, never the words of a driver."""

    code = "state_unavailable"

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"The proxy's own database cannot be used now ({reason}).", code="state_unavailable")
        self.reason = reason


class Database:
    """One database, used by one event loop. What is executed is durable when it returns."""

    def __init__(self, engine: Engine, deadline_s: float) -> None:
        self._engine = engine
        self.deadline_s = deadline_s
        self.dialect = engine.dialect.name
        """`sqlite` or `postgresql`."""
        threads = CONNECTIONS if self.dialect == "postgresql" else 1
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="state")
        self._free = asyncio.Semaphore(threads)
        """Threads that have nothing to do. Whoever waits for one gives up at the deadline and leaves nothing behind."""

    @classmethod
    def open(cls, place: Place, deadline_s: float) -> Self:
        """Open a database; an operation may take `deadline_s`, in seconds. It blocks.

        Raises ConfigurationError where a person has to do something, StateUnavailable where it may pass.
        """
        engine = open_engine(place, deadline_s)
        try:
            if not isinstance(place, Postgres):
                _create(place)
            with connected(engine, time.monotonic() + OPEN_S) as connection:
                if isinstance(place, Postgres):
                    require_current(connection, place)
                else:
                    _make_ready(connection, place)
        except AuditUnavailable as error:
            engine.dispose()
            if error.reason == "corrupt":
                raise ConfigurationError(DAMAGED.format(place=place)) from None
            raise StateUnavailable(error.reason) from None
        except AuditMismatch as error:
            engine.dispose()
            raise ConfigurationError(f"The proxy's own state in {place} cannot be opened: {error}.") from None
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, deadline_s)

    def insert(self, table: Table) -> "sqlite.Insert | postgresql.Insert":
        """Begin an INSERT that knows ON CONFLICT; both databases have the same methods for it."""
        return postgresql.insert(table) if self.dialect == "postgresql" else sqlite.insert(table)

    async def execute(self, statement: Executable, values: Any = None) -> Sequence[Row[Any]]:
        """Execute one statement, which is a transaction; return its rows, if it has any. Raises StateUnavailable.

        After that it may have been done all the same. To PostgreSQL it is one round trip.
        """

        def work(connection: Connection) -> Sequence[Row[Any]]:
            result = connection.execute(statement, values)
            return result.fetchall() if result.returns_rows else ()

        return await self._run(work)

    def close(self) -> None:
        """Release the database, after what runs in it; it blocks."""
        self._threads.shutdown()
        self._engine.dispose()

    async def _run(self, work: Callable[[Connection], Result]) -> Result:
        due = time.monotonic() + self.deadline_s
        loop = asyncio.get_running_loop()

        def in_thread() -> Result:
            try:
                with connected(self._engine, due) as connection:
                    return work(connection)
            except AuditUnavailable as error:
                raise StateUnavailable(error.reason) from None
            except AuditMismatch:  # another file than at the start
                raise StateUnavailable("unsafe") from None

        def freed(_: object) -> None:
            with suppress(RuntimeError):  # the loop was closed; nobody waits any more
                loop.call_soon_threadsafe(self._free.release)

        try:
            async with asyncio.timeout(self.deadline_s):
                await self._free.acquire()
                try:
                    job = self._threads.submit(in_thread)
                except RuntimeError:
                    self._free.release()
                    raise StateUnavailable("closed") from None
                job.add_done_callback(freed)
                return await asyncio.wrap_future(job)
        except TimeoutError:
            raise StateUnavailable("deadline") from None


def state_place(settings: Settings) -> Place:
    """Return where the state of a server with these settings is; raises ConfigurationError."""
    place = audit_place(settings)
    return place if isinstance(place, Postgres) else settings.home / FILE


def _create(path: Path) -> None:
    """Make the file, for nobody else to read."""
    require_local(path)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        sync_folder(path.parent)
    except OSError as error:
        raise ConfigurationError(f"The proxy's own state in {path} cannot be opened: {error.strerror}.") from None


def _make_ready(connection: Connection, place: Path) -> None:
    if connection.exec_driver_sql("PRAGMA quick_check(1)").scalar() != "ok":
        raise AuditUnavailable("corrupt")
    with transaction(connection, OPEN_S):
        upgrade(connection, place)
