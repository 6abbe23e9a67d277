"""How much auditors may ask for at once: what has much to read waits for its turn, and too many are told to come back.

Two long reads together leave a database, and Python's lock, to the writer most of the time; ten would not.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from audit.api.errors import ApiError

HEAVY = 2
WAITING = 8


class Gate:
    """Lets a few in at a time. Of one event loop."""

    def __init__(self, at_once: int = HEAVY, waiting: int = WAITING) -> None:
        self._turns = asyncio.Semaphore(at_once)
        self._most = waiting
        self._waiting = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn and keep it; raises ApiError (503) where enough others wait."""
        if self._turns.locked() and self._waiting >= self._most:
            raise ApiError(503, "too many long reads are under way", code="audit_busy", retry_after_s=2)
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._turns.release()
