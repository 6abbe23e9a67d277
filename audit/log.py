"""The audit log as the rest of the program sees it: append a record, and it is durable when the call returns.

What is trusted: the machine's clock for nothing but time stamps, the file system for what it has synced. What is never
true: that a record was acknowledged and is not in the log.
"""

import asyncio
import concurrent.futures
import hashlib
import os
import sqlite3
import time
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, Self

from audit.clock import ANOMALY, Clock
from audit.committed import Committed
from audit.errors import AuditUnavailable, Reason, RecordRefused
from audit.jobs import Chore, Entry, Job, Late, Receipt, Signed, Spooled, Text, Waiter
from audit.keys import finish
from audit.opening import Opened, instance, newest_stamp, open_place, take_up
from audit.pending import Pending
from audit.place import Place
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.note import Note
from audit.records.canonical import Writer, encode, halves
from audit.records.chain import genesis_prev
from audit.records.draft import draft, require_short
from audit.records.fingerprint import Fingerprinter
from audit.records.introduced import INTRODUCED, introduction
from audit.records.record import ATTEMPT, DECISION, OUTCOME, derive, new_id, registry_sha256
from audit.spool.file import spool_key
from audit.spool.imports import attempts_in
from audit.spool.spool import Spool, SpoolPlan
from audit.stores.sqlite import MAX_BUSY_MS, refused, unavailable
from audit.stores.store import Store
from audit.writer import WriterThread, crashed

__all__ = ["AuditLog", "Receipt", "new_id"]

MAX_TEXT_BYTES = 8 * 1024 * 1024
NOT_THE_STORE = frozenset({"queue_full", "closed"})
"""Reasons for which nothing is spooled: the store is not at fault."""


class AuditLog:
    """One open log. `append` and `append_sync` are safe from any loop and thread; there is one log a process."""

    def __init__(self, place: Place, writer: Writer, opened: Opened, deadline_s: float) -> None:
        self.place = place
        self.fingerprinter: Fingerprinter = opened.keys.fingerprinter()
        self.vkey = opened.keys.vkey.encode()
        self._origin = opened.keys.vkey.name
        self._lock = opened.lock
        self._deadline_s = deadline_s
        self.clock = Clock()
        self.spent = False
        """Whether decisions are refused because the disk is full, while outcomes use what room there is."""
        self._self = writer
        self.instance = writer.inst
        self._store = opened.store
        self._writer: WriterThread
        self.spool: Spool
        self._committed = Committed(opened.lookup)

    @classmethod
    def open(
        cls,
        place: Place,
        *,
        keys: Path,
        origin: str,
        deadline_s: float,
        spool: SpoolPlan | None = None,
        desk: Path | None = None,
    ) -> Self:
        """Open the log for writing, or begin it when neither its records nor keys exist.

        `desk` is the folder of this writer alone; without it, the one that the keys lie in.

        Takes the lock of the log (SQLite) or of the keys (PostgreSQL), writes `writer.start`, introduces schemas that
        are new to this log, imports what was left in the spool, which lies beside the keys unless `spool` says
        otherwise, and closes what writers that are gone left without an outcome. Raises AuditLocked, AuditMismatch or
        AuditUnavailable.
        """
        writer = Writer(instance(), new_id())
        try:
            opened = open_place(place, keys, desk or keys.parent, origin, epoch=writer.epoch, deadline_s=deadline_s)
            try:
                log = cls(place, writer, opened, deadline_s)
                log._begin(opened, keys, origin, spool or SpoolPlan(keys.with_name("spool")))
            except BaseException:
                opened.store.close()
                opened.lock.release()
                raise
        except sqlite3.Error as error:
            raise unavailable(error) from None
        except OSError as error:
            raise refused(error) from None
        return log

    async def append(
        self,
        kind: str,
        body: Mapping[str, Any],
        *,
        id: str | None = None,  # noqa: A002
        first: bool = False,
        late: Late | None = None,
    ) -> Receipt:
        """Append a record; it is durable when this returns. Never takes longer than the deadline.

        `body` holds the kind's own fields as plain JSON values (`str`, `int`, `bool`, `list`, `dict`). With a chosen
        `id` (a UUIDv7 from `new_id`), offering the same record again gives the first one's receipt, so that a failed
        append can be repeated. `first` says that nobody has offered it before, so that it is not looked for.

        Raises RecordRefused for a body outside its schema, AuditUnavailable otherwise. A record that was cancelled,
        ran into the deadline or met an error of COMMIT may still become durable: `late` then gets its receipt, once
        and in this loop, so that the caller can close it. What ends with the process is the next start's to close.
        """
        loop = asyncio.get_running_loop()
        entry = self._entry(kind, body, id, loop, late)
        entry.chosen_id = entry.chosen_id and not first
        self._writer.offer(entry, loop, patient=kind == OUTCOME)
        timer = loop.call_later(self._deadline_s, self._expire, entry)
        try:
            receipt: Receipt = await entry.waiter.future
        except asyncio.CancelledError:
            entry.waiter.miss()
            raise
        finally:
            timer.cancel()
            entry.dropped = True
        return receipt

    async def append_or_spool(
        self,
        kind: str,
        body: Mapping[str, Any],
        *,
        id: str | None = None,  # noqa: A002
        first: bool = False,
        late: Late | None = None,
    ) -> Receipt | Spooled:
        """Do the same; while the log takes no record, the spool does, if it is open. Takes twice the deadline at most.

        For what leads to own servers only: a spooled record permits nothing else. Without a chosen id, the record that
        is spooled is another one than the log was offered, which may yet become durable and is `late` then. A further
        attempt, known by its number, cannot be two: it is spooled only where the log is not offered it first.
        """
        beside_the_log = kind in (DECISION, ATTEMPT) and self.no_room_to_spool()
        if beside_the_log or not self.spool.takes(kind):
            return await self.append(kind, body, id=id, first=first, late=late)
        reason = self.trouble()
        if reason is None:
            try:
                return await self.append(kind, body, id=id, first=first, late=late)
            except AuditUnavailable as error:
                if error.reason in NOT_THE_STORE or kind == ATTEMPT:
                    raise
                reason = error.reason
        record = draft(kind, body, id, self.clock)
        require_short(kind, len(encode(record)))
        spooled = await self.spool.offer(record, reason, self._deadline_s, late)
        self._writer.nudge()
        return spooled

    def append_sync(self, kind: str, body: Mapping[str, Any], *, id: str | None = None) -> Receipt:  # noqa: A002
        """Do the same for start-up and the command line; never call it from a running event loop."""
        entry = self._entry(kind, body, id)
        self._writer.submit(entry)
        return self._wait(entry)

    def store_bundle(self, sha256_hex: str, text: bytes) -> None:
        """Archive the text of a policy bundle under its digest; blocks for at most the deadline."""
        if hashlib.sha256(text).hexdigest() != sha256_hex:
            raise RecordRefused("bundle_text", ".sha256", "not the digest of the text")
        if len(text) > MAX_TEXT_BYTES:
            raise RecordRefused("bundle_text", ".text", "too long")
        job = Text(sha256_hex, text, Waiter(None))
        self._writer.submit(job)
        self._wait(job)

    def store_checkpoint(self, note: bytes) -> None:
        """Store what the signer signed; blocks for at most the deadline. Whether it is true is for verifiers to find.

        Raises RecordRefused for what is no checkpoint of this log, or does not follow those that are stored.
        """
        try:
            stated = Checkpoint.of(Note.decode(note))
        except ValueError:
            raise RecordRefused("checkpoint", ".note", "not a checkpoint") from None
        if stated.origin != self._origin:
            raise RecordRefused("checkpoint", ".note", "of another log")
        job = Signed(stated.size, note, Waiter(None))
        self._writer.submit(job)
        self._wait(job)

    def do(self, chore: Callable[[Store], None]) -> None:
        """Have the writer do something with its store, between two batches; blocks for at most the deadline."""
        job = Chore(chore, Waiter(None))
        self._writer.submit(job)
        self._wait(job)

    def committed(self, record_id: str) -> dict[str, Any] | None:
        """Return a record as the database holds it, read and hashed over a connection that cannot write.

        None when there is no such record, or it was erased; raises AuditUnavailable when it cannot be read or is not
        what was written.
        """
        return self._committed.find(record_id)

    def read_back(self, record_id: str) -> dict[str, Any] | None:
        """Return a record as it was read back when it had just become durable, once and without waiting for anything.

        None says nothing of the record: `committed` does.
        """
        return self._writer.read_back.take(record_id)

    def confirmed(self, record_id: str) -> dict[str, Any] | None:
        """Do the same for a record that may be in the spool. What is sent under it must not leave own servers."""
        return self.spool.find(record_id) or self.committed(record_id)

    def not_ready(self) -> str | None:
        """Say why no record can be taken now; None when one can."""
        if not self._writer.alive():
            return "the audit log is closed"
        if self._writer.trouble is not None:
            return f"the audit log cannot be written: {self._writer.trouble}"
        if self._writer.blocked(self._deadline_s):
            return "the audit log does not answer"
        reason = self._undecided()
        return None if reason is None else f"the audit log takes no decisions: {reason}"

    def spooling(self) -> bool:
        """Whether decisions that lead to own servers go to the spool, because the log takes none."""
        usable = self.spool.works() and not self.no_room_to_spool() and self._writer.alive()
        return usable and self.trouble() is not None

    def no_room_to_spool(self) -> bool:
        """Whether the disk is full on which both log and spool lie: what room is left is for how everything ended."""
        return self.spent and self.spool.shares_disk(self.place)

    def trouble(self) -> Reason | None:
        """Say what keeps decisions from being made durable in the log, as far as that is known beforehand."""
        blocked: Reason | None = "deadline" if self._writer.blocked(self._deadline_s) else None
        return self._writer.trouble or blocked or self._undecided()

    @property
    def pending(self) -> Pending:
        """What this process began and no outcome tells the end of yet."""
        return self._store.pending

    def full(self) -> bool:
        """Whether the disk was full when something was to be written last."""
        return self._writer.trouble == "full"

    def compare_clocks(self) -> None:
        """Hold the wall clock against that of the database, which all writers share; raises AuditUnavailable."""
        if (now := self._committed.now()) is not None:
            self.clock.compare(now)

    def progress(self) -> tuple[int, float]:
        """Return how many appends are under way, whoever still waits, and how many seconds ago one was the last."""
        return self._writer.progress()

    def close(self) -> None:
        """Write what was queued and `writer.stop`, and release the lock.

        When the store hangs, the lock stays with this process: its writer may still come back to life.
        """
        # A reader that outlives the writer would keep it from carrying the write-ahead log into the file.
        self._committed.close()
        ended = self._writer.stop(2 * self._deadline_s + MAX_BUSY_MS / 1000)
        self._committed.close()
        if ended:
            self.spool.close()
            self._lock.release()

    def _begin(self, opened: Opened, keys: Path, origin: str, plan: SpoolPlan) -> None:
        n = 1 if opened.fresh and self._genesis(origin) else 0
        head, missing = take_up(self._store, opened.keys, origin)
        self.clock.not_before(newest_stamp(self._store, head))
        finish(keys)
        self.spool = Spool(plan, spool_key(opened.keys.master), head.log_id)
        try:
            self._start(n, missing)
        except BaseException:
            self.spool.close()
            raise

    def _start(self, n: int, missing: list[tuple[str, int]]) -> None:
        spooled = attempts_in(self.spool)
        entries = [self._entry("writer.start", {"version": metadata.version("ringfence")})]
        if (off := self.clock.off()) is not None:  # on record now, for the next start sees only that it is not before
            entries.append(self._entry("incident.opened", {"incident": new_id(), "what": ANOMALY, "about": off}))
        entries += [self._entry(INTRODUCED, introduction(*name)) for name in missing]
        for dec, attempt in self._store.open_attempts():
            if (dec, attempt) not in spooled:
                entries.append(self._entry("route.outcome", crashed(dec, attempt)))
        self._store.commit([entry.prepared(self._self, at) for at, entry in enumerate(entries, n)])
        self._writer = WriterThread(
            self._store, self._self, self._entry, n + len(entries), self.spool, self._holds_back
        )
        self._writer.start()

    def _undecided(self) -> Reason | None:
        """Say why no decision can be made durable, while other records can."""
        return "full" if self.spent else "clock" if self.clock.off() is not None else None

    def _holds_back(self) -> bool:
        """Whether the spool is not to be imported yet, because decisions go on being spooled."""
        return self._undecided() is not None

    def _genesis(self, origin: str) -> bool:
        """Begin the log; False when another process was faster."""
        log_id = os.urandom(16)
        body = {
            "log_id": log_id.hex(),
            "origin": origin,
            "schema_sha256": registry_sha256(),
            "vkeys": [self.vkey],
        }
        prepared = self._entry("genesis", body).prepared(self._self, 0)
        return self._store.begin(log_id, genesis_prev(log_id, body), prepared) is not None

    def _entry(
        self,
        kind: str,
        body: Mapping[str, Any],
        chosen: str | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
        late: Late | None = None,
    ) -> Entry:
        if kind in (DECISION, ATTEMPT) and (reason := self._undecided()) is not None:
            raise AuditUnavailable(reason)
        record = draft(kind, body, chosen, self.clock)
        parts = halves(record, self.clock.mono_us())
        require_short(kind, len(parts.before) + len(parts.after))
        due = time.monotonic() + self._deadline_s
        return Entry(derive(record), parts, chosen is not None, due, Waiter(loop, late))

    def _expire(self, entry: Entry) -> None:
        entry.dropped = True
        entry.waiter.settle(self._late())

    def _late(self) -> AuditUnavailable:
        return AuditUnavailable("locked" if self._writer.waiting_for_lock() else "deadline")

    def _wait(self, job: Job) -> Receipt:
        try:
            receipt: Receipt = job.waiter.future.result(self._deadline_s)
        except concurrent.futures.TimeoutError:
            raise self._late() from None
        finally:
            job.dropped = True
        return receipt
