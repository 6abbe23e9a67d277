"""One channel's messages, in their order: a bounded queue, one delivery at a time, retries, and the giving up.

A message is tried for GIVE_UP_S; what still waits by then behind a channel that fails is given up with it. So an
outage costs a bounded amount of memory, and a channel that comes back is told of the last minutes only.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import suppress

from proxy.notify import channels
from proxy.notify.channels import Channel
from proxy.notify.delivery import Note, Sink, Undelivered
from proxy.notify.failures import Failures
from proxy.notify.file import File
from proxy.notify.syslog import Syslog
from proxy.notify.webhook import Webhook

log = logging.getLogger(__name__)
QUEUED = 1000
ATTEMPT_S = 10.0
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
GIVE_UP_S = 300.0
IDLE_S = 60.0
"""After so long without a message, connections are closed."""


def sink_of(channel: Channel) -> Sink:
    """Return what delivers to a channel."""
    match channel.target:
        case channels.Webhook() as target:
            return Webhook(target)
        case channels.Syslog() as target:
            return Syslog(target)
        case channels.File() as target:
            return File(target)


class Sender:
    """Delivers to one channel until it is closed."""

    def __init__(self, channel: Channel, failures: Failures, make: Callable[[Channel], Sink] = sink_of) -> None:
        self._sink = make(channel)
        self._failures = failures
        self._queue: asyncio.Queue[Note] = asyncio.Queue(QUEUED)
        self._current: Note | None = None
        self._wait_s = 0.0
        self._failing = ""
        """What was wrong with the last attempt, if another one is worth while."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    def offer(self, note: Note) -> None:
        """Queue a message, or give it up at once if too many wait."""
        try:
            self._queue.put_nowait(note)
        except asyncio.QueueFull:
            self._failures.count(note, "queue_full")

    async def drain(self) -> None:
        """Wait until every message is delivered or given up."""
        await self._queue.join()

    async def close(self) -> None:
        """End; what is left is given up."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        left = [self._current] if self._current is not None else []
        while not self._queue.empty():
            left.append(self._queue.get_nowait())
        for note in left:
            self._failures.count(note, "shutdown")

    async def _run(self) -> None:
        try:
            while True:
                self._current = await self._next()
                await self._settle(self._current)
                self._current = None
                self._queue.task_done()
        finally:
            await self._close()

    async def _next(self) -> Note:
        try:
            async with asyncio.timeout(IDLE_S):
                return await self._queue.get()
        except TimeoutError:
            await self._close()
        return await self._queue.get()

    async def _settle(self, note: Note) -> None:
        """Try until the message is delivered, cannot be, or is due and the channel fails."""
        while not self._failing or asyncio.get_running_loop().time() < note.due:
            failed = await self._attempt(note)
            if failed is None or failed.final:
                self._failing, self._wait_s = "", 0.0
                if failed is not None:
                    self._failures.count(note, failed.why)
                return
            self._failing = failed.why
            self._wait_s = min(max(FIRST_WAIT_S, 2 * self._wait_s), LONGEST_WAIT_S)
            await asyncio.sleep(self._wait_s * random.uniform(0.5, 1))  # noqa: S311 - jitter is no secret
        self._failures.count(note, self._failing)

    async def _close(self) -> None:
        with suppress(Exception):  # what cannot be closed must not end the channel
            await self._sink.close()

    async def _attempt(self, note: Note) -> Undelivered | None:
        """Deliver once; returns what was wrong."""
        try:
            async with asyncio.timeout(ATTEMPT_S):
                await self._sink.deliver(note)
        except Undelivered as failed:
            return failed
        except TimeoutError:
            return Undelivered("timeout")
        except Exception as error:  # noqa: BLE001 - one message must not end the channel, and its text may hold it
            log.error("a delivery failed in a way that it should not: %s", type(error).__name__)  # noqa: TRY400
            return Undelivered("internal", final=True)
        return None
