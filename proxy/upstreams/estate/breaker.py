"""A circuit breaker: a server that fails again and again is left alone, then tried with one request at a time."""

import time
from collections.abc import Callable

Clock = Callable[[], float]
"""Seconds, as of `time.monotonic`."""
FAILURES = 5
"""So many in a row open it, where nothing else is said."""
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0


class Breaker:
    """Of one upstream. Each request is `who`, any object of its own, which tells the trial from the others.

    While the breaker is open, only the trial counts: the others began before, and say nothing of now.
    """

    def __init__(self, clock: Clock = time.monotonic, most: int = FAILURES) -> None:
        """`most` failures in a row open it."""
        self._clock = clock
        self._most = most
        self._failures = 0
        self._open = False
        self._pause_s = 0.0
        self._until = 0.0
        self._trial: object | None = None

    @property
    def state(self) -> str:
        """`closed`, `open`, or `trial` while one request tries whether it may close."""
        return "closed" if not self._open else "open" if self._trial is None else "trial"

    @property
    def wait_s(self) -> float:
        """Seconds until a request may go, 0 where one may. Nobody knows how long a trial takes: say as long again."""
        if not self._open:
            return 0.0
        return max(0.0, self._until - self._clock()) if self._trial is None else self._pause_s

    def enter(self, who: object) -> bool:
        """Say whether a request may go now; where the breaker is open and its pause over, as the trial."""
        if self.wait_s > 0:
            return False
        self._trial = who if self._open else None
        return True

    def left(self, who: object) -> None:
        """Hear of a request that ended and says nothing of the server; was it the trial, the next one is."""
        if self._trial is who:
            self._trial = None

    def answered(self, who: object) -> None:
        """Hear that an answer has begun. After a trial's, others may go, but one more failure opens it for longer."""
        if self._trial is who:
            self._open, self._trial = False, None
            self._failures = self._most - 1

    def succeeded(self, who: object) -> None:
        """Hear of a whole answer."""
        self.answered(who)
        if not self._open:
            self._failures = 0
            self._pause_s = 0.0

    def failed(self, who: object) -> None:
        """Hear of a failure of the server's."""
        if self._open and self._trial is not who:
            return
        self._failures += 1
        if self._failures >= self._most:
            self._open, self._trial = True, None
            self._pause_s = min(self._pause_s * 2 or FIRST_PAUSE_S, LONGEST_PAUSE_S)
            self._until = self._clock() + self._pause_s
