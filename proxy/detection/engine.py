"""The server's side of detection: a fair queue before the workers, a deadline on every scan, a cache per tenant.

Lives in one event loop and never imports a model. Whatever a worker does - die, hang, answer nonsense - costs only the
request it was working on: that scan comes back incomplete, and the supervisor is asked to replace the worker.
"""

import asyncio
import contextlib
import math
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any

from proxy.detection import control, protocol
from proxy.detection.cache import Cache
from proxy.detection.findings import DetectorSet, Scan, Unit
from proxy.detection.queue import FairQueue, Job, Part
from proxy.detection.tasks import Planned, Result, Task, failed, gather, planning
from proxy.detection.wire import Wire
from proxy.errors import Unavailable
from proxy.settings import Settings

RETIRED = "retired"
GRACE_S = 0.25
"""How much longer than its deadline a scan waits for the kill timer, which names the reason better."""
SLICE_S = 0.005
"""How long the planning of one scan may keep the event loop from all others."""
LONGEST_RETRY_S = 60
"""Client libraries do not wait longer than a minute, but retry at once instead."""
FIRST_PACE, SLOWEST_PACE = 25e-6, 10e-3
"""How long a worker takes for a character, in seconds, as long as none was seen at work, and at most."""
PACE_MEMORY = 20
"""Over about how many parts that is averaged."""


class Engine:
    """Implements `proxy.detection.findings.Detector` over the workers that the supervisor hands in."""

    def __init__(self, control_fd: int, settings: Settings) -> None:
        self._control = socket.socket(fileno=control_fd)
        self._control.setblocking(False)  # noqa: FBT003
        self._reader = control.LineReader(self._control)
        self._settings = settings
        self._key = secrets.token_bytes(32)
        self._cache = Cache(settings.detect_cache_bytes, secrets.token_bytes(32))
        self._queue = FairQueue(behind=max(1, settings.scanners // 2))
        self._loaded: DetectorSet | None = None
        self._workers: dict[tuple[int, int], asyncio.Task[None]] = {}
        self._pids: dict[tuple[int, int], int] = {}
        self._numbers = 0
        self._pace = FIRST_PACE
        self._begun = 0
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

    def figures(self) -> dict[str, float]:
        """Return how many scans wait, of requests and of answers, and how many workers are connected and ever were."""
        waiting = {"waiting": float(len(self._queue)), "behind": float(self._queue.behind)}
        return {**waiting, "workers": float(len(self._workers)), "begun": float(self._begun)}

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

    async def scan(self, tenant: str, units: Sequence[Unit], *, behind: bool = False) -> Scan:
        """Scan for one tenant; raises Unavailable when no detector is loaded, or no worker will be free in time."""
        started = time.perf_counter_ns()
        if self._loaded is None:
            raise Unavailable("detectors are not loaded yet", code="detectors_unavailable")
        planned, keys = await self._plan(units, self._cache.keys(tenant, self._loaded.sha256))
        known = {key: self._cache.get(tenant, key) for key in keys}
        missing = {key: item.task for key, item in zip(keys, planned, strict=True) if known[key] is None}
        if missing:
            known |= await self._ask(Job(tenant, missing, behind=behind))
        results = [known[key] or failed("error") for key in keys]
        hits = sum(key not in missing for key in keys[: len(units)])
        segments = sum(len(unit.segments) for unit in units)
        us = (time.perf_counter_ns() - started) // 1000
        return gather(planned, results, us=us, segments=segments, cached=hits)

    async def _plan(self, units: Sequence[Unit], key: Callable[[Task], bytes]) -> tuple[list[Planned], list[bytes]]:
        """Return the tasks and their keys; other requests get their turns in between."""
        planned, keys = [], []
        until = time.perf_counter() + SLICE_S
        for item in planning(units):
            planned.append(item)
            keys.append(key(item.task))
            if time.perf_counter() > until:
                await asyncio.sleep(0)
                until = time.perf_counter() + SLICE_S
        return planned, keys

    async def _ask(self, job: Job) -> dict[bytes, Result]:
        """Have tasks done, and return their results by the same keys; those not finished in time are incomplete."""
        for part in job.parts:
            if not protocol.fits(part.tasks):
                part.fail("view_bound")
                job.waiting.remove(part)
        if job.waiting:
            await self._have_done(job)
        late = [failed("deadline" if self._workers else "no_worker")]
        return {
            key: result
            for part in job.parts
            for key, result in zip(part.keys, part.results or late * len(part.keys), strict=True)
        }

    async def _have_done(self, job: Job) -> None:
        """Wait until a job is done or its time is over; one that no worker can begin in time is refused.

        A job may wait for its turn as long as it may take, and both together end at the ceiling. Where the queue is
        full, the longest line gives way.
        """
        if job.behind:
            full = self._queue.behind >= self._settings.detect_queue
        else:
            full = len(self._queue) >= self._settings.detect_queue and not self._queue.make_room(job.tenant)
        if full:
            raise self._busy()
        now = asyncio.get_running_loop().time()
        wait = self._allowed(job.size)
        job.deadline = now + min(2 * wait, self._settings.detect_ceiling_s)
        self._queue.put(job)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(now + wait):
                    await job.done.wait()
            if job.dropped or (self._workers and not job.begun):
                raise self._busy()
            if job.begun and not job.done.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout_at(job.deadline + GRACE_S):
                        await job.done.wait()
        finally:
            self._queue.discard(job)

    def _allowed(self, size: int) -> float:
        """Return how many seconds so much work may take."""
        seconds = self._settings.detect_deadline_s + self._settings.detect_deadline_per_100k_s * size / 100_000
        return min(seconds, self._settings.detect_ceiling_s)

    def _busy(self) -> Unavailable:
        """Refuse, and say when what waits now will be done at the workers' pace."""
        seconds = self._queue.size() * self._pace / max(1, len(self._workers))
        retry = min(max(1, math.ceil(seconds)), LONGEST_RETRY_S)
        return Unavailable("Too many scans are waiting.", code="detectors_busy", retry_after_s=retry)

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
            self._begun += 1
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
        long = name[0] != control.SHORT_ONLY
        wire = Wire(self._queue.wake)
        await asyncio.get_running_loop().create_unix_connection(lambda: wire, sock=sock)
        try:
            wire.tell(protocol.frame({"v": protocol.VERSION, "key": self._key.hex()}))
            outcome = None
            while outcome is None and (part := await self._queue.take(long=long, until=lambda: wire.over)) is not None:
                try:
                    outcome = await self._work(part, wire)
                finally:
                    part.fail(outcome or "error")
                    self._queue.returned(part)
        finally:
            self._kill(name)
            wire.close()

    async def _work(self, part: Part, wire: Wire) -> str | None:
        """Have one part done and keep what comes of it; returns why the worker is of no more use, if so."""
        self._numbers += 1
        number = self._numbers
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            async with asyncio.timeout_at(min(part.job.deadline, began + self._allowed(part.size))):
                message = protocol.parse(await wire.ask(protocol.request(number, part.tasks)))
            assert self._loaded is not None  # noqa: S101 - no scan is queued before
            results, last = protocol.read_answer(message, number, part.tasks, self._loaded.entity_types)
        except TimeoutError:
            return "deadline"
        except OSError:
            return "worker_died"
        except protocol.ProtocolError:
            return "bad_answer"
        self._pace += (min((clock() - began) / part.size, SLOWEST_PACE) - self._pace) / PACE_MEMORY
        for key, result in zip(part.keys, results, strict=True):
            self._cache.put(part.job.tenant, key, result)
        part.finish(results)
        return RETIRED if last else None
