"""The spool: where records are durable while the log takes none, until they are imported into it.

Nothing here permits anything: whether a record may be spooled, and what may be sent under it, is for the caller to
decide, who never sends to a vendor under one. The spool is open always, or only under a grant of two persons, and then
for a time. Its files are read back into the log in order (`audit.spool.imports`) before the log takes anything else.
"""

import asyncio
import errno
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from audit.clock import boot_s
from audit.durable import sync_folder
from audit.errors import AuditLocked, AuditMismatch, AuditUnavailable, Reason, SpoolFault
from audit.jobs import Late, Spooled
from audit.opening import FileLock
from audit.place import Place, Postgres
from audit.records.canonical import encode
from audit.records.record import OUTCOME, new_id
from audit.spool.file import SpoolFile, texts

log = logging.getLogger(__name__)
MAX_BYTES = 64 * 1024 * 1024
NAME = "spool-"
ASIDE = "damaged-"
HANDS = 4
WITHIN_S = 5.0
"""How long what a person does may take."""
AGAIN_S = 10.0
"""After a refusal, the spool is held not to work for so long, or until it takes a decision."""
LINE_BYTES = 66
"""What a line has beside its text."""
FAULTS: dict[int | None, SpoolFault] = {errno.ENOSPC: "full", errno.EDQUOT: "full", errno.EROFS: "read_only"}


@dataclass(frozen=True, slots=True)
class SpoolPlan:
    """Where the spool lies, how much it takes, and whether it is open without anybody's grant."""

    folder: Path
    always: bool = False
    max_bytes: int = MAX_BYTES


Part = Path | SpoolFile
"""What is to be imported: a file that an earlier process left, or one of this process."""


class Spool:
    """The spool of one log's writer. Safe to call from any thread; one process holds its folder."""

    def __init__(self, plan: SpoolPlan, key: bytes, log_id: bytes) -> None:
        """Take the folder, if there is one or there has to be; raises AuditLocked or AuditMismatch."""
        self._plan = plan
        self._key = key
        self._log_id = log_id
        self._adding = threading.Lock()
        self._hands = ThreadPoolExecutor(HANDS, "audit-spool")
        self._lock: FileLock | None = None
        self._until = self._refused = float("-inf")
        self._parts: list[Part] = []
        self._current: SpoolFile | None = None
        try:
            if plan.always or plan.folder.exists():
                self._take_folder()
            left = sorted(plan.folder.glob(f"{NAME}*"))
            self._number = max((int(path.name.removeprefix(NAME)) for path in left), default=0)
            for path in left:
                path.open("rb").close()
            self._parts += left
        except (OSError, ValueError) as error:
            self.close()
            reason = (isinstance(error, OSError) and error.strerror) or "it holds files of somebody else"
            raise AuditMismatch(f"the spool of the audit log at {plan.folder} cannot be used: {reason}") from None

    @property
    def always(self) -> bool:
        """Whether it is open without a grant."""
        return self._plan.always

    def shares_disk(self, log: Place) -> bool:
        """Whether it lies on the disk of a log in a file, whose last room is not for new decisions."""
        if isinstance(log, Postgres):
            return False
        folder = self._plan.folder
        try:
            return (folder if folder.exists() else folder.parent).stat().st_dev == log.parent.stat().st_dev
        except OSError:
            return True

    def is_open(self) -> bool:
        """Whether records may be spooled."""
        return self._plan.always or boot_s() < self._until

    def works(self) -> bool:
        """Whether they may, and can as far as is known."""
        return self.is_open() and boot_s() - self._refused >= AGAIN_S

    def takes(self, kind: str) -> bool:
        """Whether a record of this kind may be spooled: what a spooled decision led to still may when it is closed."""
        return self.is_open() or (kind == OUTCOME and self._current is not None)

    @property
    def pending(self) -> bool:
        """Whether there is anything to import."""
        return any(isinstance(part, Path) or not part.empty for part in self._parts)

    def parts(self) -> tuple[Part, ...]:
        """Return all that is to be imported, oldest first."""
        return tuple(self._parts)

    def size(self) -> int:
        """Return how many bytes are to be imported."""
        return sum(part.stat().st_size if isinstance(part, Path) else part.written for part in self._parts)

    def grant(self, record: dict[str, Any], seconds: float, reason: Reason) -> None:
        """Open the spool for a time, with the record that says so as the first; raises AuditUnavailable.

        The log may be back by the time that it is durable: then the grant has ended with the import of its record.
        """
        until = boot_s() + seconds
        self.note(record, reason)
        with self._adding:
            if self._current is None or not self._current.holds(record["id"]):
                raise AuditUnavailable(reason, "closed")
            self._until = until

    def note(self, record: dict[str, Any], reason: Reason) -> None:
        """Make a record of what persons did durable, even where the spool is not open; raises AuditUnavailable."""
        doing = self._hands.submit(self.add, record, reason, anyway=True)
        try:
            doing.result(WITHIN_S)
        except TimeoutError:
            doing.cancel()
            raise AuditUnavailable(reason, "deadline") from None

    def revoke(self) -> None:
        """End a grant, if there is one."""
        self._until = float("-inf")

    async def offer(self, record: dict[str, Any], reason: Reason, deadline_s: float, late: Late | None) -> Spooled:
        """Make a record durable here within the deadline, for the log does not take it for that reason.

        Raises AuditUnavailable, which names both. A record that becomes durable when nobody waits any more is told to
        `late`, once and in this loop.
        """
        doing = self._hands.submit(self.add, record, reason)
        waiting = asyncio.wrap_future(doing)
        try:
            async with asyncio.timeout(deadline_s):
                return await asyncio.shield(waiting)
        except (TimeoutError, asyncio.CancelledError) as error:
            if not doing.cancel() and late is not None:
                waiting.add_done_callback(partial(_tell, late))
            if isinstance(error, TimeoutError):
                self._refused = boot_s()
                raise AuditUnavailable(reason, "deadline") from None
            raise

    def add(self, record: dict[str, Any], reason: Reason, *, anyway: bool = False) -> Spooled:
        """Do the same in this thread, without a deadline; `anyway` even where the spool is not open."""
        try:
            with self._adding:
                file = self._place(record, anyway=anyway)
                end = file.written
            file.sync(end)
        except (_RefusedError, AuditLocked, OSError) as error:
            self._refused = boot_s()
            raise AuditUnavailable(reason, _fault(error)) from None
        if record["kind"] != OUTCOME:
            self._refused = float("-inf")
        return Spooled(record["id"])

    def find(self, record_id: str) -> dict[str, Any] | None:
        """Return a record as its file holds it; None when it is not, or not any more, in the spool.

        Raises AuditUnavailable where the file cannot be read or does not hold what was written.
        """
        with self._adding:
            file = self._holding(record_id)
            if file is None:
                return None
            try:
                text = file.read(record_id)
            except OSError as error:
                raise AuditUnavailable("io", _fault(error)) from None
        if text is None:
            raise AuditUnavailable("corrupt", "corrupt")
        record: dict[str, Any] = orjson.loads(text)
        return record

    def texts(self, part: Part, first: int = 0, last: int | None = None) -> Iterator[tuple[bytes, bytes]]:
        """Yield what is durable of a part, see `spool_file.texts`; of its lines those from `first` to before `last`."""
        length = None if isinstance(part, Path) else part.synced
        with part.open("rb") if isinstance(part, Path) else part.open() as file:
            yield from islice(texts(file, self._key, length), first, last)

    def is_of_log(self, header: dict[str, Any]) -> bool:
        """Whether the first line of a file is of this log."""
        return bool(header["log"] == self._log_id.hex())

    def grows(self, part: Part) -> bool:
        """Whether records are still added to a part."""
        return part is self._current and not self._current.broken

    def seal(self, part: Part) -> None:
        """Add no more to a part, for the log takes records again: with that, a grant has ended."""
        with self._adding:
            if part is self._current:
                self._current = None
                self.revoke()
        if isinstance(part, SpoolFile):
            with suppress(OSError):  # then who waits for the sync is refused, and what was synced before is imported
                part.sync(part.written)

    def drop(self, part: Part, *, damaged: bool) -> None:
        """Remove a part that was imported; one that is damaged is kept aside, for a person.

        One that cannot be removed is looked at again at the next start: its import is known to the log.
        """
        with self._adding:
            self._parts.remove(part)
        path = part if isinstance(part, Path) else part.path
        try:
            if damaged:
                path.rename(path.with_name(f"{ASIDE}{new_id()}"))
            else:
                path.unlink()
            sync_folder(self._plan.folder)
        except OSError as error:
            log.error("a part of the spool that was imported cannot be removed: %s", error.strerror)  # noqa: TRY400
        if isinstance(part, SpoolFile):
            part.close()

    def close(self) -> None:
        """Release the folder; what was not imported is there at the next start."""
        self._hands.shutdown(wait=False, cancel_futures=True)
        if self._lock is not None:
            self._lock.release()

    def _place(self, record: dict[str, Any], *, anyway: bool) -> SpoolFile:
        """Write a record, unless it is there already, into the file that is added to; begin one where there is none."""
        held = self._holding(record["id"])
        if held is not None:
            return held
        text = encode(record)
        if self.size() + len(text) + LINE_BYTES > self._plan.max_bytes:
            raise _RefusedError("limit")
        if self._current is not None and self._current.broken:
            self._current = None
            self.revoke()
        if not (anyway or self.takes(record["kind"])):
            raise _RefusedError("closed")
        file = self._current or self._begin()
        file.add(record["id"], text)
        return file

    def _begin(self) -> SpoolFile:
        self._take_folder()
        header = {"imported": new_id(), "log": self._log_id.hex(), "since": now()}
        path = self._plan.folder / f"{NAME}{self._number + 1:06d}"
        self._current = SpoolFile(path, self._key, encode(header))
        self._number += 1
        self._parts.append(self._current)
        return self._current

    def _holding(self, record_id: str) -> SpoolFile | None:
        return next((part for part in self._parts if isinstance(part, SpoolFile) and part.holds(record_id)), None)

    def _take_folder(self) -> None:
        if self._lock is None:
            self._plan.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = FileLock(self._plan.folder / "lock")


class _RefusedError(Exception):
    """The spool does not take a record."""

    def __init__(self, fault: SpoolFault) -> None:
        super().__init__(fault)
        self.fault = fault


def now() -> str:
    """Return the time as records of the spool state it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _fault(error: _RefusedError | AuditLocked | OSError) -> SpoolFault:
    if isinstance(error, _RefusedError):
        return error.fault
    return "locked" if isinstance(error, AuditLocked) else FAULTS.get(error.errno, "io")


def _tell(late: Late, done: asyncio.Future[Spooled]) -> None:
    if not done.cancelled() and done.exception() is None:
        late(done.result())
