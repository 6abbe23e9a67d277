"""Where buckets are kept: in memory, for one server. Nothing has to survive its end: a minute later all are full."""

import time
from collections.abc import Sequence
from typing import Protocol

from proxy.limits.bucket import Draw, Level, levels, settle, take


class Counters(Protocol):
    """The buckets of one server, or of all replicas."""

    async def take(self, draws: Sequence[Draw]) -> tuple[bool, list[Level]]:
        """Take all that is drawn or nothing: whether it was, and what each bucket holds then."""

    async def settle(self, draws: Sequence[Draw]) -> None:
        """Take or give back what has already been used."""


class InMemory:
    """Buckets of one server. One that nobody draws on is full, so only those that were drawn on are kept."""

    def __init__(self) -> None:
        self._full_at: dict[str, int] = {}

    async def take(self, draws: Sequence[Draw]) -> tuple[bool, list[Level]]:
        """Take all that is drawn or nothing; nothing comes between, for it does not wait."""
        now = _now()
        done, full_at = take(draws, self._of(draws), now)
        if done:
            self._keep(draws, full_at)
        return done, levels(draws, full_at, now)

    async def settle(self, draws: Sequence[Draw]) -> None:
        """Take or give back what has already been used."""
        self._keep(draws, settle(draws, self._of(draws), _now()))

    def _of(self, draws: Sequence[Draw]) -> list[int]:
        return [self._full_at.get(draw.name, 0) for draw in draws]

    def _keep(self, draws: Sequence[Draw], full_at: list[int]) -> None:
        self._full_at.update(zip((draw.name for draw in draws), full_at, strict=True))


def _now() -> int:
    return time.monotonic_ns() // 1000
