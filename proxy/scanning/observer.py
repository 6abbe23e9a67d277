"""Scan an answer beside its way to the caller, which it neither delays nor changes. What is found is for the record.

Nothing waits for these scans but the outcome record, and that not for long. At most KEPT characters of an answer wait
to be scanned: of one that comes faster than that, the rest is not scanned, and the record says so.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, cast

from proxy.errors import Unavailable
from proxy.policy.answering import Verdict
from proxy.scanning.channels import MESSAGE, TOO_MANY, Channels, Window, grouped
from proxy.scanning.tally import Tally
from proxy.scanning.watch import BROKEN_OFF, Shared, joined
from proxy.upstreams.sse import Event

WINDOW = 8_000
"""Characters that are gathered before a scan begins, and scanned at once."""
KEPT = 256 * 1024
WITHIN_S = 30.0
"""How long the record waits for the last scans."""


class Observer:
    """Watches one answer that no rule can block."""

    blocked: Verdict | None = None

    def __init__(self, shared: Shared, team: str, tally: Tally) -> None:
        self._shared = shared
        self._team = team
        self._tally = tally
        self._channels = Channels(identifiers=False)
        self._kept = 0
        self._begun = self._full = False
        self._work: asyncio.Task[None] | None = None

    async def passed(self, events: AsyncIterator[list[Event]]) -> AsyncGenerator[bytes]:
        """Pass everything on at once, as it is."""
        self._begun = True
        async for together in events:
            self._take(together)
            yield joined(together)

    async def whole(self, body: bytes, answer: dict[str, Any]) -> None:
        """Take a whole answer."""
        self._begun = True
        self._take([Event(body, answer=answer)])

    async def finish(self, *, broken: bool) -> dict[str, Any] | None:
        """Scan what is left, as far as there is time; never raises."""
        if not self._begun:
            return None
        if broken:
            self._tally.failures.add(BROKEN_OFF)
        try:
            await self._shared.within(WITHIN_S, self._rest())
        except TimeoutError:
            self._tally.failures.add("deadline")
        except asyncio.CancelledError:
            if cast("asyncio.Task[Any]", asyncio.current_task()).cancelling():
                raise
            self._tally.failures.add("deadline")  # it is the scan that was cancelled
        except Exception:  # noqa: BLE001 - whatever it is, the record says that not all was scanned
            self._tally.failures.add("error")
        finally:
            self._keep(0)
        self._tally.failures |= self._channels.failures
        return self._tally.record()

    def _take(self, events: list[Event]) -> None:
        if self._full:
            return
        for event in events:
            if event.answer is not None or event.beside:
                self._channels.take(event.answer or {}, event.beside)
        waiting = self._channels.waiting()
        if not self._keep(waiting):
            self._full = True
            self._tally.failures.add(TOO_MANY)
            self._channels.forget(min(waiting, KEPT, max(0, waiting + self._shared.room)))
            self._keep(self._channels.waiting())
        if waiting >= WINDOW and (self._work is None or self._work.done()):
            self._work = asyncio.ensure_future(self._scan(self._channels.due(ended=False, size=WINDOW)))

    def _keep(self, waiting: int) -> bool:
        """Take room for what waits, or give it back; whether there is as much."""
        self._shared.room -= waiting - self._kept
        self._kept = waiting
        return waiting <= KEPT and self._shared.room >= 0

    async def _rest(self) -> None:
        if self._work is not None:
            await self._work
        while windows := self._channels.due(ended=True, size=WINDOW):
            await self._scan(windows)

    async def _scan(self, windows: list[Window]) -> None:
        for group in grouped(windows, WINDOW, alone=MESSAGE):
            try:
                self._tally.add(await self._shared.scan(self._team, group, behind=True))
            except Unavailable as busy:
                self._tally.failures.add(busy.code)
            for window in group:
                window.text.was_read(window.upto)
        self._keep(self._channels.waiting())
