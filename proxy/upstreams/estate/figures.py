"""What became of the requests of the last five minutes at one upstream, in bounded memory."""

import statistics
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from proxy.upstreams.estate.breaker import Clock

WINDOW_S = 300
SLOT_S = 10
"""Counts are kept by so many seconds."""
SAMPLES = 2000
"""So many times to the first byte are kept: the newest."""


@dataclass(slots=True)
class Slot:
    """What ended in one stretch of SLOT_S."""

    number: int
    requests: int = 0
    failures: int = 0


class Figures:
    """Of one upstream."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._slots: deque[Slot] = deque()
        self._first_bytes: deque[tuple[float, int]] = deque(maxlen=SAMPLES)

    def add(self, *, ok: bool, ttfb_us: int | None) -> None:
        """Count a request that ended; `ttfb_us` is how long its first byte took, where one came."""
        now = self._clock()
        self._forget(now)
        number = int(now // SLOT_S)
        if not self._slots or self._slots[-1].number != number:
            self._slots.append(Slot(number))
        self._slots[-1].requests += 1
        self._slots[-1].failures += not ok
        if ttfb_us is not None:
            self._first_bytes.append((now, ttfb_us))

    def report(self) -> dict[str, Any]:
        """Return requests, failures and, where there are any, the times to the first byte in milliseconds."""
        self._forget(self._clock())
        times = sorted(us / 1000 for _, us in self._first_bytes)
        ttfb = {"median": round(statistics.median(times), 1), "p95": round(_p95(times), 1)} if times else None
        return {
            "requests": sum(slot.requests for slot in self._slots),
            "failures": sum(slot.failures for slot in self._slots),
            "ttfb_ms": ttfb,
        }

    def _forget(self, now: float) -> None:
        while self._slots and self._slots[0].number <= (now - WINDOW_S) // SLOT_S:
            self._slots.popleft()
        while self._first_bytes and self._first_bytes[0][0] <= now - WINDOW_S:
            self._first_bytes.popleft()


def _p95(times: list[float]) -> float:
    return times[-(-len(times) * 95 // 100) - 1]
