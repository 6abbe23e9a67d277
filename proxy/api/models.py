"""`GET /v1/models`: what this caller may ask for, and the zone that would answer a harmless request."""

from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from proxy.activation import Active
from proxy.api.requests import authenticate
from proxy.identity import Caller, KeyStore, Role
from proxy.pipeline import Pipeline
from proxy.policy.decide import decide
from proxy.policy.model import Call, Identity
from proxy.routing import routes

CALLERS = frozenset({Role.APP})


async def models(request: Request, pipeline: Pipeline, keys: KeyStore) -> Response:
    """List models in the shape of the OpenAI API, each with its zone."""
    caller = authenticate(request, keys, CALLERS)
    active = pipeline.activation.active
    rows = [row for name in sorted(active.registry.names()) if (row := _row(name, caller, active)) is not None]
    return JSONResponse({"object": "list", "data": rows})


def _row(name: str, caller: Caller, active: Active) -> dict[str, Any] | None:
    who = Identity(caller.team, caller.app, caller.key_id)
    decision = decide(active.policy, who, Call("chat", name, name), {}, datetime.now(UTC))
    ways = routes(decision.zones, name, active.registry)
    if not ways:
        return None
    return {
        "id": name,
        "object": "model",
        "created": 0,
        "owned_by": ways[0].candidates[0].upstream.id,
        "zone": ways[0].zone,
    }
