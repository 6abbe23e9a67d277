"""A budget of further attempts, for all upstreams together: a sick zone is not stormed by those that it fails."""

import time
from collections import deque
from dataclasses import dataclass

from proxy.upstreams.estate.breaker import Clock

SHARE = 0.2
"""Of the requests in the window, so many may be tried again."""
FLOOR_PER_S = 2
"""And so many in any case, so that a quiet server can fall back at all."""
WINDOW_S = 10


@dataclass(slots=True)
class Second:
    """What began in one second."""

    at: int
    first: int = 0
    further: int = 0


class Retries:
    """Of one server process."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._seconds: deque[Second] = deque()

    def allowed(self) -> bool:
        """Whether one more further attempt is within the budget."""
        self._now()
        first = sum(second.first for second in self._seconds)
        further = sum(second.further for second in self._seconds)
        return further < SHARE * first + FLOOR_PER_S * WINDOW_S

    def began(self, *, further: bool) -> None:
        """Count an attempt: a request's first one, or a further one."""
        second = self._now()
        second.first += not further
        second.further += further

    def _now(self) -> Second:
        now = int(self._clock())
        while self._seconds and self._seconds[0].at <= now - WINDOW_S:
            self._seconds.popleft()
        if not self._seconds or self._seconds[-1].at != now:
            self._seconds.append(Second(now))
        return self._seconds[-1]
