"""The composition root: builds every part once, joins them, and takes them down in order. Nothing is global."""

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from audit.access import Records
from audit.api import Reader
from audit.api import router as audit_router
from audit.errors import AuditError, AuditUnavailable
from audit.log import AuditLog
from proxy import activation, admin
from proxy.activation import Activation, Active, Announce, Asked
from proxy.api import chat, health, inspect, models, policy
from proxy.api.denials import Denials
from proxy.api.requests import authenticate
from proxy.api.shield import Shield, refuse
from proxy.approvals.history import History
from proxy.checkpoints import Checkpoints
from proxy.detection.engine import Engine
from proxy.detection.findings import DetectorSet
from proxy.errors import ConfigurationError, RequestRefused, RingfenceError, Unavailable
from proxy.identity import KeyStore, Role
from proxy.notify.dispatch import Notifier
from proxy.notify.failures import Failures
from proxy.outcomes import Outcomes
from proxy.pipeline import Pipeline
from proxy.place import audit_place
from proxy.recorded import Database, explained
from proxy.settings import Settings
from proxy.upstreams.client import Timeouts
from proxy.upstreams.pool import RELIST_S, Pool

log = logging.getLogger(__name__)
MODELS_WITHIN_S = 120.0
"""Loading the detection models takes seconds; longer than this, something is wrong."""
LOG_WITHIN_S = 60.0
"""A database of the audit log that cannot be reached for longer is not waited for."""
POLL_S = 0.05
DRAIN_S = 5.0
NOTIFY_DRAIN_S = 2.0
AUDITORS = frozenset({Role.AUDITOR})


@dataclass(slots=True)
class Runtime:
    """Every part of a running server."""

    settings: Settings
    engine: Engine
    audit: AuditLog
    keys: KeyStore
    activation: Activation
    pool: Pool
    outcomes: Outcomes
    denials: Denials
    notifier: Notifier
    failures: Failures
    checkpoints: Checkpoints
    admin: admin.Admin
    admin_server: asyncio.Server
    tasks: list[asyncio.Task[None]]

    @classmethod
    async def start(cls, settings: Settings, engine: Engine) -> Self:
        """Start every part; raises ConfigurationError where the server must not run."""
        activation.load(settings, None)
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            audit = await _open_log(settings)
        except AuditError as error:
            raise ConfigurationError(f"The audit log at {audit_place(settings)} cannot be opened: {error}") from None
        keys = KeyStore(settings.home / "state.db")
        changes = admin.Admin(audit, keys)
        await asyncio.to_thread(changes.repair)
        await engine.start()
        detectors = await _loaded(engine)
        bundles = Activation(settings, detectors, _announcer(audit), History(Records(audit.place)).newest)
        try:
            await bundles.start()
        except BaseException:
            await engine.close()
            keys.close()
            await asyncio.to_thread(audit.close)
            raise
        pool = Pool(
            Timeouts(settings.upstream_connect_timeout_s, settings.upstream_read_timeout_s),
            audit.committed,
            lambda tenant, body: audit.fingerprinter.fingerprint(tenant, "body", "chat", body),
        )
        await pool.list_models(bundles.active.registry, bundles.relist)
        denials, failures = Denials(audit), Failures(audit)
        checkpoints = Checkpoints(audit, settings.anchor_max_age_s)
        changes = replace(changes, reload=_reloader(bundles), checkpoints=checkpoints)
        server = await admin.serve(changes, settings.home / "admin.sock")
        work: list[Coroutine[Any, Any, None]] = [denials.run(), failures.run(), bundles.watch(), _relist(pool, bundles)]
        return cls(
            settings=settings,
            engine=engine,
            audit=audit,
            keys=keys,
            activation=bundles,
            pool=pool,
            outcomes=Outcomes(audit),
            denials=denials,
            notifier=Notifier(failures),
            failures=failures,
            checkpoints=checkpoints,
            admin=changes,
            admin_server=server,
            tasks=[asyncio.create_task(each) for each in work],
        )

    async def close(self) -> None:
        """Take everything down; open outcomes get a moment to be written."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.admin_server.close()
        (self.settings.home / "admin.sock").unlink(missing_ok=True)
        await self.outcomes.drain(DRAIN_S)
        await self.notifier.close(NOTIFY_DRAIN_S)
        await self.denials.flush()
        await self.failures.flush()
        await self.pool.close()
        await self.engine.close()
        self.keys.close()
        await asyncio.to_thread(self.audit.close)


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
        notifier=runtime.notifier,
        late_anchors=runtime.checkpoints.late,
    )
    checks = {
        "policy": lambda: (runtime.activation.not_ready() or "").partition(":")[0] or None,  # files: in the log only
        "detectors": runtime.engine.not_ready,
        "audit_log": runtime.audit.not_ready,
        "checkpoints": runtime.checkpoints.not_ready,
    }
    app = FastAPI(title="Ringfence", openapi_url=None, redirect_slashes=False)

    def route(path: str, method: str, endpoint: Callable[..., Awaitable[Response]], **parts: Any) -> None:
        app.add_route(path, partial(endpoint, **parts), methods=[method], include_in_schema=False)

    route("/v1/chat/completions", "POST", chat.chat, pipeline=pipeline, keys=keys)
    route("/v1/models", "GET", models.models, pipeline=pipeline, keys=keys)
    route("/ringfence/v1/inspect", "POST", inspect.inspect, pipeline=pipeline, keys=keys)
    route("/ringfence/v1/policy", "GET", policy.show, bundles=runtime.activation, keys=keys)
    route("/ringfence/v1/policy/reload", "POST", policy.reload, bundles=runtime.activation, keys=keys)
    route("/livez", "GET", health.livez)
    route("/readyz", "GET", health.readyz, checks=checks, ages=lambda: runtime.checkpoints.anchors)

    async def auditor(request: Request) -> Reader:
        return authenticate(request, keys, AUDITORS)

    async def refused(request: Request, error: Exception) -> Response:
        runtime.denials.count(error)
        return await refuse(request, error)

    async def not_found(request: Request, error: Exception) -> Response:
        return await refused(request, _not_found(error))

    explain = partial(explained, Database(runtime.audit.place))
    app.include_router(audit_router(runtime.audit, auditor, explain))
    app.add_exception_handler(RingfenceError, refused)
    app.add_exception_handler(Exception, refused)
    app.add_exception_handler(404, not_found)
    app.add_exception_handler(405, not_found)
    return Shield(app)


def _not_found(error: Exception) -> RequestRefused:
    status = getattr(error, "status_code", 404)
    what = "There is nothing at this path." if status == 404 else "This path does not take this method."  # noqa: PLR2004
    served = "Ringfence serves /v1/chat/completions and /v1/models."
    return RequestRefused(f"{what} {served}", status=status, code="not_found")


async def _open_log(settings: Settings) -> AuditLog:
    """Open the log; a database that is away may be starting, too, and is waited for."""
    until = time.monotonic() + LOG_WITHIN_S
    while True:
        try:
            return admin.open_log(settings)
        except AuditUnavailable as error:
            if error.reason != "unreachable" or time.monotonic() > until:
                raise
            log.warning("the audit log at %s cannot be reached yet", audit_place(settings))
        await asyncio.sleep(1.0)


async def _loaded(engine: Engine) -> DetectorSet:
    for _ in range(int(MODELS_WITHIN_S / POLL_S)):
        if engine.loaded is not None:
            return engine.loaded
        await asyncio.sleep(POLL_S)
    raise ConfigurationError(f"The detection models were not loaded within {MODELS_WITHIN_S:.0f} s.")


async def _relist(pool: Pool, bundles: Activation) -> None:
    while True:
        await asyncio.sleep(RELIST_S)
        await pool.list_models(bundles.active.registry, bundles.relist)


def _reloader(bundles: Activation) -> Callable[[], dict[str, Any]]:
    """Return what reloads in this loop for a thread that waits."""
    loop = asyncio.get_running_loop()
    asked = Asked("api", admin.ACTOR)
    return lambda: asyncio.run_coroutine_threadsafe(policy.take_up(bundles, asked), loop).result()


def _announcer(audit: AuditLog) -> Announce:
    async def announce(active: Active, previous: str | None, record_id: str, asked: Asked) -> None:
        """Archive the texts under their digests, then record the activation; a request can only follow both."""
        files = active.policy.files_sha256
        body: dict[str, Any] = {
            "bundle": active.record(),
            "source": asked.source,
            "files_sha256": files,
            **({"previous": previous} if previous else {}),
            **({"actor": asked.actor} if asked.actor else {}),
            **({"approval": active.approval.record()} if active.approval else {}),
        }
        try:
            await asyncio.to_thread(audit.store_bundle, files, active.policy.text())
            await asyncio.to_thread(audit.store_bundle, active.registry.sha256, active.registry.text())
            if active.approval is not None and active.approval.note:
                upstreams = active.upstreams_text
                await asyncio.to_thread(audit.store_bundle, hashlib.sha256(upstreams).hexdigest(), upstreams)
                await asyncio.to_thread(audit.store_bundle, active.approval.note_sha256, active.approval.note)
            await audit.append("policy.activated", body, id=record_id)
        except AuditUnavailable as error:
            raise Unavailable(
                f"The audit log cannot take a record now ({error.reason}).", code="audit_unavailable"
            ) from None

    return announce
