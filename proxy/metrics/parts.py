"""Which figures are read of the parts of a server, each time when somebody reads them."""

from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, get_args

from audit.log import AuditLog
from audit.verification.report import Grade
from audit.verification.trust import Trust
from proxy.activation import Activation
from proxy.checkpoints import Checkpoints
from proxy.detection.engine import Engine
from proxy.metrics.metrics import Figures, Metrics
from proxy.traces.exporter import Exporter
from proxy.upstreams.estate.estate import Estate
from proxy.witnesses import read_policy

if TYPE_CHECKING:  # it knows this module's package
    from proxy.runtime import Runtime

BREAKERS = ("closed", "open", "trial")
HEALTHS = ("healthy", "down", "unknown")
GRADES: tuple[Grade, ...] = get_args(Grade)
Check = Callable[[], str | None]


def watch(metrics: Metrics, runtime: "Runtime", checks: Mapping[str, Check]) -> None:
    """Have figures say how each part of a server stands; `checks` are those of `/readyz`."""
    _readiness(metrics, checks)
    _versions(metrics, runtime.activation)
    _upstreams(metrics, runtime.estate, runtime.activation)
    _log(metrics, runtime.audit, runtime.checkpoints)
    _grade(metrics, runtime.checkpoints, read_policy(runtime.settings.anchor_witnesses))
    _detection(metrics, runtime.engine)
    _traces(metrics, runtime.traces)


def _readiness(metrics: Metrics, checks: Mapping[str, Check]) -> None:
    """Say of each part of `/readyz` whether it is ready."""

    def ready() -> Figures:
        return {(part,): float(check() is None) for part, check in checks.items()}

    metrics.gauge("ringfence_ready", "Whether a part is ready, as /readyz says it: 1 or 0.", ("part",), ready)


def _versions(metrics: Metrics, bundles: Activation) -> None:
    """Say what runs."""

    def running() -> Figures:
        return {(version("ringfence"), bundles.active.sha256[:12]): 1.0}

    what = "The version that runs, and the first digits of its bundle's digest: always 1."
    metrics.gauge("ringfence_running", what, ("version", "bundle"), running)


def _upstreams(metrics: Metrics, estate: Estate, bundles: Activation) -> None:
    """Say how each upstream stands."""

    def each(read: Callable[[dict[str, Any]], Figures]) -> Callable[[], Figures]:
        def figures() -> Figures:
            rows = estate.report(bundles.active.registry)
            return {(row["name"], row["zone"], *key): value for row in rows for key, value in read(row).items()}

        return figures

    def states(name: str, known: tuple[str, ...]) -> Callable[[], Figures]:
        return each(lambda row: {(state,): float(row[name] == state) for state in known})

    labels = ("upstream", "zone")
    metrics.gauge(
        "ringfence_upstream_breaker",
        "State of an upstream's circuit breaker: 1 for the one it is in.",
        (*labels, "state"),
        states("breaker", BREAKERS),
    )
    metrics.gauge(
        "ringfence_upstream_health",
        "What the last look at an upstream found: 1 for that.",
        (*labels, "state"),
        states("health", HEALTHS),
    )

    def number(name: str) -> Callable[[], Figures]:
        return each(lambda row: {(): float(row[name])})

    metrics.gauge("ringfence_upstream_in_flight", "Requests that it works at.", labels, number("in_flight"))
    metrics.gauge("ringfence_upstream_waiting", "Requests that wait for it.", labels, number("waiting"))


def _detection(metrics: Metrics, engine: Engine) -> None:
    """Say what detector workers have to do, and how often they were replaced."""

    def waiting() -> Figures:
        figures = engine.figures()
        return {("requests",): figures["waiting"], ("answers",): figures["behind"]}

    metrics.gauge("ringfence_scans_waiting", "Scans that wait for a worker.", ("of",), waiting)
    workers = "ringfence_detector_workers"
    metrics.gauge(workers, "Workers that can be asked.", (), lambda: {(): engine.figures()["workers"]})
    begun = "Workers that were begun: what is above their number was replaced."
    metrics.counter(f"{workers}_begun", begun, (), lambda: {(): engine.figures()["begun"]})


def _traces(metrics: Metrics, exporter: Exporter | None) -> None:
    """Say what becomes of traces, where there are any."""
    what = "Requests that the collector of traces was told of, or was not."
    metrics.counter("ringfence_traces", what, ("fate",), lambda: exporter.fates() if exporter else {})


def _log(metrics: Metrics, audit: AuditLog, checkpoints: Checkpoints) -> None:
    """Say how the log, its spool and its anchors stand."""
    metrics.gauge(
        "ringfence_audit_queue", "Records that wait for the log's writer.", (), lambda: {(): float(audit.progress()[0])}
    )
    metrics.gauge(
        "ringfence_audit_age_seconds", "Since a record became durable last.", (), lambda: {(): audit.progress()[1]}
    )
    metrics.gauge(
        "ringfence_audit_open",
        "Attempts of this process without an outcome.",
        (),
        lambda: {(): float(len(audit.pending))},
    )
    metrics.gauge("ringfence_spool_bytes", "What the spool holds.", (), lambda: {(): float(audit.spool.size())})
    metrics.gauge(
        "ringfence_checkpoint_age_seconds", "Since the signer reported last.", (), lambda: {(): checkpoints.age_s()}
    )
    metrics.gauge(
        "ringfence_log_refused",
        "Whether the signer refuses the log: 1 is an incident.",
        (),
        lambda: {(): float(checkpoints.refused is not None)},
    )
    metrics.gauge(
        "ringfence_anchor_behind_seconds",
        "For how long an anchor has lacked a checkpoint.",
        ("anchor",),
        lambda: {(name,): float(age) for name, age in checkpoints.anchors.items()},
    )


def _grade(metrics: Metrics, checkpoints: Checkpoints, policy: Trust) -> None:
    """Say what the log is worth to an auditor who brings what anchors have."""

    def now() -> Figures:
        reached = checkpoints.grade(policy)
        return {(grade,): float(grade == reached) for grade in GRADES}

    what = "What the log would be graded under all that anchors have, as far as the signer says: 1 for that."
    metrics.gauge("ringfence_audit_grade", what, ("grade",), now)
