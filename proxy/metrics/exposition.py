"""Figures of several processes as one text, in Prometheus's exposition format 0.0.4.

Each sample gets a label `process`. Between processes figures travel as JSON:
`[[name, documentation, type, [[sample name, labels, value], ...]], ...]`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PROCESS = "process"
UNREAD = ("_created",)
"""Samples that nobody needs: when a series began."""
Told = list[list[Any]]


def told(families: Iterable[Metric]) -> Told:
    """Return figures as they are told to another process."""
    return [
        [
            family.name,
            family.documentation,
            family.type,
            [[one.name, one.labels, one.value] for one in family.samples if not one.name.endswith(UNREAD)],
        ]
        for family in families
    ]


def text(processes: Mapping[int, Told]) -> bytes:
    """Return the figures of all processes as one text; raises ValueError, KeyError or TypeError for what is none."""
    merged: dict[str, Metric] = {}
    for process, families in sorted(processes.items()):
        for name, documentation, kind, samples in families:
            family = merged.setdefault(name, Metric(name, documentation, kind))
            for sample, labels, value in samples:
                family.add_sample(sample, {**labels, PROCESS: str(process)}, float(value))
    registry = CollectorRegistry()
    registry.register(_Ready(merged.values()))
    return generate_latest(registry)


class _Ready:
    """A collector of figures that were read already."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """Return them."""
        return self._families
