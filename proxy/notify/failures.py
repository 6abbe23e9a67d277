"""What nobody was told of, counted by channel and written to the log once a minute: an outage cannot flood it."""

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime

from audit.errors import AuditUnavailable
from audit.log import AuditLog, new_id
from proxy.notify.delivery import Note

log = logging.getLogger(__name__)
WINDOW_S = 60.0


@dataclass(slots=True)
class _Lost:
    """The messages of one channel in one window."""

    first: str
    why: str
    since: str
    n: int = 0
    id: str = field(default_factory=new_id)


class Failures:
    """Counts by channel within the current window."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit
        self._since = _now()
        self._open: dict[str, _Lost] = {}
        self._unwritten: deque[tuple[str, _Lost]] = deque()

    def count(self, note: Note, why: str) -> None:
        """Take note of a message that is given up; the window's first one gives the reason."""
        lost = self._open.setdefault(note.channel, _Lost(note.record, why, self._since))
        lost.n += 1

    async def run(self) -> None:
        """Flush every minute until cancelled."""
        while True:
            await asyncio.sleep(WINDOW_S)
            await self.flush()

    async def flush(self) -> None:
        """Write one record for each channel that failed; what cannot be written is offered again, under its id."""
        for channel, lost in self._open.items():
            log.error("channel %s was not told of %d decisions: %s", channel, lost.n, lost.why)
        self._unwritten += self._open.items()
        self._open, self._since = {}, _now()
        while self._unwritten:
            channel, lost = self._unwritten[0]
            body = {"window_start": lost.since, "channel": channel, "n": lost.n, "first": lost.first, "why": lost.why}
            try:
                await self._audit.append("notify.failed", body, id=lost.id)
            except AuditUnavailable:
                return
            self._unwritten.popleft()


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
