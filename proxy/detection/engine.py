"""The server's side of detection: a fair queue before the workers, a deadline on every scan, a cache per tenant.

Lives in one event loop and never imports a model. Whatever a worker does - die, hang, answer nonsense - costs only the
request it was working on: that scan comes back incomplete, and the supervisor is asked to replace the worker.
"""

import asyncio
import contextlib
import secrets
import socket
import time
from collections.abc import Sequence
from typing import Any

from proxy.detection import control, protocol
from proxy.detection.cache import Cache
from proxy.detection.findings import DetectorSet, Scan, Unit
from proxy.detection.queue import FairQueue, Job
from proxy.detection.tasks import Result, Task, failed, gather, plan
from proxy.errors import Unavailable
from proxy.settings import Settings

RETIRED = "retired"
GRACE_S = 0.25
"""How much longer than its deadline a scan waits for the kill timer, which names the reason better."""


class Engine:
    """Implements `proxy.detection.findings.Detector` over the workers that the supervisor hands in."""

    def __init__(self, control_fd: int, settings: Settings) -> None:
        self._control = socket.socket(fileno=control_fd)
        self._control.setblocking(False)  # noqa: FBT003
        self._reader = control.LineReader(self._control)
        self._settings = settings
        self._key = secrets.token_bytes(32)
        self._cache = Cache(settings.detect_cache_bytes, secrets.token_bytes(32))
        self._queue = FairQueue()
        self._loaded: DetectorSet | None = None
        self._workers: dict[tuple[int, int], asyncio.Task[None]] = {}
        self._pids: dict[tuple[int, int], int] = {}
        self._numbers = 0
        self._gone = False

    @property
    def loaded(self) -> DetectorSet | None:
        """The set that the supervisor loaded, or None until it has."""
        return self._loaded

    def not_ready(self) -> str | None:
        """Why no scan can be made now."""
        if self._gone:
            return "the supervisor is gone"
        if self._loaded is None:
            return "detectors are loading"
        if not self._workers:
            return "no detector worker is running"
        return None

    def worker_pids(self) -> list[int]:
        """Process ids of the workers that are connected now, for operators and tests."""
        return sorted(self._pids.values())

    async def start(self) -> None:
        """Begin to listen to the supervisor; returns at once, `not_ready` tells when detectors are there."""
        asyncio.get_running_loop().add_reader(self._control.fileno(), self._on_control)

    async def close(self) -> None:
        """Let go of all workers, which then end by themselves."""
        if not self._gone:
            asyncio.get_running_loop().remove_reader(self._control.fileno())
        self._gone = True
        tasks = list(self._workers.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._reader.close()
        self._control.close()

    async def scan(self, tenant: str, units: Sequence[Unit]) -> Scan:
        """Scan for one tenant; raises Unavailable when no detector is loaded or the queue is full."""
        started = time.perf_counter_ns()
        deadline = asyncio.get_running_loop().time() + self._settings.detect_deadline_s
        if self._loaded is None:
            raise Unavailable("detectors are not loaded yet", code="detectors_unavailable")
        planned = plan(units)
        keys = [self._cache.key(tenant, self._loaded.sha256, item.task) for item in planned]
        results = [self._cache.get(tenant, key) for key in keys]
        missing = [index for index, result in enumerate(results) if result is None]
        if missing:
            answers = await self._ask(tenant, [planned[index].task for index in missing], deadline)
            for index, result in zip(missing, answers, strict=True):
                results[index] = result
                self._cache.put(tenant, keys[index], result)
        complete = [result or failed("error") for result in results]
        hits = len(set(range(len(units))).difference(missing))
        segments = sum(len(unit.segments) for unit in units)
        us = (time.perf_counter_ns() - started) // 1000
        return gather(planned, complete, us=us, segments=segments, cached=hits)

    async def _ask(self, tenant: str, tasks: Sequence[Task], deadline: float) -> list[Result]:
        """Queue a job and wait for it, not past the deadline. Where the queue is full, the longest line gives way."""
        if not protocol.fits(tasks):
            return [failed("view_bound") for _ in tasks]
        busy = Unavailable("too many scans are waiting", code="detectors_busy")
        if len(self._queue) >= self._settings.detect_queue and not self._queue.make_room(tenant):
            raise busy
        job = Job(tenant, tasks, deadline, asyncio.get_running_loop().create_future())
        self._queue.put(job)
        try:
            async with asyncio.timeout_at(deadline + GRACE_S):
                results = await job.done
        except TimeoutError:
            return [failed("deadline" if self._workers else "no_worker") for _ in tasks]
        finally:
            self._queue.discard(job)
        if results is None:
            raise busy
        return results

    def _on_control(self) -> None:
        try:
            messages = self._reader.read()
        except BlockingIOError:
            return
        except (OSError, ValueError):
            messages = None
        if messages is None:
            self._gone = True
            asyncio.get_running_loop().remove_reader(self._control.fileno())
            return
        for message, fd in messages:
            self._on_message(message, fd)

    def _on_message(self, message: dict[str, Any], fd: int | None) -> None:
        if "loaded" in message:
            loaded = control.understand(message["loaded"])
            if loaded != self._loaded:
                self._cache.clear()
            self._loaded = loaded
        elif fd is not None:
            name = (int(message["worker"]), int(message["generation"]))
            task = asyncio.get_running_loop().create_task(self._serve(name, socket.socket(fileno=fd)))
            self._workers[name] = task
            self._pids[name] = int(message["pid"])
            task.add_done_callback(lambda _: self._forget(name))

    def _forget(self, name: tuple[int, int]) -> None:
        self._workers.pop(name, None)
        self._pids.pop(name, None)

    def _kill(self, name: tuple[int, int]) -> None:
        slot, generation = name
        with contextlib.suppress(OSError):
            control.send(self._control, {"kill": slot, "generation": generation})

    async def _serve(self, name: tuple[int, int], sock: socket.socket) -> None:
        """Feed one worker until it is gone, useless or retired."""
        reader, writer = await asyncio.open_unix_connection(sock=sock, limit=1 << 20)
        try:
            writer.write(protocol.frame({"v": protocol.VERSION, "key": self._key.hex()}))
            while (job := await self._next_job(reader)) is not None:
                outcome = await self._work(job, reader, writer)
                job.finish([failed(outcome or "error") for _ in job.tasks])
                if outcome is not None:
                    break
        finally:
            self._kill(name)
            writer.transport.abort()

    async def _next_job(self, reader: asyncio.StreamReader) -> Job | None:
        """Wait for a job or for the end of an idle worker: anything that it says unasked is its end."""
        taking = asyncio.ensure_future(self._queue.take())
        ending = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait({taking, ending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended = ending.done()
            for waiting in (taking, ending):
                waiting.cancel()
            await asyncio.gather(taking, ending, return_exceptions=True)
        job = None if taking.cancelled() else taking.result()
        if ended and job is not None:
            self._queue.put(job, first=True)
            return None
        return job

    async def _work(self, job: Job, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str | None:
        """Have one job done; returns why the worker is of no more use, a failure or RETIRED, or None."""
        self._numbers += 1
        number = self._numbers
        try:
            async with asyncio.timeout_at(job.deadline):
                writer.write(protocol.request(number, job.tasks))
                await writer.drain()
                size = protocol.length(await reader.readexactly(protocol.HEADER.size), limit=protocol.MAX_ANSWER)
                message = protocol.parse(await reader.readexactly(size))
            assert self._loaded is not None  # noqa: S101 - no scan is queued before
            results, last = protocol.read_answer(message, number, job.tasks, self._loaded.entity_types)
        except TimeoutError:
            return "deadline"
        except (asyncio.IncompleteReadError, OSError):
            return "worker_died"
        except protocol.ProtocolError:
            return "bad_answer"
        job.finish(results)
        return RETIRED if last else None
