"""Exports as jobs: one is asked for, followed, and taken as a pack, which verifies without this server."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, BinaryIO

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response, StreamingResponse

from audit.api.checkpoints import ONE, stored
from audit.api.errors import ApiError, bad_request, not_found
from audit.api.query import body_of, parameters, period
from audit.api.roles import PREFIX
from audit.api.service import Asked
from audit.export_job import DONE, Job
from audit.exporting import Exports, NoRoomToWait
from audit.records.record import new_id
from audit.records.schema import MAX_INT
from audit.records.times import now

MAX_BYTES = 16 * 1024
PIECE = 256 * 1024
FOLLOW_S = 2


class ExportJobs:
    """The routes below `/exports`."""

    def __init__(self, exports: Exports) -> None:
        self._exports = exports

    async def begin(self, asked: Asked) -> Response:
        """Record who wants what, and let it begin."""
        body = await body_of(asked.request, ("from", "to", "as_of"), MAX_BYTES)
        since, until = period(body)
        if since is not None and until is not None and since >= until:
            raise ApiError(409, "there is no time between from and to", code="export_empty")
        as_of = _size(body.get("as_of"))
        if as_of is not None and not await run_in_threadpool(stored, asked.service.records, ONE, size=as_of):
            raise not_found("checkpoint as as_of says")
        job = Job(new_id(), dict(asked.reader.actor), now(), since=since, until=until, as_of=as_of)
        try:
            await self._exports.prepare(job)
        except NoRoomToWait:
            raise ApiError(429, "enough exports wait already", code="exports_waiting", retry_after_s=30) from None
        except OSError:
            raise ApiError(503, "the server cannot write exports now", code="exports_unavailable") from None
        try:
            filters = [name for name in ("from", "to") if body.get(name) is not None]
            await asked.record("export", 0, filters, id=job.id, job=job.id, since=since, until=until, size=as_of)
        except BaseException:
            self._exports.drop(job)
            raise
        self._exports.begin(job)
        headers = {"location": f"{PREFIX}/exports/{job.id}", "retry-after": str(FOLLOW_S)}
        return JSONResponse(shown(job), status_code=202, headers=headers)

    async def page(self, asked: Asked) -> Response:
        """Answer with all that are kept, the newest first."""
        parameters(asked.request, ())
        jobs = self._exports.jobs()
        await asked.record("job", len(jobs))
        return JSONResponse({"exports": [shown(job) for job in jobs]})

    async def one(self, asked: Asked) -> Response:
        """Answer with one, and how far it is."""
        parameters(asked.request, ())
        job = self._find(asked)
        await asked.record("job", 1, job=job.id)
        return JSONResponse(shown(job))

    async def pack(self, asked: Asked) -> Response:
        """Answer with the file; HEAD says how long it is."""
        parameters(asked.request, ())
        job = self._find(asked)
        if job.state != DONE:
            raise ApiError(409, "the export is not done", code="export_unfinished")
        try:
            file = await asyncio.to_thread(_opened, self._exports.pack(job))
        except OSError:
            raise not_found("pack") from None
        try:
            length = os.fstat(file.fileno()).st_size
            await asked.record("pack", job.rows or 0, job=job.id, sha256=job.sha256)
        except BaseException:
            file.close()
            raise
        headers = {
            "content-length": str(length),
            "content-disposition": f'attachment; filename="ringfence-{job.id}.tar"',
            "digest": f"sha-256={job.sha256}",
        }
        if asked.request.method == "HEAD":
            file.close()
            return Response(headers=headers, media_type="application/x-tar")
        return StreamingResponse(_pieces(file), headers=headers, media_type="application/x-tar")

    def _find(self, asked: Asked) -> Job:
        job = self._exports.find(asked.request.path_params["job"])
        if job is None:
            raise not_found("export")
        return job


def _size(given: Any) -> int | None:
    """Return a size; raises ApiError (400). In JSON, 5.0 is 5."""
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or given != given // 1:
        raise bad_request("as_of is the size of a checkpoint")
    if not 0 < given <= MAX_INT:
        raise bad_request("as_of is the size of a checkpoint")
    return int(given)


def shown(job: Job) -> dict[str, Any]:
    """Return a job as plain values."""
    progress = {"phase": job.phase, "done": job.done, "total": job.total} if job.phase else None
    numbers = {name: getattr(job, name) for name in ("sha256", "bytes", "size", "rows", "first", "last")}
    return {
        "id": job.id,
        "state": job.state,
        "reason": job.reason,
        "created": job.created,
        "finished": job.finished,
        "from": job.since,
        "to": job.until,
        "as_of": job.as_of,
        "progress": progress,
        **numbers,
        "pack": f"{PREFIX}/exports/{job.id}/pack" if job.state == DONE else None,
    }


def _opened(path: Path) -> BinaryIO:
    return path.open("rb")


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    try:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece
    finally:
        file.close()
