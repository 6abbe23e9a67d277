"""Which answers are measured: an own server's to a chat, behind which a vendor may still be asked."""

from typing import Any

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


def probing(ask: Ask, judged: Judged, at: Candidate) -> dict[str, Any]:
    """Return what a server is asked for as well, so that its answer can be measured.

    Nothing where the caller asks for it, or where it is known to be unable to say. And nothing of a stream with tools:
    llama.cpp refuses to say it there. One likely token for each, as without a number it would list twenty.
    """
    can = judged.active.registry.profile(at.upstream, at.model).logprobs is not False
    if not can or ask.body.get("logprobs") is True or (ask.body.get("stream") and ask.body.get("tools")):
        return {}
    return {"logprobs": True, "top_logprobs": 1} if measured(ask, judged, at) else {}
