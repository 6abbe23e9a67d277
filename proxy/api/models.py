"""`GET /v1/models` and `/v1/models/{id}`: what this caller may ask for, the zone that would answer, and what it can do.

That is the zone of a harmless request, at the first endpoint that leads anywhere for the model, and what is known of
the model that stands first there: `context_window` and `max_output` in tokens, `abilities` as true or false.
"""

from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from proxy.activation import Active
from proxy.api.requests import authenticate
from proxy.endpoints.served import ENDPOINTS
from proxy.errors import RequestRefused
from proxy.identity import Caller, KeyStore, Role
from proxy.pipeline import Pipeline
from proxy.policy.decide import decide
from proxy.policy.model import Call
from proxy.routing import routes
from proxy.upstreams.profile import ABILITIES, Profile
from proxy.upstreams.upstream import OTHER

CALLERS = frozenset({Role.APP})


async def models(request: Request, pipeline: Pipeline, keys: KeyStore) -> Response:
    """List models in the shape of the OpenAI API, each with its zone."""
    caller = authenticate(request, keys, CALLERS)
    active = pipeline.activation.active
    rows = [row for name in sorted(active.registry.names()) if (row := _row(name, caller, active)) is not None]
    return JSONResponse({"object": "list", "data": rows})


async def model(request: Request, pipeline: Pipeline, keys: KeyStore) -> Response:
    """Show one model; raises RequestRefused (404) for one that is not served, or not to this caller."""
    caller = authenticate(request, keys, CALLERS)
    active = pipeline.activation.active
    name = str(request.path_params["name"])
    row = _row(name, caller, active) if active.registry.registered(name) != OTHER else None
    if row is None:
        text = "This model is not served here; GET /v1/models lists what you may use."
        raise RequestRefused(text, status=404, code="model_not_found", param="model")
    return JSONResponse(row)


def _row(name: str, caller: Caller, active: Active) -> dict[str, Any] | None:
    for endpoint in ENDPOINTS:
        call = Call(endpoint.name, name, active.registry.registered(name))
        decision = decide(active.policy, caller.identity, call, {}, datetime.now(UTC))
        if ways := routes(decision.zones, endpoint.name, name, active.registry):
            first = ways[0].candidates[0]
            row = {"id": name, "object": "model", "created": 0, "owned_by": first.upstream.id, "zone": first.zone}
            return row | _known(active.registry.profile(first.upstream, first.model))
    return None


def _known(profile: Profile) -> dict[str, Any]:
    """Return what is known of a model; nothing of what is not."""
    sizes = {name: getattr(profile, name) for name in ("context_window", "max_output")}
    abilities = {name: getattr(profile, name) for name in ABILITIES}
    said = {**sizes, "abilities": {name: can for name, can in abilities.items() if can is not None} or None}
    return {name: value for name, value in said.items() if value is not None}
