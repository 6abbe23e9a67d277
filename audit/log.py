"""The audit log as the rest of the program sees it: append a record, and it is durable when the call returns.

What is trusted: the machine's clock for nothing but time stamps, the file system for what it has synced. What is never
true: that a record was acknowledged and is not in the log.
"""

import asyncio
import base64
import concurrent.futures
import hashlib
import os
import sqlite3
import threading
import time
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, Self

import orjson

from audit.canonical import Writer, halves
from audit.chain import body_hash, genesis_prev
from audit.checkpoint import Checkpoint
from audit.clock import Clock
from audit.errors import AuditUnavailable, RecordRefused
from audit.fingerprint import Fingerprinter
from audit.keys import finish
from audit.note import Note
from audit.opening import Opened, open_place, take_up
from audit.place import Place
from audit.record import MAX_BODY_BYTES, REGISTRY, derive, is_name, new_id, registry_sha256, validate, validate_id
from audit.sqlite import MAX_BUSY_MS, unavailable
from audit.store import Prepared
from audit.writer import Entry, Job, Late, Receipt, Signed, Text, Waiter, WriterThread, crashed

__all__ = ["AuditLog", "Receipt", "new_id"]

W_BYTES = 320
"""Room that the writer's own field may take in a body."""
MAX_TEXT_BYTES = 8 * 1024 * 1024


class AuditLog:
    """One open log. `append` and `append_sync` are safe from any loop and thread; there is one log a process."""

    def __init__(self, place: Place, writer: Writer, opened: Opened, deadline_s: float) -> None:
        self.place = place
        self.fingerprinter: Fingerprinter = opened.keys.fingerprinter()
        self.vkey = opened.keys.vkey.encode()
        self._origin = opened.keys.vkey.name
        self._lock = opened.lock
        self._deadline_s = deadline_s
        self._clock = Clock()
        self._self = writer
        self._store = opened.store
        self._writer: WriterThread
        self._lookup = opened.lookup
        self._reading = threading.Lock()

    @classmethod
    def open(cls, place: Place, *, keys: Path, origin: str, deadline_s: float) -> Self:
        """Open the log for writing, or begin it when neither its records nor keys exist.

        Takes the lock of the log (SQLite) or of the keys (PostgreSQL), writes `writer.start`, introduces schemas that
        are new to this log, and closes what writers that are gone left without an outcome. Raises AuditLocked,
        AuditMismatch or AuditUnavailable.
        """
        writer = Writer(_instance(), new_id())
        try:
            opened = open_place(place, keys, origin, writer.epoch, deadline_s)
            try:
                log = cls(place, writer, opened, deadline_s)
                log._begin(opened, keys, origin)
            except BaseException:
                opened.store.close()
                opened.lock.release()
                raise
        except sqlite3.Error as error:
            raise unavailable(error) from None
        return log

    async def append(
        self,
        kind: str,
        body: Mapping[str, Any],
        *,
        id: str | None = None,  # noqa: A002
        late: Late | None = None,
    ) -> Receipt:
        """Append a record; it is durable when this returns. Never takes longer than the deadline.

        `body` holds the kind's own fields as plain JSON values (`str`, `int`, `bool`, `list`, `dict`). With a chosen
        `id` (a UUIDv7 from `new_id`), offering the same record again gives the first one's receipt, so that a failed
        append can be repeated.

        Raises RecordRefused for a body outside its schema, AuditUnavailable otherwise. A record that was cancelled,
        ran into the deadline or met an error of COMMIT may still become durable: `late` then gets its receipt, once
        and in this loop, so that the caller can close it. What ends with the process is the next start's to close.
        """
        loop = asyncio.get_running_loop()
        entry = self._entry(kind, body, id, loop, late)
        self._writer.submit(entry)
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

    def append_sync(self, kind: str, body: Mapping[str, Any], *, id: str | None = None) -> Receipt:  # noqa: A002
        """Do the same for start-up and the command line; never call it from a running event loop."""
        entry = self._entry(kind, body, id, None)
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

    def committed(self, record_id: str) -> dict[str, Any] | None:
        """Return a record as the database holds it, read and hashed over a connection that cannot write.

        None when there is no such record; raises AuditUnavailable when it cannot be read or is not what was written.
        """
        with self._reading:
            row = self._lookup.find(record_id)
        if row is None:
            return None
        if body_hash(row[0]) != row[1]:
            raise AuditUnavailable("corrupt")
        body: dict[str, Any] = orjson.loads(row[0])
        return body

    def not_ready(self) -> str | None:
        """Say why no record can be taken now; None when one can."""
        if not self._writer.alive():
            return "the audit log is closed"
        if self._writer.trouble is not None:
            return f"the audit log cannot be written: {self._writer.trouble}"
        if self._writer.blocked(self._deadline_s):
            return "the audit log does not answer"
        return None

    def idle(self) -> bool:
        """Whether no append is under way, not even one whose caller has left."""
        return self._writer.idle()

    def close(self) -> None:
        """Write what was queued and `writer.stop`, and release the lock.

        When the store hangs, the lock stays with this process: its writer may still come back to life.
        """
        with self._reading:
            # A reader that outlives the writer would keep it from carrying the write-ahead log into the file.
            self._lookup.close()
        ended = self._writer.stop(2 * self._deadline_s + MAX_BUSY_MS / 1000)
        with self._reading:
            self._lookup.close()
        if ended:
            self._lock.release()

    def _begin(self, opened: Opened, keys: Path, origin: str) -> None:
        n = 1 if opened.fresh and self._genesis(origin) else 0
        _, missing = take_up(self._store, opened.keys, origin)
        finish(keys)
        entries = [self._make("writer.start", {"version": metadata.version("ringfence")})]
        entries += [self._make("schema.introduced", _introduction(*name)) for name in missing]
        for dec, attempt in self._store.open_attempts():
            entries.append(self._make("route.outcome", crashed(dec, attempt)))
        self._store.commit([self._prepared(entry, n + index) for index, entry in enumerate(entries)])
        self._writer = WriterThread(self._store, self._self, self._make, n + len(entries))
        self._writer.start()

    def _genesis(self, origin: str) -> bool:
        """Begin the log; False when another process was faster."""
        log_id = os.urandom(16)
        body = {
            "log_id": log_id.hex(),
            "origin": origin,
            "schema_sha256": registry_sha256(),
            "vkeys": [self.vkey],
        }
        prepared = self._prepared(self._make("genesis", body), 0)
        return self._store.begin(log_id, genesis_prev(log_id, body), prepared) is not None

    def _prepared(self, entry: Entry, n: int) -> Prepared:
        body = entry.halves.join(self._self, n)
        return Prepared(entry.derived, body, body_hash(body))

    def _make(self, kind: str, body: dict[str, Any]) -> Entry:
        return self._entry(kind, body, None, None)

    def _entry(
        self,
        kind: str,
        body: Mapping[str, Any],
        chosen: str | None,
        loop: asyncio.AbstractEventLoop | None,
        late: Late | None = None,
    ) -> Entry:
        schema = validate(kind, body)
        record_id = new_id() if chosen is None else validate_id(kind, chosen)
        record = {
            **body,
            "v": schema.v,
            "kind": kind,
            "id": record_id,
            "salt": base64.urlsafe_b64encode(os.urandom(16))[:22].decode(),
            "ts": self._clock.stamp(),
            "clock": self._clock.sync(),
        }
        parts = halves(record, self._clock.mono_us())
        if len(parts.before) + len(parts.after) + W_BYTES > MAX_BODY_BYTES:
            raise RecordRefused(kind, "", "too long")
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


def _introduction(kind: str, v: int) -> dict[str, Any]:
    return {"schema_kind": kind, "schema_v": v, "sha256": REGISTRY[kind, v].sha256}


def _instance() -> str:
    """Name this machine, where its name is one that a record may hold."""
    name = os.uname().nodename
    return name if is_name(name) else "unnamed"
