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

    @property
    def zone(self) -> str:
        """The zone of the upstream."""
        return self.upstream.zone


@dataclass(frozen=True, slots=True)
class Route:
    """Candidates of one zone, in order. Moving to the next route is a new decision record."""

    zone: str
    candidates: tuple[Candidate, ...]


def routes(
    zones_left: Iterable[str], endpoint: str, model: str, registry: Registry, only: Upstream | None = None
) -> list[Route]:
    """List the routes for a requested model, in the order of the zones that survived the decision.

    A request that refers to what one server holds has `only` that one.
    """
    found = [candidate for zone in zones_left for candidate in candidates(zone, endpoint, model, registry)]
    if only is not None:
        found = [candidate for candidate in found if candidate.upstream == only]
    return [Route(zone, tuple(group)) for zone, group in groupby(found, key=lambda candidate: candidate.zone)]


def to_holder(zones_left: Iterable[str], holder: Upstream, model: str) -> list[Route]:
    """Return the route to what a server holds, if it is in reach. Nothing is asked of a model there."""
    return [Route(holder.zone, (Candidate(holder, holder.default_model or model),))] * (holder.zone in zones_left)


def candidates(zone: str, endpoint: str, model: str, registry: Registry) -> list[Candidate]:
    """List the upstreams of one zone that serve the model or its stand-in there, then those with a default model."""
    inside = [upstream for upstream in registry.upstreams if upstream.zone == zone and endpoint in upstream.endpoints]
    wanted = registry.stand_ins.get(model, {}).get(zone, model)
    exact = [Candidate(upstream, wanted) for upstream in inside if registry.serves(upstream, wanted)]
    serving = {candidate.upstream.id for candidate in exact}
    others = [upstream for upstream in inside if upstream.default_model and upstream.id not in serving]
    return exact + [Candidate(upstream, upstream.default_model) for upstream in others]
