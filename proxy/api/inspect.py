"""`POST /ringfence/v1/inspect`: a developer's dry run. Says what would happen to a body, and why; sends nothing.

`?endpoint=responses` says which endpoint the body is for; without it, chat.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from proxy.answers import receipt_headers
from proxy.api.requests import authenticate, read_ask
from proxy.endpoints.chat import CHAT
from proxy.endpoints.served import BY_NAME
from proxy.errors import RequestRefused
from proxy.evidence import Judged
from proxy.identity import KeyStore, Role
from proxy.limits.limiter import Limiter
from proxy.pipeline import Pipeline

CALLERS = frozenset({Role.APP, Role.SECURITY})


async def inspect(request: Request, pipeline: Pipeline, keys: KeyStore, limiter: Limiter) -> Response:
    """Judge a body as if it were sent; recorded as a dry run. It counts as a request, of no tokens."""
    caller = authenticate(request, keys, CALLERS)
    endpoint = BY_NAME.get(request.query_params.get("endpoint", CHAT.name))
    if endpoint is None:
        text = f"'endpoint' must be one of {', '.join(BY_NAME)}."
        raise RequestRefused(text, param="endpoint")
    ask = await read_ask(request, caller, endpoint, pipeline.settings.max_body_bytes, dry_run=True)
    taken = await limiter.take(caller, pipeline.activation.active.limits, 0)
    judged, receipt = await pipeline.inspect(ask)
    return JSONResponse(_report(judged), headers={**receipt_headers(ask, receipt), **taken.headers})


def _zone(judged: Judged) -> str | None:
    """Return the zone that a request would go to: of what is left, the preferred, or where it has to go."""
    if judged.holder is None:
        return judged.decision.zone
    return judged.holder.upstream.zone if judged.in_reach else None


def _report(judged: Judged) -> dict[str, Any]:
    made = judged.decision
    counts = {entity: len(grids) for entity, grids in judged.scores.items()}
    where = {(finding.entity_type, finding.path or "$") for finding in judged.found}
    return {
        "object": "ringfence.inspection",
        "decision": made.outcome.value,
        "zone": _zone(judged),
        "model": judged.model,
        "complete": judged.scan.complete and not judged.content.opaque,
        "incomplete_because": sorted(judged.scan.failures | {part.reason for part in judged.content.opaque}),
        "types": [{"type": entity, "distinct_values": count} for entity, count in sorted(counts.items())],
        "places": [{"type": entity, "path": path} for entity, path in sorted(where)],
        "classes": [{"class": name, "count": count, "score": grid / 20} for name, count, grid in made.classes],
        "zones": [
            {"zone": zone, "verdict": "struck" if strikes else "left", "by": [str(strike) for strike in strikes]}
            for zone, strikes in made.strikes
        ],
        "rules": [{"rule": rule, "effect": effect} for rule, effect in made.rules],
        "because": list(made.because),
        "missing": list(judged.lacking),
        "policy": judged.active.record(),
        "sent": False,
    }
