"""The decision about a request as things stand at this moment: the policy, the budgets used up, and the time."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from proxy.activation import Activation, Active
from proxy.costs.ledger import Ledger
from proxy.evidence import Ask, Judged
from proxy.policy.decide import decide
from proxy.policy.model import Call, Decision
from proxy.routing import Route


def decided(active: Active, ledger: Ledger, ask: Ask, call: Call, scores: Mapping[str, tuple[int, ...]]) -> Decision:
    """Decide now; never waits."""
    who, now = ask.caller.identity, datetime.now(UTC)
    exhausted = ledger.exhausted(active.budgets_of(ask.endpoint.op), who, now)
    return decide(active.policy, who, call, scores, now, exhausted)


def still_left(ask: Ask, judged: Judged, activation: Activation, ledger: Ledger) -> Iterator[Route]:
    """Yield the routes of a decision, each further one to a vendor only if things have not changed meanwhile.

    An own server may have taken minutes for what was not an answer, or not a sure one. What the policy, the upstreams
    and the budgets of then left is then left by those of now as well, or ends the routes.
    """
    for number, route in enumerate(judged.routes):
        if number and not _is_left(ask, judged, route, activation.active, ledger):
            return
        yield route


def _is_left(ask: Ask, judged: Judged, route: Route, active: Active, ledger: Ledger) -> bool:
    asked = [candidate.upstream for candidate in route.candidates]
    if not any(upstream.vendor for upstream in asked):
        return True
    here = {(upstream.server, upstream.vendor) for upstream in active.registry.upstreams}
    if not here.issuperset((upstream.server, upstream.vendor) for upstream in asked):
        return False
    call = Call(ask.endpoint.name, str(ask.body.get("model", judged.model)), judged.model)
    return route.zone in decided(active, ledger, ask, call, judged.scores).zones
