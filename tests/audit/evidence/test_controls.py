from typing import Any

from evidenced import SHA, Maker

OK: dict[str, Any] = {
    "control": "canary",
    "passed": True,
    "set_sha256": SHA,
    "zones": ["cloud-us"],
    "harmless": {"sent": 1, "arrived": 1},
    "leaked": 0,
    "classes": [{"c": "pii", "sent": 4, "found": 4, "recall_bp": 10_000}],
    "types": [{"t": "PERSON", "sent": 2, "found": 2}],
}


def test_runs_recall_and_failures_are_counted() -> None:
    make = Maker()
    make.add("control.tested", OK, ts="2026-03-01T00:00:00.000000Z")
    missed = [{"c": "pii", "sent": 4, "found": 3, "recall_bp": 7500}]
    make.add(
        "control.tested", {**OK, "passed": False, "leaked": 2, "classes": missed}, ts="2026-03-01T06:00:00.000000Z"
    )
    make.add("control.tested", {"control": "egress", "passed": True}, ts="2026-03-03T06:00:00.000000Z")
    make.decide(ts="2026-03-02T06:00:00.000000Z")
    found = make.fold()["controls"]
    assert found["runs"] == [
        {"day": "2026-03-01", "control": "canary", "runs": 2, "failed": 1},
        {"day": "2026-03-03", "control": "egress", "runs": 1, "failed": 0},
    ]
    assert found["recall"]["rows"] == [{"control": "canary", "set_sha256": SHA, "class": "pii", "sent": 8, "found": 7}]
    assert found["types"]["rows"][0]["found"] == 4
    assert (found["leaked"], found["failures"]["total"], found["zones"]) == (2, 1, ["cloud-us"])
    assert found["harmless"] == {"sent": 2, "arrived": 2}
    assert found["days_without_run"] == ["2026-03-02"]
    assert found["longest_gap_s"] == 48 * 3600
