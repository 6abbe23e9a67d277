"""What one upstream is sent for a request."""

import orjson

from proxy.confidence.measuring import probing
from proxy.evidence import Ask, Judged
from proxy.routing import Candidate
from proxy.upstreams.kinds.known import KINDS
from proxy.upstreams.permit import Outgoing


def outgoing(ask: Ask, judged: Judged, candidate: Candidate, salt: str) -> Outgoing:
    """Return the final bytes, and where they go: what was scanned, with the model mapped, as that server takes it.

    `salt` is a word for the caller's team that nobody else knows.
    """
    at, endpoint = candidate.upstream, ask.endpoint
    stores = candidate.zone in judged.decision.stores
    told = {"vendor": at.vendor, "stores": stores, "unasked": at.stores_chats, "usage": priced(judged, candidate)}
    path, body = endpoint.path, endpoint.final(ask.body, candidate.model, judged.content.texts, **told)
    if body:
        body |= probing(ask, judged, candidate)
        path, body = KINDS[at.kind].written(endpoint.name, path, body, salt)
    return Outgoing(endpoint.name, endpoint.method, path, orjson.dumps(body) if body else b"")


def priced(judged: Judged, candidate: Candidate) -> bool:
    """Whether somebody wants to know what an answer costs: its model has a price in that zone."""
    registry = judged.active.registry
    return registry.estate.prices.of(registry.registered(candidate.model), candidate.zone) is not None
