"""The one thread that writes: it takes what has gathered while the last batch was synced, and commits it as one.

There is no artificial delay: an idle log commits a record at once, a busy one shares each sync among all that arrived
meanwhile. Only what nobody waits for, how a request ended, lets some milliseconds pass, so that it can go along with
the next decision: that halves the commits. Callers encode and check their records in their own threads; this thread
numbers, links and commits. A record whose caller has given up is left out as long as its transaction has not begun.
"""

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from audit.errors import AuditError, AuditUnavailable, Reason, RecordRefused
from audit.jobs import Chore, Entry, Job, Receipt, Signed, Text, Waiter, settle
from audit.readback import ReadBack
from audit.records.canonical import Writer
from audit.records.jcs import parse
from audit.records.kinds import ENVELOPE
from audit.spool.imports import Make, SpoolImport
from audit.spool.spool import Spool
from audit.stores.store import Linked, Store, Stored

MAX_BATCH = 256
MAX_BATCH_BYTES = 1024 * 1024
MAX_QUEUE = 4096
HEARTBEAT_S = 3600.0
"""An idle log still says that it is alive: absence can then be told from silence."""
PROBE_S = 0.5
"""While the store fails, a heartbeat is tried this often, so that readiness returns without traffic."""

PATIENCE_S = 0.01
"""How long a record that nobody waits for may wait for another one."""

Results = list[tuple[Waiter, Receipt | AuditError]]


class WriterThread:
    """Owns the store from `start` to the end of `stop`."""

    def __init__(  # noqa: PLR0917 - the parts of a log
        self, store: Store, writer: Writer, make: Make, n: int, spool: Spool, hold_back: Callable[[], bool]
    ) -> None:
        self._store = store
        self._spool = spool
        self._hold_back = hold_back
        self._import = SpoolImport(spool, make, self._take_in, lambda name: store.find(name) is not None)
        self._writer = writer
        self._make = make
        self._n = n
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._offered: deque[Entry] = deque()
        self._calling: asyncio.AbstractEventLoop | None = None
        self._reminding: asyncio.AbstractEventLoop | None = None
        self._gate = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="audit-writer", daemon=True)
        self._deferred: list[Entry] = []
        self._doubtful: list[Entry] = []
        self._submitted = self._decided = 0
        self._full = self._rung = False
        self._spoken = self._tended = self._gathered = time.monotonic()
        self.read_back = ReadBack()
        self.trouble: Reason | None = None
        self.busy_since: float | None = None

    def start(self) -> None:
        """Import what an earlier process left in the spool, then start the thread; raises AuditUnavailable."""
        self._import.run(crashed=True)
        self._thread.start()

    def alive(self) -> bool:
        """Whether records are taken."""
        return not self._closed and self._thread.is_alive()

    def submit(self, job: Job) -> None:
        """Queue a job; raises AuditUnavailable at once when there is no room, for waiting would not help."""
        with self._gate:
            self._admit()
            self._queue.put(job)

    def offer(self, entry: Entry, loop: asyncio.AbstractEventLoop, *, patient: bool) -> None:
        """Do the same for a record of the running loop: what it offers in one turn is written as one.

        One that is patient, for nobody waits for it, goes along with the next one, or alone after a while.
        """
        with self._gate:
            self._admit()
            self._offered.append(entry)
        if not patient and self._calling is not loop:
            self._calling = loop
            loop.call_soon(self._call)
        elif patient and self._reminding is not loop:
            self._reminding = loop
            loop.call_later(PATIENCE_S, self._remind, loop)

    def _admit(self) -> None:
        if self._closed or not self._thread.is_alive():
            raise AuditUnavailable("closed")
        if self._queue.qsize() + len(self._offered) >= MAX_QUEUE:
            raise AuditUnavailable("queue_full")
        self._submitted += 1

    def _call(self) -> None:
        self._calling = None
        self._ring()

    def _remind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have what nobody waits for written, unless the writer was there a moment ago: then this is younger."""
        self._reminding = None
        if self._offered and time.monotonic() - self._gathered < PATIENCE_S / 2:
            self._reminding = loop
            loop.call_later(PATIENCE_S, self._remind, loop)
        else:
            self._ring()

    def _ring(self) -> None:
        """Wake the thread for what was offered. One that is busy has to be told once: it finds all of it."""
        if self._offered and not self._rung:
            self._rung = True
            self._queue.put(None)

    def nudge(self) -> None:
        """Have it look at the spool now, if it waits for nothing in particular."""
        if self.trouble is None:
            with suppress(AuditUnavailable):
                self.submit(Text("", b"", Waiter(None), dropped=True))

    def progress(self) -> tuple[int, float]:
        """Return how much submitted was not yet written or refused, and how long ago, in seconds, the last was written.

        What is written or refused was told to its caller's loop.
        """
        return self._submitted - self._decided, time.monotonic() - self._spoken

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
        """Whether another connection's transaction is what the writer waits for, or waited for last, in vain."""
        return self._store.waiting or self.trouble == "locked"

    def _run(self) -> None:
        try:
            while not self._closed or self._offered or self._deferred or not self._queue.empty():
                self._turn(self._gather())
            self._write([self._make("writer.stop", {"records": self._n + 1})])
        finally:
            self._closed = True
            self._store.close()
            left: list[Job] = [*self._deferred]
            while (job := self._next()) is not None:
                left.append(job)
            settle((job.waiter, AuditUnavailable("closed")) for job in left)

    def _gather(self) -> list[Job]:
        batch: list[Job] = [*self._deferred]
        if not (batch or self._closed):
            with suppress(queue.Empty):
                batch += self._taken(self._queue.get(not self._full, self._patience()))
        self._deferred = []
        size = 0
        while len(batch) < MAX_BATCH and size < MAX_BATCH_BYTES and (job := self._next()) is not None:
            batch.append(job)
            size += len(job.halves.before) if isinstance(job, Entry) else len(_aside(job))
        self._full = len(batch) >= MAX_BATCH or size >= MAX_BATCH_BYTES
        self._gathered = time.monotonic()
        return batch

    def _next(self) -> Job | None:
        """Return the next job; None where there is none."""
        with suppress(queue.Empty, IndexError):
            while not self._offered:
                for job in self._taken(self._queue.get_nowait()):
                    return job
            return self._offered.popleft()
        return None

    def _taken(self, job: Job | None) -> list[Job]:
        """Return what came out of the queue, but for the ringing."""
        if job is not None:
            return [job]
        self._rung = False
        return []

    def _patience(self) -> float:
        """Return how long to wait for a job."""
        due = min(self._spoken + HEARTBEAT_S, self._store.keep())
        if self.trouble is not None or self._spool.pending:
            return PROBE_S
        if self._store.lease_s is not None:
            due = min(due, self._tended + self._store.lease_s)
        return max(0.001, due - time.monotonic())

    def _spooled(self) -> bool:
        """Whether there is something to import, and may be."""
        return self._spool.pending and not self._hold_back()

    def _turn(self, batch: list[Job]) -> None:
        self.busy_since = time.monotonic()
        for job in batch:
            if not isinstance(job, Entry) and not job.dropped:
                self._put(job)
        entries = [job for job in batch if isinstance(job, Entry)]
        if entries or self._store.in_doubt or (self.trouble is None and self._spooled()):
            self._write(entries)
        self._tend()
        quiet = time.monotonic() - self._spoken >= HEARTBEAT_S
        if not batch and not self._closed and (quiet or self.trouble is not None):
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

    def _put(self, job: Text | Signed | Chore) -> None:
        result: Receipt | AuditError = Receipt("", 0, "")
        try:
            match job:
                case Text():
                    self._store.put_text(job.sha256, job.text)
                case Signed():
                    self._store.put_checkpoint(job.size, job.note)
                case Chore():
                    job.run(self._store)
        except AuditError as error:
            result = error
        except Exception:  # noqa: BLE001 - whatever it was, the writer goes on, and nobody is told that it succeeded
            result = AuditUnavailable("io")
        settle([(job.waiter, result)])

    def _write(self, entries: list[Entry]) -> None:
        """Write records, and first what was spooled: so whatever follows from that comes after it."""
        try:
            if self._store.in_doubt:
                self._n = self._store.next_n(self._writer.epoch)
            if self._doubtful:
                self._find_out()
            if self._spooled():
                self._import.run()
            entries = _in_time(entries, "locked" if self.waiting_for_lock() else "deadline")
            results = self._commit(entries)
        except AuditUnavailable as error:
            self.trouble = error.reason
        except Exception:  # noqa: BLE001 - whatever it was, no caller may wait for ever or be told that it succeeded
            self.trouble = "io"
            self._store.in_doubt = True
        else:
            self.trouble = None
            self._spoken = time.monotonic()
            self.read_back.look(self._store, (entry.derived for entry in entries))
            settle(results)
            return
        settle((entry.waiter, AuditUnavailable(self.trouble)) for entry in entries if not entry.dropped)

    def _commit(self, entries: list[Entry]) -> Results:
        """Make records durable in one transaction; raises AuditUnavailable, and they may be durable then as well."""
        fresh, known = self._split(entries)
        try:
            rows = [entry.prepared(self._writer, n) for n, entry in enumerate(fresh, self._n)]
            linked = self._store.commit(rows) if rows else []
        except AuditUnavailable:
            if self._store.in_doubt:
                self._doubtful += fresh
            raise
        except Exception:
            self._doubtful += fresh
            raise
        self._n += len(fresh)
        return [*((entry.waiter, _receipt(entry, end)) for entry, end in zip(fresh, linked, strict=True)), *known]

    def _take_in(self, entries: list[Entry]) -> None:
        """Write records of the spool."""
        if any(isinstance(result, AuditError) for _, result in self._commit(entries)):
            raise AuditUnavailable("corrupt")

    def _find_out(self) -> None:
        """Look for what a failed COMMIT left in doubt: what is not stored before the next record never will be."""
        stored = [(entry, self._store.find(entry.derived.id)) for entry in self._doubtful]
        self._doubtful = []
        settle((entry.waiter, _receipt(entry, Linked(row.seq, row.link))) for entry, row in stored if row is not None)

    def _split(self, entries: list[Entry]) -> tuple[list[Entry], Results]:
        """Set apart entries whose chosen id is stored already: a retry of the same record gets its receipt."""
        fresh: list[Entry] = []
        known: Results = []
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
        if offered["kind"] == stored.body.get("kind") and _own(offered) == _own(stored.body):
            return _receipt(entry, Linked(stored.seq, stored.link))
        return RecordRefused(entry.derived.kind, ".id", "another record has this id")


def _in_time(entries: list[Entry], reason: Reason) -> list[Entry]:
    """Refuse those whose time is over, and return the others."""
    now = time.monotonic()
    settle((entry.waiter, AuditUnavailable(reason)) for entry in entries if not entry.dropped and entry.due <= now)
    return [entry for entry in entries if not entry.dropped and entry.due > now]


def crashed(dec: str, attempt: int) -> dict[str, Any]:
    """Return the outcome of an attempt whose writer is gone."""
    return {"dec": dec, "attempt": attempt, "status": "unknown_after_crash"}


def _own(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in ENVELOPE}


def _aside(job: Text | Signed | Chore) -> bytes:
    return job.text if isinstance(job, Text) else job.note if isinstance(job, Signed) else b""


def _receipt(entry: Entry, linked: Linked) -> Receipt:
    return Receipt(entry.derived.id, linked.seq, linked.link.hex())
