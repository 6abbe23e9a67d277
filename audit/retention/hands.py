"""Who takes bodies away: the process that writes a file, or whoever may do so in a PostgreSQL database.

One process writes a SQLite file, so there its writer does it, a slice between two batches of records. In PostgreSQL
the role of a server may delete nothing: a user with the role `ringfence_retention` does it over its own connection.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol, TypeVar

from audit.errors import AuditMismatch, AuditUnavailable
from audit.log import AuditLog
from audit.place import Postgres
from audit.records.tombstone import Tombstone
from audit.retention import taking
from audit.retention.taking import Entombed, Progress
from audit.stores.asking import Changing, Run, asking, in_file
from audit.stores.store import Store
from audit.stores.store_sqlite import SqliteStore

T = TypeVar("T")
ROUND_S = 1.0
"""How long one round of slices takes at most."""
PAUSE_S = 0.005
SHARE = 2.0
"""For so many times as long as a slice took, nothing is taken away: the writer is others'."""
TRIES = 40
RETRY_S = 0.05
AT_ONCE = 32
READ = "somebody reads the log, so that old pages of its write-ahead log cannot be freed; run this again later"


class Hands(Protocol):
    """Takes away what records say is gone; every failure is an AuditError."""

    def ready(self) -> None:
        """Refuse, before anything is on record, whoever may not take anything away."""

    def begin(self, size: int) -> None:
        """Let a prune begin that a record announces; once is enough."""

    def take(self) -> Progress:
        """Take away some slices of it."""

    def entomb(self, stones: Sequence[Tombstone]) -> Entombed:
        """Erase what a record says is erased."""

    def scrub(self) -> str:
        """Overwrite what was taken away, as far as the database does that; return what is left to do, or nothing."""


class OfWriter:
    """Does it in the process that holds the lock of a SQLite file, between batches of its writer."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log

    def ready(self) -> None:
        """Who writes the file may."""

    def begin(self, size: int) -> None:
        """Let a prune begin."""
        self._do(lambda run: taking.begin(run, size))

    def take(self) -> Progress:
        """Take slices for a moment; whoever writes waits for one of them at most."""
        until, progress = time.monotonic() + ROUND_S, Progress(1)
        while progress.left and not progress.held and time.monotonic() < until:
            at = time.monotonic()
            progress = self._do(taking.take)
            time.sleep(max(PAUSE_S, SHARE * (time.monotonic() - at)))
        return progress

    def entomb(self, stones: Sequence[Tombstone]) -> Entombed:
        """Erase, all in one transaction."""
        return self._do(lambda run: taking.entomb(run, stones))

    def scrub(self) -> str:
        """Empty the write-ahead log: deleted content is overwritten in the file by each transaction itself."""
        for _ in range(TRIES):
            if self._store(SqliteStore.truncate):
                return ""
            time.sleep(RETRY_S)
        return READ

    def finish(self) -> None:
        """Go on with what a process before this one began: erasures that are recorded, and a prune."""
        with asking(self._log.place) as run:
            stones, (size, done) = taking.unfinished(run), taking.begun(run)
        for start in range(0, len(stones), AT_ONCE):
            self.entomb(stones[start : start + AT_ONCE])
        while done < size:
            progress = self.take()
            if progress.held or not progress.left:
                break
        if stones or done < size:
            self.scrub()

    def _do(self, job: Callable[[Run], T]) -> T:
        return self._store(lambda store: store.work(lambda connection: job(in_file(connection))))

    def _store(self, job: Callable[[SqliteStore], T]) -> T:
        results: list[T] = []

        def chore(store: Store) -> None:
            if not isinstance(store, SqliteStore):
                raise AuditMismatch("a server may take nothing away from a database that it shares")
            results.append(job(store))

        self._log.do(chore)
        if not results:
            raise AuditUnavailable("io")
        return results[0]


class ByServer:
    """Asks the process that writes the file; `ask` runs an operation there."""

    def __init__(self, ask: Callable[..., Mapping[str, Any]]) -> None:
        self._ask = ask

    def ready(self) -> None:
        """Who writes the file may."""

    def begin(self, size: int) -> None:
        """Let a prune begin."""
        self._ask("retention.begin", size=size)

    def take(self) -> Progress:
        """Have it take slices for a moment."""
        return Progress(**self._ask("retention.take"))

    def entomb(self, stones: Sequence[Tombstone]) -> Entombed:
        """Have it erase."""
        return Entombed(**self._ask("retention.entomb", stones=[asdict(stone) for stone in stones]))

    def scrub(self) -> str:
        """Have it empty its write-ahead log."""
        return str(self._ask("retention.scrub")["left"])


class InDatabase:
    """Does it over connections of its own; a server may go on writing meanwhile."""

    def __init__(self, place: Postgres) -> None:
        self._changing = Changing(place)

    def ready(self) -> None:
        """Ask for what needs the role, and is nothing."""
        with self._changing.transaction() as run:
            run("DELETE FROM {s}record WHERE false")

    def begin(self, size: int) -> None:
        """Let a prune begin."""
        with self._changing.transaction() as run:
            taking.begin(run, size)

    def take(self) -> Progress:
        """Take slices for a moment, each a transaction."""
        until, progress = time.monotonic() + ROUND_S, Progress(1)
        while progress.left and not progress.held and time.monotonic() < until:
            with self._changing.transaction() as run:
                progress = taking.take(run)
        return progress

    def entomb(self, stones: Sequence[Tombstone]) -> Entombed:
        """Erase, all in one transaction."""
        with self._changing.transaction() as run:
            return taking.entomb(run, stones)

    def scrub(self) -> str:
        """Have the server free the space: old versions of rows stay in its files until they are written over."""
        return self._changing.vacuum()
