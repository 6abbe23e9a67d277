"""The one thread that writes: it takes what has gathered while the last batch was synced, and commits it as one.

There is no timer and no artificial delay: an idle log commits a record at once, a busy one shares each sync among all
that arrived meanwhile. Callers encode and check their records in their own threads; this thread numbers, links and
commits. A record whose caller has given up is left out as long as its transaction has not begun.
"""

import asyncio
import concurrent.futures
import queue
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from audit.canonical import Halves, Writer
from audit.chain import body_hash
from audit.errors import AuditError, AuditUnavailable, Reason, RecordRefused
from audit.jcs import parse
from audit.kinds import ENVELOPE
from audit.record import Derived
from audit.store import Linked, Prepared, Store, Stored

MAX_BATCH = 256
MAX_BATCH_BYTES = 1024 * 1024
MAX_QUEUE = 4096
HEARTBEAT_S = 3600.0
"""An idle log still says that it is alive: absence can then be told from silence."""
PROBE_S = 0.5
"""While the store fails, a heartbeat is tried this often, so that readiness returns without traffic."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof for the caller that a record is durable; `link` is H_n in hex. Kept, it can show a later omission."""

    id: str
    seq: int
    link: str


Late = Callable[[Receipt], None]
"""Told, in the loop of its append, of a record that became durable although the caller was refused or had left."""


class Waiter:
    """Where a result goes: a future of an event loop, or of a thread; to `late`, when the caller does not take it."""

    __slots__ = ("future", "late", "loop")

    def __init__(self, loop: asyncio.AbstractEventLoop | None, late: Late | None = None) -> None:
        self.loop = loop
        self.late = late
        self.future: Any = concurrent.futures.Future() if loop is None else loop.create_future()

    def settle(self, result: Receipt | AuditError) -> None:
        """Give the result, unless the caller left. Runs in the loop's thread, or in the writer's for threads."""
        if isinstance(result, AuditError):
            if not self.future.done():
                self.future.set_exception(result)
        elif not self.future.done():
            self.future.set_result(result)
        elif self.late is not None:
            self.late(result)

    def miss(self) -> None:
        """Note that the caller was cancelled: a receipt that lay ready for it is late as well."""
        ready = self.future.done() and not self.future.cancelled() and self.future.exception() is None
        if ready and self.late is not None:
            self.late(self.future.result())


@dataclass(slots=True, eq=False)
class Entry:
    """A record on its way. `due` is monotonic seconds; `dropped` is set by a caller that has given up."""

    derived: Derived
    halves: Halves
    chosen_id: bool
    due: float
    waiter: Waiter
    dropped: bool = False


@dataclass(slots=True, eq=False)
class Text:
    """A text for the archive."""

    sha256: str
    text: bytes
    waiter: Waiter
    dropped: bool = False


@dataclass(slots=True, eq=False)
class Signed:
    """A checkpoint, for the table of checkpoints."""

    size: int
    note: bytes
    waiter: Waiter
    dropped: bool = False


Job = Entry | Text | Signed


class WriterThread:
    """Owns the store from `start` to the end of `stop`."""

    def __init__(self, store: Store, writer: Writer, make: Callable[[str, dict[str, Any]], Entry], n: int) -> None:
        self._store = store
        self._writer = writer
        self._make = make
        self._n = n
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="audit-writer", daemon=True)
        self._deferred: list[Entry] = []
        self._doubtful: list[Entry] = []
        self._submitted = self._decided = 0
        self._stopping = False
        self._spoken = self._tended = time.monotonic()
        self.trouble: Reason | None = None
        self.busy_since: float | None = None

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def alive(self) -> bool:
        """Whether records are taken."""
        return not self._closed and self._thread.is_alive()

    def submit(self, job: Job) -> None:
        """Queue a job; raises AuditUnavailable at once when there is no room, for waiting would not help."""
        with self._gate:
            if self._closed or not self._thread.is_alive():
                raise AuditUnavailable("closed")
            if self._queue.qsize() >= MAX_QUEUE:
                raise AuditUnavailable("queue_full")
            self._submitted += 1
            self._queue.put(job)

    def idle(self) -> bool:
        """Whether everything submitted so far was written or refused, and its callers' loops were told."""
        return self._decided == self._submitted

    def stop(self, timeout_s: float) -> bool:
        """Write what was queued and `writer.stop`, then end; False when the store still hangs after the time given."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def blocked(self, limit_s: float) -> bool:
        """Whether the batch in hand has taken longer than the limit."""
        since = self.busy_since
        return since is not None and time.monotonic() - since > limit_s

    def waiting_for_lock(self) -> bool:
        """Whether another connection's transaction is what the writer waits for."""
        return self._store.waiting

    def _run(self) -> None:
        try:
            while not self._stopping:
                self._turn(self._gather())
            self._write([self._make("writer.stop", {"records": self._n + 1})])
        finally:
            self._closed = True
            self._store.close()
            left = [*self._deferred, *self._drain()]
            _settle((job.waiter, AuditUnavailable("closed")) for job in left)

    def _gather(self) -> list[Job]:
        batch: list[Job] = [*self._deferred]
        self._deferred = []
        size = 0
        patience = 0.0 if batch else self._patience()
        with suppress(queue.Empty):
            while len(batch) < MAX_BATCH and size < MAX_BATCH_BYTES:
                job = self._queue.get(timeout=patience) if patience else self._queue.get_nowait()
                if job is None:
                    self._stopping = True
                    break
                batch.append(job)
                size += len(job.halves.before) if isinstance(job, Entry) else len(_aside(job))
                patience = 0.0
        return batch

    def _patience(self) -> float:
        """Return how long to wait for a job."""
        if self.trouble is not None:
            return PROBE_S
        due = self._spoken + HEARTBEAT_S
        if self._store.lease_s is not None:
            due = min(due, self._tended + self._store.lease_s)
        return max(0.001, due - time.monotonic())

    def _drain(self) -> list[Job]:
        left: list[Job] = []
        with suppress(queue.Empty):
            while True:
                job = self._queue.get_nowait()
                if job is not None:
                    left.append(job)
        return left

    def _turn(self, batch: list[Job]) -> None:
        self.busy_since = time.monotonic()
        for job in batch:
            if not isinstance(job, Entry) and not job.dropped:
                self._put(job)
        entries = [job for job in batch if isinstance(job, Entry)]
        if entries or self._store.in_doubt:
            self._write(entries)
        self._tend()
        quiet = time.monotonic() - self._spoken >= HEARTBEAT_S
        if not batch and not self._stopping and (quiet or self.trouble is not None):
            self._write([self._make("writer.heartbeat", {"records": self._n + 1})])
        self._decided += len(batch) - len(self._deferred)
        self.busy_since = None

    def _tend(self) -> None:
        """Where other processes write too: show that this one lives, and close what those that are gone left open."""
        if self._store.lease_s is None or time.monotonic() - self._tended < self._store.lease_s:
            return
        self._tended = time.monotonic()
        try:
            lost = self._store.open_attempts()
        except AuditError as error:
            # Until a heartbeat is written.
            self.trouble = error.reason if isinstance(error, AuditUnavailable) else "io"
            return
        for start in range(0, len(lost), MAX_BATCH):
            self._write([self._make("route.outcome", crashed(*one)) for one in lost[start : start + MAX_BATCH]])

    def _put(self, job: Text | Signed) -> None:
        result: Receipt | AuditError = Receipt("", 0, "")
        try:
            if isinstance(job, Text):
                self._store.put_text(job.sha256, job.text)
            else:
                self._store.put_checkpoint(job.size, job.note)
        except AuditError as error:
            result = error
        _settle([(job.waiter, result)])

    def _write(self, entries: list[Entry]) -> None:
        now = time.monotonic()
        live = [entry for entry in entries if not entry.dropped and entry.due > now]
        _settle(
            (entry.waiter, AuditUnavailable("deadline")) for entry in entries if not entry.dropped and entry.due <= now
        )
        fresh: list[Entry] = []
        try:
            if self._store.in_doubt:
                self._n = self._store.next_n(self._writer.epoch)
            if self._doubtful:
                self._find_out()
            fresh, known = self._split(live)
            linked = self._store.commit(self._prepare(fresh)) if fresh else []
        except AuditUnavailable as error:
            self.trouble = error.reason
            if self._store.in_doubt:
                self._doubtful += fresh
            _settle((entry.waiter, AuditUnavailable(error.reason)) for entry in live)
            return
        except Exception:  # noqa: BLE001 - whatever it was, no caller may wait for ever or be told that it succeeded
            self.trouble = "io"
            self._store.in_doubt = True
            self._doubtful += fresh
            _settle((entry.waiter, AuditUnavailable("io")) for entry in live)
            return
        self.trouble = None
        self._spoken = time.monotonic()
        self._n += len(fresh)
        made = [(entry.waiter, _receipt(entry, end)) for entry, end in zip(fresh, linked, strict=True)]
        _settle([*made, *known])

    def _find_out(self) -> None:
        """Look for what a failed COMMIT left in doubt: what is not stored before the next record never will be."""
        stored = [(entry, self._store.find(entry.derived.id)) for entry in self._doubtful]
        self._doubtful = []
        _settle((entry.waiter, _receipt(entry, Linked(row.seq, row.link))) for entry, row in stored if row is not None)

    def _prepare(self, entries: list[Entry]) -> list[Prepared]:
        rows = []
        for n, entry in enumerate(entries, self._n):
            body = entry.halves.join(self._writer, n)
            rows.append(Prepared(entry.derived, body, body_hash(body)))
        return rows

    def _split(self, entries: list[Entry]) -> tuple[list[Entry], list[tuple[Waiter, Receipt | AuditError]]]:
        """Set apart entries whose chosen id is stored already: a retry of the same record gets its receipt."""
        fresh: list[Entry] = []
        known: list[tuple[Waiter, Receipt | AuditError]] = []
        seen: set[str] = set()
        for entry in entries:
            if entry.chosen_id and entry.derived.id in seen:
                self._deferred.append(entry)
                continue
            stored = self._store.find(entry.derived.id) if entry.chosen_id else None
            if stored is None:
                fresh.append(entry)
                seen.add(entry.derived.id)
            else:
                known.append((entry.waiter, self._repeat(entry, stored)))
        return fresh, known

    def _repeat(self, entry: Entry, stored: Stored) -> Receipt | AuditError:
        offered = parse(entry.halves.join(self._writer, 0))
        if offered["kind"] == stored.body["kind"] and _own(offered) == _own(stored.body):
            return _receipt(entry, Linked(stored.seq, stored.link))
        return RecordRefused(entry.derived.kind, ".id", "another record has this id")


def crashed(dec: str, attempt: int) -> dict[str, Any]:
    """Return the outcome of an attempt whose writer is gone."""
    return {"dec": dec, "attempt": attempt, "status": "unknown_after_crash"}


def _own(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in ENVELOPE}


def _aside(job: Text | Signed) -> bytes:
    return job.text if isinstance(job, Text) else job.note


def _receipt(entry: Entry, linked: Linked) -> Receipt:
    return Receipt(entry.derived.id, linked.seq, linked.link.hex())


def _settle(results: Iterable[tuple[Waiter, Receipt | AuditError]]) -> None:
    """Hand results over, waking each event loop once."""
    loops: dict[asyncio.AbstractEventLoop, list[tuple[Waiter, Receipt | AuditError]]] = {}
    for waiter, result in results:
        if waiter.loop is None:
            with suppress(concurrent.futures.InvalidStateError):
                waiter.settle(result)
        else:
            loops.setdefault(waiter.loop, []).append((waiter, result))
    for loop, mine in loops.items():
        with suppress(RuntimeError):  # the loop was closed; nobody waits any more
            loop.call_soon_threadsafe(_settle_here, mine)


def _settle_here(results: list[tuple[Waiter, Receipt | AuditError]]) -> None:
    for waiter, result in results:
        waiter.settle(result)
