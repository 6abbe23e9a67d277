"""Which answers are measured: an own server's to a chat, behind which a vendor may still be asked."""

from proxy.evidence import Ask, Judged
from proxy.routing import Candidate


def measured(ask: Ask, judged: Judged, at: Candidate) -> bool:
    """Whether the answer is measured that comes from there. Never where no route leads to a vendor."""
    if judged.decision.local_first is None or at.upstream.vendor:
        return False
    if ask.endpoint.name != "chat" or ask.endpoint.op or (ask.body.get("n") or 1) != 1:
        return False
    zones = [route.zone for route in judged.routes]
    behind = judged.routes[zones.index(at.zone) + 1 :]
    return any(candidate.upstream.vendor for route in behind for candidate in route.candidates)


def wants_logprobs(ask: Ask, judged: Judged, at: Candidate) -> bool:
    """Whether the server is asked how probable its tokens were: not where it is known to be unable to say."""
    can = judged.active.registry.profile(at.upstream, at.model).logprobs
    return can is not False and measured(ask, judged, at)
