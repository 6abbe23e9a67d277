"""Exports that the server makes for auditors: one at a time, each by a process of its own that gives way to all others.

    queued → running → done | failed
    queued, running  → interrupted      where the server ended meanwhile; one that the log calls exported is done

What is known of a job is in a file of its own beside its pack, both private, so that a restart loses neither. The log
says who asked for it before it begins, under the job's own id, and what came out before it counts as done.
"""

import asyncio
import logging
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import orjson

from audit.access import MAX_LIMIT, Filters, Records
from audit.errors import AuditError, AuditUnavailable
from audit.export_job import DONE, FAILED, INTERRUPTED, OPEN, QUEUED, RUNNING, Job, read
from audit.log import AuditLog, new_id
from audit.records.times import now
from audit.space import Space, floor_of, measure

log = logging.getLogger(__name__)
EXPORTED = "audit.exported"
KEPT = 10
WAITING = 4
NICE = 19
END_S = 5.0
AGAIN_S = 1.0
MAX_LINE = 64 * 1024
MAX_SAID = 4096
FOLDER = "exports"
"""In the home of a server."""
ROOM = 2
"""So many times as much as the log wants to be free on its disk: an export that leaves less is ended."""
LOOK_S = 0.5


class NoRoomToWait(Exception):
    """Enough exports wait already."""


class Exports:
    """The exports of one server process. Of one event loop; files are written in threads."""

    def __init__(
        self,
        audit: AuditLog,
        folder: Path,
        command: Sequence[str],
        measure: Callable[[Path], Space] = measure,
        beside: Callable[[], Iterable[Path]] = tuple,
    ) -> None:
        self._audit, self.folder, self._command, self._measure = audit, folder, tuple(command), measure
        self._beside = beside
        """Folders of other processes of this server: their exports can be read here."""
        self._jobs: dict[str, Job] = {}
        self._recorded: asyncio.Queue[str] = asyncio.Queue()
        """What may begin, in its order."""

    async def take_over(self) -> Self:
        """Begin with what is known of earlier exports; what was under way has ended. What is damaged is left out."""
        try:
            await asyncio.to_thread(self._load)
        except OSError as error:
            log.warning("exports cannot be read or written: %s", error.strerror)
        return self

    def _load(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        recorded: dict[str, str] | None = None
        for path in sorted(self.folder.glob("*.json")):
            job = read(path)
            if job is None:
                log.warning("an export of an earlier start cannot be read: %s", path.name)
                continue
            if job.state in OPEN:
                recorded = _recorded(Records(self._audit.place)) if recorded is None else recorded
                whole = recorded.get(job.id) is not None and job.sha256 == recorded[job.id]
                job = replace(job, state=DONE if whole and self.pack(job).is_file() else INTERRUPTED, finished=now())
                if job.state == INTERRUPTED:
                    self._clear(job)
                self._store(job)
            self._jobs[job.id] = job
        self._tidy()

    def jobs(self) -> list[Job]:
        """Return all that are known, the newest first."""
        known = [*self._jobs.values(), *(job for _, job in self._others())]
        return sorted(known, key=lambda job: (job.created, job.id), reverse=True)

    def find(self, job_id: str) -> Job | None:
        """Return one."""
        return self._jobs.get(job_id) or next((job for _, job in self._others() if job.id == job_id), None)

    def pack(self, job: Job) -> Path:
        """Return where its pack lies, once it is done."""
        other = None if job.id in self._jobs else next((at for at, one in self._others() if one.id == job.id), None)
        return (other or self.folder) / f"{job.id}.tar"

    def _others(self) -> Iterator[tuple[Path, Job]]:
        """Yield the exports of other processes, each with its folder."""
        for folder in self._beside():
            for path in folder.glob("*.json"):
                if (job := read(path)) is not None:
                    yield folder, job

    def require_room(self) -> None:
        """Raise NoRoomToWait where enough are queued."""
        if sum(job.state == QUEUED for job in self._jobs.values()) >= WAITING:
            raise NoRoomToWait

    async def prepare(self, job: Job) -> None:
        """Keep a job that is to be recorded and then begun; raises NoRoomToWait and OSError."""
        self.require_room()
        self._jobs[job.id] = job
        try:
            await asyncio.to_thread(self._store, job)
        except BaseException:
            self.drop(job)
            raise

    def begin(self, job: Job) -> None:
        """Let a job begin that is recorded."""
        self._recorded.put_nowait(job.id)

    def drop(self, job: Job) -> None:
        """Forget a job that nobody recorded."""
        self._jobs.pop(job.id, None)
        self._path(job).unlink(missing_ok=True)

    async def run(self) -> None:
        """Make one export after another, until cancelled."""
        while True:
            job = self._jobs[await self._recorded.get()]
            try:
                await self._make(job)
            except OSError as error:
                await self._end(self._jobs[job.id], FAILED, reason="full" if self._is_full() else "io")
                log.warning("an export failed: %s", error.strerror)
            await asyncio.to_thread(self._tidy)

    async def _make(self, job: Job) -> None:
        job = await self._keep(replace(job, state=RUNNING))
        process = await asyncio.create_subprocess_exec(
            *self._command,
            *self._arguments(job),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=MAX_LINE,
        )
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process.pid, NICE)
        room = asyncio.create_task(self._leave_room(process))
        try:
            said, found = await asyncio.gather(_all(process.stderr), self._follow(job, process.stdout))
            status = await process.wait()
        except BaseException:
            await _stopped(process)
            await self._end(self._jobs[job.id], INTERRUPTED)
            raise
        finally:
            room.cancel()
        if status != 0 or found is None or not self.pack(job).is_file():
            await self._end(self._jobs[job.id], FAILED, reason=self._reason(said))
            return
        job = await self._keep(replace(self._jobs[job.id], **found))
        self.pack(job).chmod(0o600)
        await self._record(job)
        await self._end(job, DONE)

    async def _leave_room(self, process: asyncio.subprocess.Process) -> None:
        """End a process that fills the disk, which is the log's, too."""
        while not self._is_full():  # noqa: ASYNC110 - a disk tells nobody
            await asyncio.sleep(LOOK_S)
        await _stopped(process)

    def _arguments(self, job: Job) -> list[str]:
        given = {"--from": job.since, "--to": job.until, "--as-of": None if job.as_of is None else str(job.as_of)}
        chosen = [word for name, value in given.items() if value is not None for word in (name, value)]
        return [*chosen, "--out", str(self.pack(job)), "--request", job.id, "--json"]

    async def _follow(self, job: Job, lines: asyncio.StreamReader | None) -> dict[str, Any] | None:
        """Take in how far it is, and return what came out."""
        found = None
        while lines is not None and (line := await lines.readline()):
            told = _object(line)
            progress, pack = told.get("progress"), told.get("pack")
            if isinstance(progress, dict):
                done, total = (int(progress.get(name) or 0) for name in ("done", "total"))
                phase = str(progress.get("phase"))
                self._jobs[job.id] = replace(self._jobs[job.id], phase=phase, done=done, total=total)
            if isinstance(pack, dict):
                found = {name: pack[name] for name in ("sha256", "bytes", "size", "rows", "first", "last")}
        return found

    async def _record(self, job: Job) -> None:
        """Write the record of an export, however long the log takes none."""
        chosen = new_id()
        while True:
            try:
                await self._audit.append(EXPORTED, job.record(), id=chosen)
            except AuditUnavailable:
                await asyncio.sleep(AGAIN_S)
            else:
                return

    async def _end(self, job: Job, state: str, reason: str | None = None) -> None:
        if state != DONE:
            self._clear(job)
        ended = replace(job, state=state, reason=reason, finished=now())
        self._jobs[job.id] = ended
        with suppress(OSError):  # on a full disk, the next start calls it interrupted
            await asyncio.shield(asyncio.to_thread(self._store, ended))

    async def _keep(self, job: Job) -> Job:
        self._jobs[job.id] = job
        await asyncio.to_thread(self._store, job)
        return job

    def _reason(self, said: bytes) -> str:
        if self._is_full() or b"No space left" in said:
            return "full"
        return "no_records" if b"no record has a time" in said else "failed"

    def _is_full(self) -> bool:
        space = self._measure(self.folder)
        return space.free < ROOM * floor_of(space.total)

    def _path(self, job: Job) -> Path:
        return self.folder / f"{job.id}.json"

    def _clear(self, job: Job) -> None:
        """Remove its pack, and what its process left of it."""
        for path in (self.pack(job), *self.folder.glob(f".{job.id}*")):
            _remove(path)

    def _store(self, job: Job) -> None:
        job.write(self._path(job))

    def _tidy(self) -> None:
        """Keep only the newest that ended, and nothing that belongs to no job."""
        ended = sorted(self._jobs.values(), key=lambda job: (job.created, job.id), reverse=True)
        ended = [job for job in ended if job.state not in OPEN]
        for job in ended[KEPT:]:
            self._jobs.pop(job.id, None)
        with suppress(OSError):
            for path in self.folder.iterdir():
                if path.name.lstrip(".").partition(".")[0] not in self._jobs:
                    _remove(path)


def drop_packs(folder: Path) -> int:
    """Remove every pack that is kept; one that is being made cannot be ended then. Return how many. Raises OSError.

    They are copies of what is taken away from the log. Their jobs stay, and answer that there is no such pack.
    """
    for path in folder.glob(".*.tar.*"):
        with suppress(FileNotFoundError):
            gone = path.rename(folder / f".gone.{path.name}")  # at once, so that whoever fills it comes to no end
            shutil.rmtree(gone, ignore_errors=True)
    packs = list(folder.glob("*.tar"))
    for path in packs:
        path.unlink(missing_ok=True)
    return len(packs)


def _remove(path: Path) -> None:
    with suppress(OSError):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _recorded(records: Records) -> dict[str, str]:
    """Return the digest of each export that the log has a record of, by its request."""
    found: dict[str, str] = {}
    after: int | None = -1
    try:
        while after is not None:
            page = records.page(Filters(kind=EXPORTED), after=after, limit=MAX_LIMIT)
            found |= {one.body["request"]: one.body["sha256"] for one in page.records if "request" in one.body}
            after = page.next
    except (AuditError, sqlite3.Error):
        log.warning("which exports are recorded cannot be read now")
    return found


async def _all(stream: asyncio.StreamReader | None) -> bytes:
    """Read all, and keep the end."""
    kept = b""
    while stream is not None and (piece := await stream.read(MAX_SAID)):
        kept = (kept + piece)[-MAX_SAID:]
    return kept


async def _stopped(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(END_S):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()


def _object(line: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
