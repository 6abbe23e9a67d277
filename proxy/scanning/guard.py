"""Hold an answer back until it was scanned, where a rule could block it: a stream by little, any other answer whole.

    events          taken as they come, in the background, until HELD_BYTES or HELD_EVENTS wait
    settled         of each text, all but an end where a value may be going on, at most 1,024 characters
    one scan        at a time, of all that has settled since, with what stands before it
    the rules       decide by everything that was found in the answer so far
    let go          in order, each event of which every text was read; the bytes as they came

So a value of up to HOLD characters that is found whole, where it stands and with what stands before it, is never let
go whole; and of one that is a single word, or a group of words with digits and the like, nothing is, unless the text
paused within it. A scan that fails, is late or cannot read everything lets nothing go.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, NamedTuple

from proxy.content.parsing import parse
from proxy.detection.findings import Scan
from proxy.errors import PolicyRefused, RequestRefused, Unavailable
from proxy.policy.answering import Verdict
from proxy.scanning.channels import Channels, Marks, Window, grouped, were_read
from proxy.scanning.tally import Tally
from proxy.scanning.watch import BROKEN_OFF, Shared
from proxy.upstreams.sse import Event

HELD_BYTES = 64 * 1024
"""Bytes of a stream that wait, and one event more: then its upstream is not read any further."""
HELD_EVENTS = 1024
PAUSE_S = 0.05
"""Between the beginnings of two scans of one stream, so that a slow stream is not scanned for each word."""
TOGETHER = 8_000
"""Characters of short texts that are scanned as one."""
CUT_OFF, AMBIGUOUS = "cut_off", "ambiguous"
PASSING = frozenset({"detectors_busy", "detectors_unavailable", "deadline", "no_worker", "worker_died"})
"""Failures that say nothing of the answer: another try may do better."""


class Held(NamedTuple):
    """An event that waits, and what has to be read before it can go."""

    raw: bytes
    marks: Marks


class Guard:
    """Watches one answer that an enforced rule could block."""

    def __init__(self, shared: Shared, team: str, tally: Tally) -> None:
        self._shared = shared
        self._team = team
        self._tally = tally
        self._channels = Channels()
        self._held: deque[Held] = deque()
        self._bytes = 0
        self._begun = False
        self.blocked: Verdict | None = None
        self._next = 0.0
        """When the next scan may begin, by the loop's clock."""
        self._news, self._room = asyncio.Event(), asyncio.Event()

    async def whole(self, body: bytes, answer: dict[str, Any]) -> None:
        """Scan a whole answer; raises PolicyRefused where a rule blocks it, Unavailable where it was not scanned."""
        self._begun = True
        self._take(answer, body)
        await self._scan(self._channels.due(ended=True))

    async def passed(self, events: AsyncIterator[list[Event]]) -> AsyncGenerator[bytes]:
        """Pass on what was scanned; raises as `whole` does in place of the rest."""
        self._begun = True
        reading = asyncio.ensure_future(self._read(events))
        reading.add_done_callback(lambda _: self._news.set())
        try:
            while not (reading.done() and not self._held):
                await self._gathered(reading)
                await self._inspect(ended=reading.done())
                if free := self._let_go():
                    yield free
            reading.result()
        except (PolicyRefused, Unavailable):
            self._tally.failures.add(CUT_OFF)
            raise
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def finish(self, *, broken: bool) -> dict[str, Any] | None:
        """Say what was found; all is known by now."""
        if not self._begun:
            return None
        if broken:
            self._tally.failures.add(BROKEN_OFF)
        return self._tally.record()

    async def _read(self, events: AsyncIterator[list[Event]]) -> None:
        """Take events as they come, while there is room."""
        async for together in events:
            for event in together:
                marks = self._take(event.answer, event.data, event.beside)
                self._held.append(Held(event.raw, marks))
                self._bytes += len(event.raw)
                self._news.set()
                while self._full:
                    self._room.clear()
                    await self._room.wait()

    @property
    def _full(self) -> bool:
        return self._bytes >= HELD_BYTES or len(self._held) >= HELD_EVENTS

    def _take(self, answer: dict[str, Any] | None, data: bytes, beside: str = "") -> Marks:
        if answer is not None:
            try:
                answer = parse(
                    data
                )  # as strictly as a request: what two parsers could read differently is not passed on
            except RequestRefused:
                self._channels.failures.add(AMBIGUOUS)
        return self._channels.take(answer or {}, beside)

    async def _gathered(self, reading: asyncio.Future[None]) -> None:
        """Wait for something new and, if a scan was begun just now, for what else comes meanwhile."""
        await self._news.wait()
        self._news.clear()
        pause = self._next - asyncio.get_running_loop().time()
        if pause > 0 and not self._full:
            await asyncio.wait({reading}, timeout=pause)

    async def _inspect(self, *, ended: bool) -> None:
        """Scan what has settled. Where everything waits for a text to go on, and there is no room, it is not waited."""
        windows = self._channels.due(ended=ended)
        if windows or self._channels.failures:
            self._next = asyncio.get_running_loop().time() + PAUSE_S
            await self._scan(windows)
        if self._full and not were_read(self._held[0].marks):
            self._channels.leave(self._held[0].marks)
            self._news.set()

    def _let_go(self) -> bytes:
        """Return those events, in their order, of which all was read."""
        free = []
        while self._held and were_read(self._held[0].marks):
            free.append(self._held.popleft().raw)
        raw = b"".join(free)
        self._bytes -= len(raw)
        self._room.set()
        return raw

    async def _scan(self, windows: list[Window]) -> None:
        """Scan, and judge by all that was found so far; raises where that does not say that the text may be read."""
        asked = [self._shared.scan(self._team, group) for group in grouped(windows, TOGETHER)]
        for ended in await asyncio.gather(*asked, return_exceptions=True):
            if isinstance(ended, Scan):
                self._tally.add(ended)
            elif isinstance(ended, Unavailable):
                self._tally.failures.add(ended.code)
            else:
                raise ended
        self._tally.failures |= self._channels.failures
        verdict = self._tally.verdict()
        if verdict.blocked:
            self.blocked = verdict
            raise _blocked(verdict)
        if self._tally.failures:
            raise _unscanned(self._tally.failures)
        for window in windows:
            window.text.was_read(window.upto)


def _blocked(verdict: Verdict) -> PolicyRefused:
    told = {"because": list(verdict.because), "rules": list(verdict.rules)}
    return PolicyRefused("The policy of your organisation blocks this answer.", code="answer_blocked", explanation=told)


def _unscanned(failures: set[str]) -> Unavailable:
    text = "A rule of your organisation's policy is about answers like this, which could not be scanned completely."
    return Unavailable(text, code="answer_unscanned", retry_after_s=1 if failures <= PASSING else None)
