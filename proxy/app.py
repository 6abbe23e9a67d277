"""The composition root: joins the parts of a server to the endpoints. What is not routed here is 404."""

from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Scope

from audit.api import Reader
from audit.api import routes as audit_routes
from proxy.api import break_glass, exchange, health, inspect, models, policy, stored
from proxy.api.guard import Guard
from proxy.api.requests import authenticate
from proxy.api.routes import Routes
from proxy.api.shield import Shield, client_address, refuse
from proxy.api.slowing import Slowing
from proxy.endpoints.served import ENDPOINTS
from proxy.errors import RequestRefused, RingfenceError
from proxy.identity import Role
from proxy.limits.limiter import Limiter
from proxy.metrics.parts import watch
from proxy.pipeline import Pipeline
from proxy.recorded import Database, explained
from proxy.runtime import Runtime
from proxy.state.buckets import InDatabase
from proxy.state.held import HeldStates
from proxy.traces import notes
from proxy.traces.around import Around


def create_app(runtime: Runtime) -> ASGIApp:
    """Join the endpoints to the parts. What is not routed here is 404."""
    settings, keys = runtime.settings, runtime.keys
    pipeline = Pipeline(
        settings=settings,
        detector=runtime.engine,
        activation=runtime.activation,
        audit=runtime.audit,
        outcomes=runtime.outcomes,
        pool=runtime.pool,
        estate=runtime.estate,
        ledger=runtime.ledger,
        notifier=runtime.notifier,
        states=HeldStates(runtime.state),
        watches=runtime.watches,
        stopped=lambda: runtime.checkpoints.stopped() or runtime.conditions.stopped(),
    )
    shared = InDatabase(runtime.state) if runtime.state.dialect == "postgresql" else None
    guard = Guard(Limiter(shared), runtime.idempotency)
    checks = {
        "server": lambda: "the server is stopping" if runtime.stopping else None,
        "policy": lambda: (runtime.activation.not_ready() or "").partition(":")[0] or None,  # files: in the log only
        "detectors": runtime.engine.not_ready,
        "audit_log": lambda: runtime.audit.not_ready() or runtime.conditions.not_ready(),
        "checkpoints": runtime.checkpoints.not_ready,
        "keys": runtime.keys.not_ready,
    }
    watch(runtime.metrics, runtime, checks)
    served = list[Route]()

    def route(path: str, method: str, does: Callable[..., Awaitable[ASGIApp]], **parts: Any) -> None:
        served.append(Route(path, partial(does, **parts), methods=[method]))

    lane, counted = runtime.canary.lane(pipeline, keys), runtime.ingress.of
    for each in ENDPOINTS:
        route(f"/v1{each.path}", "POST", counted(exchange.create), endpoint=each, lane=lane, guard=guard)
    for stored_op in stored.OPERATIONS:
        parts: dict[str, Any] = {"operation": stored_op, "pipeline": pipeline, "keys": keys, "guard": guard}
        route(f"/v1{stored_op.path}", stored_op.method, counted(stored.ask_holder), **parts)
    route("/v1/models", "GET", models.models, pipeline=pipeline, keys=keys)
    route("/v1/models/{name:path}", "GET", models.model, pipeline=pipeline, keys=keys)
    dry = counted(inspect.inspect)
    route("/ringfence/v1/inspect", "POST", dry, pipeline=pipeline, keys=keys, limiter=guard.limiter)
    route("/ringfence/v1/policy", "GET", policy.show, bundles=runtime.activation, keys=keys)
    route("/ringfence/v1/policy/reload", "POST", policy.reload, bundles=runtime.activation, keys=keys)
    for way, does in (("", break_glass.propose), ("/confirm", break_glass.confirm), ("/end", break_glass.end)):
        route(f"/ringfence/v1/break-glass{way}", "POST", does, glass=runtime.glass, keys=keys)
    route("/ringfence/v1/break-glass", "GET", break_glass.show, glass=runtime.glass, keys=keys)
    route("/livez", "GET", health.livez)
    ages, spooling = lambda: runtime.checkpoints.anchors, lambda: runtime.audit.spooling() and not pipeline.stopped()
    route("/readyz", "GET", health.readyz, checks=checks, ages=ages, spooling=spooling)

    async def auditor(request: Request, roles: frozenset[str]) -> Reader:
        return authenticate(request, keys, frozenset(map(Role, roles)))

    slowing = Slowing()

    def refused(scope: Scope, error: Exception) -> Response:
        if isinstance(error, HTTPException):
            error = _not_found(error)
        runtime.denials.count(error)
        notes.refused(error.code if isinstance(error, RingfenceError) else RingfenceError.code)
        answer = refuse(scope, error)
        unknown = answer.status_code == HTTPStatus.UNAUTHORIZED
        return slowing.answer(client_address(scope), answer) if unknown else answer

    explain = partial(explained, Database(runtime.audit.place))
    served += audit_routes(runtime.audit, auditor, runtime.exports, explain)
    app = runtime.ingress.around(Shield(Routes(served), refused))
    return Around(app, runtime.traces.take) if runtime.traces else app


def _not_found(error: HTTPException) -> RequestRefused:
    status = error.status_code
    what = "There is nothing at this path." if status == 404 else "This path does not take this method."  # noqa: PLR2004
    served = f"Ringfence serves {', '.join(f'/v1{each.path}' for each in ENDPOINTS)} and /v1/models."
    refusal = RequestRefused(f"{what} {served}", status=status, code="not_found")
    refusal.receipt = {name.lower(): value for name, value in (error.headers or {}).items()}
    return refusal
