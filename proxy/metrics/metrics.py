"""What a server process counts as it happens, and what it is asked for when figures are read.

A label is one of our constants, a number, or a name that the policies or the upstreams give: nothing of a request, an
answer or a caller, and as many values as the configuration has names.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from proxy.memo import Memo

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
Figures = Mapping[tuple[str, ...], float]
"""Values by those of the labels."""


class Metrics:
    """The figures of one process. Counting is safe from any thread, and takes microseconds."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._decisions = Counter(
            "ringfence_decisions",
            "Decisions that are durable, dry runs left out; zone is empty where nothing may be sent.",
            ("decision", "zone", "endpoint"),
            registry=registry,
        )
        self._classes = Counter(
            "ringfence_decision_classes",
            "Decisions by data class that was found.",
            ("class",),
            registry=registry,
        )
        self._rules = Counter(
            "ringfence_decision_rules", "Decisions by rule that made them.", ("rule",), registry=registry
        )
        self._scans = Counter(
            "ringfence_scans",
            "Scanned requests, dry runs too, by whether all was scanned.",
            ("complete",),
            registry=registry,
        )
        self._cached = Counter("ringfence_scans_cached", "Messages of them that were known already.", registry=registry)
        self._failures = Counter("ringfence_scan_failures", "Why scans were not complete.", ("why",), registry=registry)
        self._outcomes = Counter("ringfence_outcomes", "Attempts by how they ended.", ("status",), registry=registry)
        self._stages = Histogram(
            "ringfence_stage_seconds",
            "What each stage of an attempt took, and all of it.",
            ("stage",),
            buckets=SECONDS,
            registry=registry,
        )
        self._of: Memo[tuple[Any, ...], Any] = Memo(_series)
        self._asked: list[_Asked] = []
        registry.register(self)

    def decided(self, body: Mapping[str, Any]) -> None:
        """Count a decision, as its record says it."""
        scan = body["detect"]
        self._of[self._scans, "yes" if scan["complete"] else "no"].inc()
        self._cached.inc(scan["cached"])
        for why in scan.get("fail", ()):
            self._of[self._failures, why].inc()
        if body["dry_run"]:
            return
        self._of[self._decisions, body["decision"], body.get("zone") or "", body["req"]["endpoint"]].inc()
        for found in body["classes"]:
            self._of[self._classes, found["c"]].inc()
        for rule in body["rules"]:
            self._of[self._rules, rule["id"]].inc()

    def ended(self, body: Mapping[str, Any]) -> None:
        """Count an attempt, as its outcome record says it."""
        self._of[self._outcomes, body["status"]].inc()
        for stage, us in body.get("lat_us", {}).items():
            self._of[self._stages, stage].observe(us / 1e6)

    def gauge(self, name: str, what: str, labels: tuple[str, ...], read: Callable[[], Figures]) -> None:
        """Have something read whenever figures are; `read` answers at once and may be called by any thread."""
        self._asked.append(_Asked(name, what, labels, read, GaugeMetricFamily))

    def counter(self, name: str, what: str, labels: tuple[str, ...], read: Callable[[], Figures]) -> None:
        """Do the same for a number that only grows, and is counted elsewhere."""
        self._asked.append(_Asked(name, what, labels, read, CounterMetricFamily))

    def collect(self) -> Iterable[Metric]:
        """Yield what is asked for: prometheus_client's protocol of a collector."""
        for asked in self._asked:
            yield asked.family()

    def families(self) -> list[Metric]:
        """Return all figures as they are now."""
        return list(self._registry.collect())


def _series(key: tuple[Any, ...]) -> Any:
    """Return the series of a figure and its labels: the library's own way to one takes longer than to count."""
    figure, *labels = key
    return figure.labels(*labels)


class _Asked:
    def __init__(
        self, name: str, what: str, labels: tuple[str, ...], read: Callable[[], Figures], kind: Callable[..., Any]
    ) -> None:
        self._given = name, what, labels
        self._read, self._kind = read, kind

    def family(self) -> Metric:
        name, what, labels = self._given
        family: Any = self._kind(name, what, labels=labels)
        for values, figure in self._read().items():
            family.add_metric(values, figure)
        made: Metric = family
        return made
