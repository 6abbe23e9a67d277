"""Where a decided request may go: the list of attempts, made once, from the zones that the decision left.

The list of a pinned request holds on-prem upstreams only, because nothing else was ever put in it. A retry takes the
next entry; it cannot name a zone that is not in the list.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from proxy.upstreams.registry import Registry
from proxy.upstreams.upstream import Upstream


@dataclass(frozen=True, slots=True)
class Candidate:
    """One upstream that may answer, and the model it is asked for."""

    upstream: Upstream
    model: str
    tier: int = 0
    """0 where the model is served by this name, 1 where the upstream's default model stands in for it."""
    drawn: bool = False
    """Whether the model is what a split drew."""

    @property
    def zone(self) -> str:
        """The zone of the upstream."""
        return self.upstream.zone


@dataclass(frozen=True, slots=True)
class Route:
    """Candidates of one zone, in order. Moving to the next route is a new decision record."""

    zone: str
    candidates: tuple[Candidate, ...]
    held: bool = False
    """Whether it leads to what keeps the state that the request refers to: nobody else could answer."""


def routes(
    zones_left: Iterable[str],
    endpoint: str,
    model: str,
    registry: Registry,
    *,
    only: Upstream | None = None,
    draw: str = "",
) -> list[Route]:
    """List the routes for a requested model, in the order of the zones that survived the decision.

    A request that refers to what one server holds has `only` that one. The arm of a split is drawn by `draw`.
    """
    found = [candidate for zone in zones_left for candidate in candidates(zone, endpoint, model, registry, draw)]
    if only is not None:
        found = [candidate for candidate in found if candidate.upstream == only]
    by_zone = groupby(found, key=lambda candidate: candidate.zone)
    return [Route(zone, tuple(group), only is not None) for zone, group in by_zone]


def to_holder(zones_left: Iterable[str], holder: Upstream, model: str) -> list[Route]:
    """Return the route to what a server holds, if it is in reach. Nothing is asked of a model there."""
    at = (Candidate(holder, holder.default_model or model),)
    return [Route(holder.zone, at, held=True)] * (holder.zone in zones_left)


def candidates(zone: str, endpoint: str, model: str, registry: Registry, draw: str = "") -> list[Candidate]:
    """List the upstreams of one zone that serve the model or its stand-in there, then those with a default model."""
    inside = [upstream for upstream in registry.upstreams if upstream.zone == zone and endpoint in upstream.endpoints]
    wanted, drawn = registry.wanted(model, zone, draw)
    exact = [Candidate(upstream, wanted, drawn=drawn) for upstream in inside if registry.serves(upstream, wanted)]
    serving = {candidate.upstream.id for candidate in exact}
    others = [upstream for upstream in inside if upstream.default_model and upstream.id not in serving]
    return exact + [Candidate(upstream, upstream.default_model, tier=1) for upstream in others]
