"""What watches an answer: an observer that keeps nothing back, or a guard that does.

A guard, wherever an enforced rule on answers could block it: there is no way round that. What both share is here.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol

from proxy.detection.findings import Detector, Scan
from proxy.policy.answering import Verdict
from proxy.scanning.channels import Window, unit
from proxy.upstreams.sse import Event

KEPT_IN_ALL = 64 * 1024 * 1024
"""Characters of all answers of a server that wait to be scanned behind them."""
BROKEN_OFF = "broken_off"
"""Why an answer was not scanned whole that did not come whole: the caller left, or the model server broke it off."""


class Watch(Protocol):
    """Watches one answer. `blocked` is why it was not passed on, or not to its end."""

    blocked: Verdict | None

    def passed(self, events: AsyncIterator[list[Event]]) -> AsyncGenerator[bytes]:
        """Pass a stream on; raises PolicyRefused or Unavailable in place of what must not be."""

    async def whole(self, body: bytes, answer: dict[str, Any]) -> None:
        """Take a whole answer; raises the same."""

    async def finish(self, *, broken: bool) -> dict[str, Any] | None:
        """Return the `answer` of the outcome record, once all is scanned or given up; None if there was no answer."""


def joined(events: list[Event]) -> bytes:
    """Return the bytes of events that came together."""
    return events[0].raw if len(events) == 1 else b"".join([event.raw for event in events])


class Unwatched:
    """Nobody looks."""

    blocked: Verdict | None = None

    async def passed(self, events: AsyncIterator[list[Event]]) -> AsyncGenerator[bytes]:
        """Pass everything on."""
        async for together in events:
            yield joined(together)

    async def whole(self, body: bytes, answer: dict[str, Any]) -> None:
        """Let it be."""

    async def finish(self, *, broken: bool) -> None:
        """Say nothing."""


@dataclass(slots=True)
class Shared:
    """What all watches of a server share: the detector, room for text that waits, and the news that it stops."""

    detector: Detector
    room: int = KEPT_IN_ALL
    stopping: bool = False
    _under_way: set[asyncio.Timeout] = field(default_factory=set)

    async def scan(self, team: str, windows: list[Window], *, behind: bool = False) -> Scan:
        """Scan parts of texts together; raises Unavailable when that cannot begin in time."""
        return await self.detector.scan(team, [unit(windows)], behind=behind)

    async def within(self, seconds: float, work: Coroutine[Any, Any, None]) -> None:
        """Do something that is not waited for longer than so; raises TimeoutError, also when the server stops."""
        async with asyncio.timeout(0 if self.stopping else seconds) as limit:
            self._under_way.add(limit)
            try:
                await work
            finally:
                self._under_way.discard(limit)

    def stop(self) -> None:
        """Let nothing be waited for any longer."""
        self.stopping = True
        for limit in self._under_way:
            limit.reschedule(0)
