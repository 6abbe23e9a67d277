"""The live state of all upstreams, in one event loop, and the rounds in which they are asked how they are."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from proxy.routing import Route
from proxy.upstreams.errors import NotSent, UpstreamError
from proxy.upstreams.estate.breaker import FAILURES, Clock
from proxy.upstreams.estate.retries import Retries
from proxy.upstreams.estate.standing import Standing
from proxy.upstreams.estate.turns import Turns
from proxy.upstreams.kinds.kind import Observation
from proxy.upstreams.kinds.known import KINDS
from proxy.upstreams.pool import Pool
from proxy.upstreams.registry import Registry
from proxy.upstreams.upstream import Upstream

log = logging.getLogger(__name__)
Observed = Callable[[Upstream, Observation], None]
WITHIN_S = 10.0
"""A server that has not said by then what it has to say counts as down."""


class Estate:
    """What is known of each upstream, by `Upstream.server`: a changed weight or limit makes no other server of it."""

    def __init__(self, clock: Clock = time.monotonic, *, failures: int = FAILURES) -> None:
        """So many failures in a row make an upstream be left alone."""
        self._clock = clock
        self._failures = failures
        self._standings: dict[tuple[str, ...], Standing] = {}
        self._retries = Retries(clock)

    def standing(self, upstream: Upstream) -> Standing:
        """Return how an upstream stands; a new one stands well."""
        at = upstream.server
        if at not in self._standings:
            self._standings[at] = Standing(self._clock, self._failures)
        return self._standings[at]

    def turns(self, route: Route, *, again: bool, balance: str) -> Turns:
        """Begin the attempts of a request along a route.

        `again` says that it was attempted along another one; `balance` is one of `registry.BALANCES`.
        """
        return Turns(route, self.standing, self._retries, again=again, by=balance)

    async def watch(self, registry: Registry, pool: Pool, observed: Observed, *, health: bool = True) -> None:
        """Ask every own upstream, and vendors that serve what they list, how it is and what it has; once each.

        Without `health`, only those that serve what they list. What answers is passed to `observed`. Raises nothing:
        whatever one answers, the others count, and the next round comes. Whoever left the registry is forgotten here,
        and its connections closed, once nothing of it is open.
        """
        await pool.keep(registry.upstreams)
        now = {upstream.server for upstream in registry.upstreams}
        gone = [at for at, standing in self._standings.items() if at not in now and standing.idle]
        for at in gone:
            del self._standings[at]
        asked = [
            upstream for upstream in registry.upstreams if upstream.lists_models or (health and not upstream.vendor)
        ]
        await asyncio.gather(*(self._look(upstream, pool, observed) for upstream in asked))

    def report(self, registry: Registry) -> list[dict[str, Any]]:
        """Return how each upstream of the registry stands, in its order, as plain JSON."""
        return [self.standing(upstream).report(upstream) for upstream in registry.upstreams]

    async def _look(self, upstream: Upstream, pool: Pool, observed: Observed) -> None:
        standing = self.standing(upstream)
        try:
            async with asyncio.timeout(WITHIN_S):
                said = await KINDS[upstream.kind].observe(pool.client(upstream), upstream)
            observed(upstream, said)
            news = standing.observed(said)
        except Exception as error:  # noqa: BLE001 - its text may be the upstream's
            news = standing.unobserved(_named(error))
        if news:
            _tell(upstream, standing)


def _named(error: Exception) -> UpstreamError:
    """Return an error with a reason of ours: never the text of what an upstream or a library raised."""
    if isinstance(error, UpstreamError):
        return error
    return NotSent("timeout" if isinstance(error, TimeoutError) else type(error).__name__)


def _tell(upstream: Upstream, standing: Standing) -> None:
    if standing.health == "down":
        log.warning("upstream %s is down: %s", upstream.id, standing.reason)
    elif standing.reason:
        log.warning("upstream %s is up, but does not say what it has: %s", upstream.id, standing.reason)
    else:
        log.info("upstream %s is healthy again", upstream.id)
