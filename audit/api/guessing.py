"""How often anybody may ask whether a value occurs: whoever may ask as often as they like can guess.

A few a minute for each caller, and for all of them together; one process counts for itself. Who asks more often is told
to wait, and the first time that happens is an incident, which stays open until a person has looked at it.
"""

import math
import time
from collections import deque
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool

from audit.access import Records
from audit.api.errors import ApiError
from audit.errors import AuditUnavailable
from audit.incidents import OPENED, still_open
from audit.log import AuditLog, new_id

EACH, ALL = 5, 10
WINDOW_S = 60.0
INCIDENT = "fingerprint_guessing"


class Limit:
    """Counts look-ups within the last minute. Of one event loop."""

    def __init__(self, each: int = EACH, together: int = ALL, clock: Callable[[], float] = time.monotonic) -> None:
        self._each, self._together, self._clock = each, together, clock
        self._asked: deque[tuple[float, str]] = deque()

    def take(self, caller: str) -> float:
        """Count one and return 0, or return how many seconds to wait; what is refused does not count."""
        now = self._clock()
        while self._asked and self._asked[0][0] <= now - WINDOW_S:
            self._asked.popleft()
        own = [at for at, who in self._asked if who == caller]
        for most, times in ((self._each, own), (self._together, [at for at, _ in self._asked])):
            if len(times) >= most:
                return times[-most] + WINDOW_S - now
        self._asked.append((now, caller))
        return 0.0


class Guesses:
    """The limit, and the incidents of those who went over it."""

    def __init__(self, log: AuditLog, limit: Limit, clock: Callable[[], float] = time.monotonic) -> None:
        self._log, self._limit, self._clock = log, limit, clock
        self._told: set[str] = set()
        self._look_at = -math.inf

    async def admit(self, caller: str) -> None:
        """Let a look-up go on; raises ApiError (429). Raises AuditUnavailable where an incident cannot be recorded."""
        wait_s = self._limit.take(caller)
        if wait_s <= 0:
            return
        if self._clock() >= self._look_at:  # a person may have ended some meanwhile
            self._told = await run_in_threadpool(self._left_open)
            self._look_at = self._clock() + WINDOW_S
        if caller not in self._told:
            self._told.add(caller)
            try:
                await self._log.append(OPENED, {"incident": new_id(), "what": INCIDENT, "about": caller})
            except AuditUnavailable:
                self._told.discard(caller)
                raise
        raise ApiError(
            429,
            f"not more than {EACH} look-ups a minute by one caller, and {ALL} by all of them",
            code="rate_limit_exceeded",
            retry_after_s=max(1, math.ceil(wait_s)),
        )

    def _left_open(self) -> set[str]:
        """Return about whom an incident is open, as the log says."""
        opened = still_open(Records(self._log.place))
        return {str(record.body.get("about", "")) for record in opened if record.body["what"] == INCIDENT}
