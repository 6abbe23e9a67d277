from typing import Any

from prometheus_client.core import Metric

from proxy.metrics.metrics import Metrics

DECISION: dict[str, Any] = {
    "decision": "pin",
    "zone": "onprem",
    "dry_run": False,
    "req": {"endpoint": "chat"},
    "classes": [{"c": "pii"}, {"c": "phi"}],
    "detect": {"complete": True, "cached": 3},
    "rules": [{"id": "health-records-stay-home"}],
}


def samples(metrics: Metrics) -> dict[tuple[str, str], float]:
    families: list[Metric] = metrics.families()
    return {
        (one.name, ",".join(one.labels.values())): one.value
        for family in families
        for one in family.samples
        if not one.name.endswith("_created")
    }


def test_decisions_are_counted_by_zone_class_and_rule() -> None:
    metrics = Metrics()
    for body in (DECISION, DECISION, DECISION | {"dry_run": True}):
        metrics.decided(body)
    late = {"complete": False, "cached": 0, "fail": ["deadline"]}
    metrics.decided(DECISION | {"decision": "block", "zone": None, "classes": [], "rules": [], "detect": late})
    assert samples(metrics) == {
        ("ringfence_scans_total", "yes"): 3,
        ("ringfence_scans_total", "no"): 1,
        ("ringfence_scans_cached_total", ""): 9,
        ("ringfence_scan_failures_total", "deadline"): 1,
        ("ringfence_decisions_total", "pin,onprem,chat"): 2,
        ("ringfence_decisions_total", "block,,chat"): 1,
        ("ringfence_decision_classes_total", "pii"): 2,
        ("ringfence_decision_classes_total", "phi"): 2,
        ("ringfence_decision_rules_total", "health-records-stay-home"): 2,
    }


def test_outcomes_are_counted_and_their_stages_in_seconds() -> None:
    metrics = Metrics()
    metrics.ended({"status": "ok", "lat_us": {"detect": 1_500, "audit": 700}})
    metrics.ended({"status": "timeout", "lat_us": {"detect": 120_000_000}})
    metrics.ended({"status": "not_sent"})
    found = samples(metrics)
    assert [found["ringfence_outcomes_total", status] for status in ("ok", "timeout", "not_sent")] == [1, 1, 1]
    assert found["ringfence_stage_seconds_sum", "detect"] == 120.0015
    assert found["ringfence_stage_seconds_bucket", "detect,0.001"] == 0
    assert found["ringfence_stage_seconds_bucket", "detect,0.0025"] == 1
    assert found["ringfence_stage_seconds_bucket", "detect,60.0"] == 1
    assert found["ringfence_stage_seconds_bucket", "detect,+Inf"] == 2
    assert found["ringfence_stage_seconds_count", "audit"] == 1


def test_what_others_know_is_asked_for_each_time() -> None:
    metrics, depth = Metrics(), [3.0]
    metrics.gauge("ringfence_queue", "How many wait.", ("kind",), lambda: {("scan",): depth[0]})
    metrics.counter("ringfence_seen", "How many there were.", (), lambda: {(): 7})
    assert samples(metrics)["ringfence_queue", "scan"] == 3
    depth[0] = 4
    assert samples(metrics)["ringfence_queue", "scan"] == 4
    assert samples(metrics)["ringfence_seen_total", ""] == 7
