"""The turns of one request at the upstreams that may answer it.

Nothing here can widen where a request may go: turns hand out the candidates of one route, which are of one zone, and
hold back some of them.
"""

import math
from collections.abc import Callable
from types import TracebackType
from typing import Self

from proxy.routing import Candidate, Route
from proxy.upstreams.errors import UpstreamError
from proxy.upstreams.estate.balance import after, least_busy, weighted
from proxy.upstreams.estate.retries import Retries
from proxy.upstreams.estate.standing import Standing
from proxy.upstreams.upstream import Upstream

StandingOf = Callable[[Upstream], Standing]
SOON_S = 1
"""When a caller may come again to a zone that was too busy, or that failed it."""
LATER_S = 30
"""And to one that is being drained: somebody has to end that."""
REASONS = ("", "drained", "down", "busy", "tried")
"""Why there is no turn, the weightiest last."""


class Turn:
    """A place at one upstream, for one attempt.

    `with turn:` around the attempt: an exception gives the place back; without one it is kept until `ended`.
    """

    def __init__(self, candidate: Candidate, standing: Standing) -> None:
        self.candidate = candidate
        self._standing = standing
        self._open = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self._standing.breaker.answered(self)
        elif isinstance(error, UpstreamError) and self._open:
            self._standing.failed(self, error)
            self._leave()
        else:
            self.left()

    def ended(self, *, ok: bool, ttfb_us: int | None) -> None:
        """End the answer: `ok` unless the server broke it off or broke its form. Once; later calls do nothing."""
        if self._open:
            self._standing.ended(self, ok=ok, ttfb_us=ttfb_us)
            self._leave()

    def left(self) -> None:
        """End it where nobody knows how the server would have ended it: the caller left. Once, as `ended`."""
        if self._open:
            self._standing.breaker.left(self)
            self._leave()

    def _leave(self) -> None:
        self._open = False
        self._standing.slots.leave()


class Turns:
    """The attempts of one request along one route, each upstream at most once."""

    def __init__(self, route: Route, standing: StandingOf, retries: Retries, *, again: bool, by: str) -> None:
        """`again` says that it was attempted along another route; `by` is one of `registry.BALANCES`."""
        self._standing = standing
        self._retries = retries
        self._further = again
        self._by = by
        self._left = [each for each in route.candidates if route.held or not each.upstream.drain]
        self.why = ""
        """Why `next` gave None: `tried` where an attempt was made or the budget is used up, else `busy`, where all were
        not `down`, or `drained`."""
        self.retry_after_s = 0
        """Whole seconds after which the caller may ask again, then."""

    async def next(self) -> Turn | None:
        """Wait for a place at the best upstream that is left, and return it; None where there is none."""
        if self._further and not self._retries.allowed():
            self.why, self.retry_after_s = "tried", SOON_S
            return None
        while (best := self._best()) is not None:
            self._left.remove(best)
            standing = self._standing(best.upstream)
            if not await standing.slots.enter(best.upstream):
                self._blame("busy", SOON_S)
                continue
            turn = Turn(best, standing)
            if not standing.breaker.enter(turn):  # it opened while this one waited
                self._blame("down", standing.breaker.wait_s)
                standing.slots.leave()
                continue
            self._retries.began(further=self._further)
            self._further = True
            self._blame("tried", SOON_S)
            return turn
        self._blame("drained", LATER_S)
        return None

    def _best(self) -> Candidate | None:
        """Choose among those whose breaker lets one through: what works before what is down, then by tier."""
        near: dict[tuple[bool, int], list[Candidate]] = {}
        for each in self._left:
            standing = self._standing(each.upstream)
            if standing.breaker.wait_s:
                self._blame("down", standing.breaker.wait_s)
            else:
                near.setdefault((standing.health == "down", each.tier), []).append(each)
        if not near:
            return None
        group = near[min(near)]
        if len(group) == 1:
            return group[0]
        standings = [self._standing(each.upstream) for each in group]
        shares = [standing.share(each.upstream) for each, standing in zip(group, standings, strict=True)]
        if self._by != "weighted":
            return group[least_busy(shares)]
        taken = weighted(shares)
        for standing, credit in zip(standings, after(shares, taken), strict=True):
            standing.credit = credit
        return group[taken]

    def _blame(self, why: str, wait_s: float) -> None:
        """Remember the weightiest reason, and of equal ones the shortest wait."""
        wait = max(1, math.ceil(wait_s))
        if REASONS.index(why) > REASONS.index(self.why):
            self.why, self.retry_after_s = why, wait
        elif why == self.why:
            self.retry_after_s = min(self.retry_after_s, wait)
