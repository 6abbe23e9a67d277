"""The decision about a request as things stand at this moment: the policy, the budgets used up, and the time."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from proxy.activation import Activation, Active
from proxy.costs.ledger import Ledger
from proxy.errors import Unavailable
from proxy.evidence import Ask, Judged
from proxy.policy.decide import decide
from proxy.policy.model import Call, Decision
from proxy.routing import Candidate, Route

LONG_US = 1_000_000
"""What waited for longer is looked at once more before it is sent."""


def decided(active: Active, ledger: Ledger, ask: Ask, call: Call, scores: Mapping[str, tuple[int, ...]]) -> Decision:
    """Decide now; never waits."""
    who, now = ask.caller.identity, datetime.now(UTC)
    exhausted = ledger.exhausted(active.budgets_of(ask.endpoint.op), who, now)
    if not scores and not exhausted:
        return active.harmless[who, call, now.date()]
    return decide(active.policy, who, call, scores, now, exhausted)


def still_left(ask: Ask, judged: Judged, activation: Activation, ledger: Ledger) -> Iterator[Route]:
    """Yield the routes of a decision, each further one with those candidates alone that are still right.

    An own server may have taken minutes for what was not an answer, or not a sure one: who may be asked then is also
    who may be asked by the policy, the upstreams and the budgets of that moment.
    """
    for number, route in enumerate(judged.routes):
        asked = route.candidates
        if number:
            asked = tuple(each for each in asked if _is_left(ask, judged, each, activation.active, ledger))
        if asked:
            yield route if asked == route.candidates else replace(route, candidates=asked)


def outlived(
    ask: Ask, judged: Judged, candidate: Candidate, activation: Activation, ledger: Ledger
) -> Unavailable | None:
    """Say why an attempt that waited long is not made: by what holds now it would not be. None where it may be."""
    if ask.clock.spent.get("queue", 0) < LONG_US or _is_left(ask, judged, candidate, activation.active, ledger):
        return None
    text = "What may be sent to this model server changed while the request waited for it; send it again."
    return Unavailable(text, code="policy_changed")


def _is_left(ask: Ask, judged: Judged, candidate: Candidate, active: Active, ledger: Ledger) -> bool:
    """Whether an attempt is still right. At an own server it is, unless that has turned out to be something else."""
    at, others = candidate.upstream, active.registry.upstreams
    if not at.vendor:
        there = [other for other in others if other.base_url == at.base_url]
        return not there or any(not other.vendor and other.kind == at.kind for other in there)
    if not any(other.vendor and other.server == at.server for other in others):
        return False
    call = Call(ask.endpoint.name, str(ask.body.get("model", judged.model)), judged.model)
    return at.zone in decided(active, ledger, ask, call, judged.scores).zones
