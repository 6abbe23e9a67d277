"""Figures of a real server but for its process: what its parts say, in text that Prometheus reads."""

import asyncio
import re
from pathlib import Path

from harness import ROOT, StandIn, chat_body
from inside import inside
from prometheus_client import Counter
from prometheus_client.core import CounterMetricFamily
from prometheus_client.parser import text_string_to_metric_families

from proxy.metrics.exposition import text, told
from proxy.metrics.metrics import _Asked


def figures(runtime: object) -> dict[tuple[str, ...], float]:
    shown = text({0: told(runtime.metrics.families())}).decode()  # type: ignore[attr-defined]
    return {
        (sample.name, *(value for name, value in sorted(sample.labels.items()) if name != "process")): sample.value
        for family in text_string_to_metric_families(shown)
        for sample in family.samples
    }


GUIDE = ROOT / "deploy" / "docs" / "metrics.md"


def test_the_guide_names_every_figure_with_its_labels_and_no_other(tmp_path: Path, vendor: StandIn) -> None:
    async def run() -> dict[str, tuple[str, ...]]:
        async with inside(tmp_path, vendor) as ring:
            metrics = ring.runtime.metrics
            counters = [one for one in vars(metrics).values() if isinstance(one, Counter)]
            asked = {_shown(one): one._given[2] for one in metrics._asked}
            counted = {f"{one._name}_total": one._labelnames for one in counters}
            return {**counted, metrics._stages._name: metrics._stages._labelnames, **asked}

    rows = re.findall(r"^\| `(ringfence_\w+)` \|([^|]*)\|", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {name: tuple(re.findall(r"`(\w+)`", labels)) for name, labels in rows} == asyncio.run(run())


def _shown(asked: _Asked) -> str:
    return asked._given[0] + "_total" * (asked._kind is CounterMetricFamily)


def test_a_server_says_how_its_parts_stand_and_what_it_did(tmp_path: Path, vendor: StandIn) -> None:
    async def run() -> dict[tuple[str, ...], float]:
        async with inside(tmp_path, vendor) as ring:
            key = ring.key()
            await ring.client.post("/v1/chat/completions", json=chat_body("Jane Roe"), headers=key)
            await ring.settled()
            ring.detector.why_not = "every worker is down"
            return figures(ring.runtime)

    found = asyncio.run(run())
    assert found["ringfence_decisions_total", "allow", "chat", "cloud-us"] == 1
    assert found["ringfence_outcomes_total", "ok"] == 1
    assert found["ringfence_stage_seconds_count", "audit"] == 1
    assert found["ringfence_scans_total", "yes"] == 1
    assert {name[1]: value for name, value in found.items() if name[0] == "ringfence_ready"} == {
        "server": 1,
        "policy": 1,
        "detectors": 0,
        "audit_log": 1,
        "checkpoints": 1,
        "keys": 1,
    }
    assert found["ringfence_upstream_breaker", "closed", "vendor", "cloud-us"] == 1
    assert found["ringfence_upstream_breaker", "open", "vendor", "cloud-us"] == 0
    assert found["ringfence_upstream_in_flight", "vendor", "cloud-us"] == 0
    assert found["ringfence_audit_queue",] == 0
    assert 0 <= found["ringfence_audit_age_seconds",] < 60
    assert found["ringfence_log_refused",] == 0
    assert {name[1]: value for name, value in found.items() if name[0] == "ringfence_audit_grade"} == {
        "failed": 0,
        "self-consistent": 1,  # no signer runs here
        "signed": 0,
        "anchored": 0,
        "witnessed": 0,
    }
    assert [found["ringfence_scans_waiting", of] for of in ("requests", "answers")] == [2, 3]
    assert [found["ringfence_detector_workers",], found["ringfence_detector_workers_begun_total",]] == [1, 4]
    assert found["ringfence_spool_bytes",] == 0
    assert not [name for name in found if "Jane" in str(name) or "team" in name], "nothing of a request or a caller"
