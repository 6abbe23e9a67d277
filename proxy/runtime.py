"""The parts of a running server: built once, in order, and taken down in order. Nothing is global."""

import asyncio
import logging
import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Self

from audit.access import Records
from audit.errors import AuditError, AuditLocked, AuditUnavailable
from audit.exporting import FOLDER, Exports
from audit.log import AuditLog
from audit.place import Postgres
from audit.space import Room
from proxy import activation, admin
from proxy.activation import ASKED, Activation, Asked
from proxy.announcing import announcer
from proxy.api import policy
from proxy.api.denials import Denials
from proxy.api.ingress import Ingress, Telling
from proxy.approvals.history import History
from proxy.break_glass import BreakGlass
from proxy.canary.schedule import Canary
from proxy.checkpoints import Checkpoints
from proxy.conditions import Conditions
from proxy.costs.ledger import Ledger
from proxy.detection.engine import Engine
from proxy.detection.findings import DetectorSet
from proxy.errors import ConfigurationError
from proxy.identity import KeyStore
from proxy.metrics import reading
from proxy.metrics.metrics import Metrics
from proxy.notify.dispatch import Notifier
from proxy.notify.failures import Failures
from proxy.oidc import configuration as oidc
from proxy.oidc.callers import Callers
from proxy.outcomes import Outcomes
from proxy.place import audit_place, unopened
from proxy.scanning.watches import Watches
from proxy.seat import desks
from proxy.settings import Settings
from proxy.state import database
from proxy.state.idempotency import Idempotency
from proxy.state.keys import keys_place
from proxy.state.schema import require_known
from proxy.traces.exporter import Exporter
from proxy.upstreams import report
from proxy.upstreams.client import Timeouts
from proxy.upstreams.estate.estate import Estate
from proxy.upstreams.pool import Pool

log = logging.getLogger(__name__)
RELIST_S = 30.0
"""How often upstreams are asked what they list where they are not asked how they are."""
MODELS_WITHIN_S = 120.0
"""Loading the detection models takes seconds; longer than this, something is wrong."""
PASSING = frozenset({"unreachable", "locked", "deadline"})
LOG_WITHIN_S = 60.0
"""A database of the audit log that cannot be reached for longer is not waited for."""
AGAIN_S = 0.5
LOCK_WITHIN_S = 3.0
"""Nor a lock that is held for longer: by another server. A command holds it for a moment where no server runs."""
POLL_S = 0.05
DRAIN_S = 5.0
SCANS_S = 1.0
"""How long outcomes wait for the scans of their answers before that."""
NOTIFY_DRAIN_S = 2.0
SPENT_S = 2.0
EXPORT = (sys.executable, "-m", "proxy", "audit", "export")


@dataclass(slots=True)
class Runtime:
    """Every part of a running server."""

    settings: Settings
    engine: Engine
    audit: AuditLog
    keys: Callers
    state: database.Database
    idempotency: Idempotency
    activation: Activation
    pool: Pool
    estate: Estate
    ledger: Ledger
    outcomes: Outcomes
    metrics: Metrics
    watches: Watches
    denials: Denials
    ingress: Ingress
    exports: Exports
    notifier: Notifier
    failures: Failures
    checkpoints: Checkpoints
    conditions: Conditions
    traces: Exporter | None
    glass: BreakGlass
    canary: Canary
    admin: admin.Admin
    admin_server: asyncio.Server
    desk: Path
    tasks: list[asyncio.Task[None]]
    stopping: bool = False
    """Whether the server was told to stop: it still answers, and says that it is not ready."""

    @classmethod
    async def start(
        cls, settings: Settings, engine: Engine, desk: Path, spread: Callable[[], None] = lambda: None
    ) -> Self:
        """Start every part; raises ConfigurationError where the server must not run.

        `desk` is the folder of this process alone: the home, or one within, where several share that. `spread` has the
        others take up the policies.
        """
        _, provider = activation.load(settings, None), oidc.load(settings)
        first = desk == settings.home
        _make(settings.home, *(() if first else (desk.parent, desk)))
        audit, keys, state = await _open_stores(settings, desk)
        changes = admin.Admin(audit, keys)
        await asyncio.to_thread(changes.repair, settings.home)
        await engine.start()
        detectors = await _loaded(engine)
        bundles = Activation(settings, detectors, announcer(audit), History(Records(audit.place)).newest, spread)
        try:
            await bundles.start()
        except BaseException:
            await engine.close()
            await asyncio.to_thread(state.close)
            keys.close()
            await asyncio.to_thread(audit.close)
            raise
        idempotency = Idempotency(state, audit.fingerprinter)
        await idempotency.start()
        ledger = Ledger(state)
        await ledger.start()
        pool = Pool(
            Timeouts(settings.upstream_connect_timeout_s, settings.upstream_read_timeout_s),
            audit.committed,
            lambda tenant, endpoint, told: audit.fingerprinter.fingerprint(tenant, "body", endpoint, told),
            at_home=audit.confirmed,
            at_hand=audit.read_back,
        )
        estate = Estate(failures=settings.upstream_failures)
        every_s = settings.upstream_health_s
        await estate.watch(bundles.active.registry, pool, bundles.observed, health=every_s > 0)
        denials, failures, ingress, metrics = Denials(audit), Failures(audit), Ingress(audit), Metrics()
        room = None if isinstance(audit.place, Postgres) else Room(audit.place)
        conditions = Conditions(audit, room, settings.audit_deadline_s)
        await asyncio.to_thread(conditions.look)
        checkpoints = Checkpoints(audit, settings.anchor_max_age_s, records=first)
        glass = BreakGlass(audit, tell=partial(admin.tell_others, settings.home, desk))
        canary = await Canary.begin(settings if first else _silent(settings), audit, bundles)
        changes = replace(
            changes,
            reload=_reloader(bundles),
            checkpoints=checkpoints,
            conditions=conditions,
            glass=glass,
            canary=canary,
            upstreams=_reporter(bundles, estate),
            figures=reading.operations(metrics),
        )
        server = await admin.serve(changes, desk / "admin.sock")
        exports = await Exports(audit, desk / FOLDER, EXPORT, beside=partial(_beside, settings.home, desk)).take_over()
        traces = Exporter(settings.traces_url) if settings.traces_url else None
        watched = (
            denials.run(),
            ingress.run(),
            failures.run(),
            conditions.run(),
            bundles.watch(),
            idempotency.run(),
            ledger.run(),
        )
        work: list[Coroutine[Any, Any, None]] = [
            *watched,
            canary.run(),
            exports.run(),
            _watch(estate, pool, bundles, every_s),
            *([traces.run()] if traces else []),
        ]
        return cls(
            settings=settings,
            engine=engine,
            audit=audit,
            keys=await Callers.start(provider, keys, audit),
            state=state,
            idempotency=idempotency,
            activation=bundles,
            pool=pool,
            estate=estate,
            ledger=ledger,
            outcomes=Outcomes(audit, metrics),
            metrics=metrics,
            watches=Watches(engine, settings.scan_answers),
            denials=denials,
            ingress=ingress,
            exports=exports,
            notifier=Telling(failures, ingress, metrics),
            failures=failures,
            checkpoints=checkpoints,
            conditions=conditions,
            traces=traces,
            glass=glass,
            canary=canary,
            admin=changes,
            admin_server=server,
            desk=desk,
            tasks=[asyncio.create_task(each) for each in work],
        )

    async def close(self) -> None:
        """Take everything down; open outcomes get a moment to be written."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.canary.close()
        self.admin_server.close()
        (self.desk / "admin.sock").unlink(missing_ok=True)
        await asyncio.to_thread(self.conditions.close)
        await self.outcomes.drain(SCANS_S)
        self.watches.stop()
        await self.outcomes.drain(DRAIN_S)
        await self.notifier.close(NOTIFY_DRAIN_S)
        if self.traces is not None:
            await self.traces.close()
        await self.denials.flush()
        await self.ingress.flush()
        await self.failures.flush()
        await self.pool.close()
        await self.engine.close()
        await self.ledger.close(SPENT_S)
        await asyncio.to_thread(self.state.close)
        self.keys.close()
        await asyncio.to_thread(self.audit.close)


def _beside(home: Path, desk: Path) -> list[Path]:
    """Return where the exports of other processes of a home are."""
    return [other / FOLDER for other in desks(home) if other != desk]


def _silent(settings: Settings) -> Settings:
    """Return settings under which no canary is sent but when it is asked for: of several processes, one sends it."""
    return settings.model_copy(update={"canary_every_s": 0.0})


def _make(*folders: Path) -> None:
    try:
        for folder in folders:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"The home {folders[0]} cannot be made: {error.strerror}.") from None


async def _open_stores(settings: Settings, desk: Path) -> tuple[AuditLog, KeyStore, database.Database]:
    """Open the log, the API keys and the state; where one of them cannot be, what was opened is closed in order."""
    place, within_s = database.state_place(settings), settings.audit_deadline_s
    await asyncio.to_thread(require_known, place)
    try:
        audit = await _open_log(settings, desk)
    except AuditError as error:
        raise unopened(settings, error) from None
    async with AsyncExitStack() as undone:
        undone.push_async_callback(asyncio.to_thread, audit.close)
        keys = await asyncio.to_thread(KeyStore, keys_place(settings), within_s, audit.trouble)
        undone.callback(keys.close)
        state = await asyncio.to_thread(database.Database.open, place, within_s)
        undone.pop_all()
    return audit, keys, state


async def _open_log(settings: Settings, desk: Path) -> AuditLog:
    """Open the log; a database that is away may be starting, too, or a reader recovers a file: that is waited for."""
    begun = time.monotonic()
    while True:
        try:
            return admin.open_log(settings, desk)
        except AuditLocked:
            if time.monotonic() > begun + LOCK_WITHIN_S:
                raise
        except AuditUnavailable as error:
            if error.reason not in PASSING or time.monotonic() > begun + LOG_WITHIN_S:
                raise
            log.warning("the audit log at %s cannot be reached yet", audit_place(settings))
        await asyncio.sleep(AGAIN_S)


async def _loaded(engine: Engine) -> DetectorSet:
    for _ in range(int(MODELS_WITHIN_S / POLL_S)):
        if engine.loaded is not None:
            return engine.loaded
        await asyncio.sleep(POLL_S)
    raise ConfigurationError(f"The detection models were not loaded within {MODELS_WITHIN_S:.0f} s.")


async def _watch(estate: Estate, pool: Pool, bundles: Activation, every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s or RELIST_S)
        await estate.watch(bundles.active.registry, pool, bundles.observed, health=every_s > 0)


def _reloader(bundles: Activation) -> Callable[[], dict[str, Any]]:
    """Return what reloads in this loop for a thread that waits."""
    loop = asyncio.get_running_loop()
    asked = Asked(ASKED, admin.ACTOR)
    return lambda: asyncio.run_coroutine_threadsafe(policy.take_up(bundles, asked), loop).result()


def _reporter(bundles: Activation, estate: Estate) -> Callable[[], list[dict[str, Any]]]:
    """Return what says in this loop, for a thread that waits, how each upstream stands."""
    loop = asyncio.get_running_loop()

    async def told() -> list[dict[str, Any]]:
        registry = bundles.active.registry
        return report.rows(registry, estate.report(registry))

    return lambda: asyncio.run_coroutine_threadsafe(told(), loop).result()
