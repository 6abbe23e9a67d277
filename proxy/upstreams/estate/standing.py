"""How one upstream stands: what it last said of itself, and what became of the requests that it was sent."""

import time
from typing import Any

from proxy.upstreams.errors import Lost, NotSent, UpstreamError
from proxy.upstreams.estate.balance import Share
from proxy.upstreams.estate.breaker import FAILURES, Breaker, Clock
from proxy.upstreams.estate.figures import Figures
from proxy.upstreams.estate.slots import Slots
from proxy.upstreams.kinds.kind import Observation
from proxy.upstreams.upstream import Upstream

UNREACHED = frozenset({"connect", "connection_lost", "dns", "timeout", "tls"})
"""Reasons for which nothing was sent that are the server's; others are about a model, such as Ollama's."""
SERVER_ERROR = 500
ANSWERED = "http_"


class Standing:
    """Of one upstream: live state only, so that a reload of the file can change what the file says and lose nothing."""

    def __init__(self, clock: Clock = time.monotonic, failures: int = FAILURES) -> None:
        self._clock = clock
        self.breaker = Breaker(clock, failures)
        self.slots = Slots()
        self.figures = Figures(clock)
        self.credit = 0
        """What it is owed of earlier turns (`balance.after`)."""
        self.health = "unknown"
        """`healthy` or `down`, as the last check found; `unknown` before one and where none is made."""
        self.reason = ""
        """Why the last check brought nothing."""
        self.depth: int | None = None
        """What the server told of requests that it works on or that wait there, whoever sent them."""
        self._others = 0
        self._since = clock()

    @property
    def idle(self) -> bool:
        """Whether nothing of it is open and nobody waits."""
        return not self.slots.in_flight and not self.slots.waiting

    def share(self, upstream: Upstream) -> Share:
        """Return what it has to do, for `balance`."""
        load = self.slots.in_flight + self.slots.waiting + self._others
        return Share(upstream.weight, load, self.slots.has_room(upstream), self.credit)

    def observed(self, said: Observation) -> bool:
        """Take in what it said of itself; returns whether that is news: the check before this one failed."""
        self.depth = said.depth
        self._others = max(0, (said.depth or 0) - self.slots.in_flight)
        return self._found("healthy", "")

    def unobserved(self, error: UpstreamError) -> bool:
        """Take in that a check failed; returns whether that is news. A 401 or a 404 comes from a server that is up."""
        self.depth, self._others = None, 0
        return self._found("down" if of_server(error) else "healthy", error.reason)

    def failed(self, who: object, error: UpstreamError) -> None:
        """Take in that an attempt at it failed."""
        if of_server(error):
            self.breaker.failed(who)
        else:
            self.breaker.left(who)
        if not about_model(error):
            self.figures.add(ok=False, ttfb_us=None)

    def ended(self, who: object, *, ok: bool, ttfb_us: int | None) -> None:
        """Take in how an answer of its ended."""
        if ok:
            self.breaker.succeeded(who)
        else:
            self.breaker.failed(who)
        self.figures.add(ok=ok, ttfb_us=ttfb_us)

    def report(self, upstream: Upstream) -> dict[str, Any]:
        """Return all of it as plain JSON: names of the file, numbers, and words of ours."""
        return {
            "name": upstream.id,
            "zone": upstream.zone,
            "kind": upstream.kind,
            "weight": upstream.weight,
            "drain": upstream.drain,
            "health": self.health,
            "reason": self.reason,
            "since_s": round(self._clock() - self._since),
            "breaker": self.breaker.state,
            "in_flight": self.slots.in_flight,
            "waiting": self.slots.waiting,
            "depth": self.depth,
            **self.figures.report(),
        }

    def _found(self, health: str, reason: str) -> bool:
        news = reason != self.reason
        if health != self.health:
            self.health, self._since = health, self._clock()
        self.reason = reason
        return news


def of_server(error: UpstreamError) -> bool:
    """Whether a failure says that the server is not well: not reached, no usable answer, or one of the 5xx."""
    if about_model(error):
        return False
    status = _status(error)
    return status == 0 or status >= SERVER_ERROR


def about_model(error: UpstreamError) -> bool:
    """Whether nothing was sent because of the model that was to answer."""
    return isinstance(error, NotSent) and error.reason not in UNREACHED and not _status(error)


def _status(error: UpstreamError) -> int:
    """Return the status of the answer that there was, of a request or a probe; 0 where there was none."""
    said = error.reason.removeprefix(ANSWERED)
    return (error.answered if isinstance(error, Lost) else 0) or (int(said) if said.isdecimal() else 0)
