"""Asks the limits of a caller before its request goes on, and settles afterwards what it really used."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

from proxy.identity import Caller
from proxy.limits.counters import Counters, InMemory
from proxy.limits.limits import Bound, Limits
from proxy.limits.told import headers, refusal
from proxy.state.database import StateUnavailable

AWAY_S = 5.0
"""For so long, a database that did not answer is not asked again: else each request would wait for its deadline."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken for one request, until it is settled, and what its caller is told."""

    bounds: tuple[Bound, ...] = ()
    tokens: int = 0
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


UNLIMITED = Taken()


class Limiter:
    """Counts in memory, or in the database that all servers of a log share.

    While that is away, each server counts in its own memory: a limit is no promise of privacy, and what the policy
    lets go on through an outage must not end here.
    """

    def __init__(self, shared: Counters | None = None) -> None:
        self._own = InMemory()
        self._shared = shared
        self._away_until = 0.0

    async def take(self, caller: Caller, limits: Limits, tokens: int) -> Taken:
        """Take one request and so many tokens; raises RateLimited where they are not left."""
        bounds = limits.bounds(caller)
        if not bounds:
            return UNLIMITED
        draws = {bound: bound.draw(1 if bound.unit == "requests" else tokens) for bound in bounds}
        wanted = list(draws.values())
        done, found = await self._ask(lambda counters: counters.take(wanted))
        levels = dict(zip(bounds, found, strict=True))
        if not done:
            raise refusal(levels, draws)
        return Taken(bounds, tokens, headers(levels))

    async def settle(self, taken: Taken, used: int) -> None:
        """Take the tokens that were used beyond those that were taken, or give back those that were not."""
        bounds = [bound for bound in taken.bounds if bound.unit == "tokens"]
        draws = [draw for bound in bounds if (draw := bound.settlement(used, taken.tokens)).amount]
        if draws:
            await self._ask(lambda counters: counters.settle(draws))

    async def _ask(self, what: Callable[[Counters], Awaitable[Result]]) -> Result:
        if self._shared is not None and time.monotonic() >= self._away_until:
            try:
                return await what(self._shared)
            except StateUnavailable:
                self._away_until = time.monotonic() + AWAY_S
        return await what(self._own)
