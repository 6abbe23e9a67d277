from evidenced import CANARY, DECISION, Maker


def test_what_callers_asked_is_counted_by_day_and_by_each_name() -> None:
    make = Maker()
    make.decide(ts="2026-03-01T10:00:00.000000Z")
    make.vendor(ts="2026-03-02T10:00:00.000000Z")
    both = [{"c": name, "count": 1, "score_bp": 5000} for name in ("pii", "health", "pii")]
    make.decide(ts="2026-03-02T11:00:00.000000Z", classes=both, rules=[])
    blocked = make.decide(ts="2026-03-02T12:00:00.000000Z", decision="block", zones_left=[])
    del blocked["zone"], blocked["up"]
    live = make.fold()["traffic"]["live"]
    assert live["decisions"] == 4
    assert live["days"] == [
        {"day": "2026-03-01", "allow": 0, "block": 0, "pin": 1, "n": 1},
        {"day": "2026-03-02", "allow": 1, "block": 1, "pin": 1, "n": 3},
    ]
    second = {
        name: [(row["name"], row["n"]) for row in live["by"][name]["rows"] if row["day"] == "2026-03-02"]
        for name in ("class", "rule", "zone", "model")
    }
    assert second["class"] == [("-", 1), ("health", 1), ("pii", 2)]
    assert second["rule"] == [("-", 1), ("keep-home", 2)]
    assert second["zone"] == [("-", 1), ("cloud-us", 1), ("onprem", 1)]
    assert second["model"] == [("gpt-4o-mini", 3)]


def test_dry_runs_and_the_systems_own_tests_are_counted_apart() -> None:
    make = Maker()
    make.decide()
    make.decide(dry_run=True)
    make.decide(actor=CANARY)
    make.decide(actor=CANARY, dry_run=True)
    traffic = make.fold()["traffic"]
    assert [traffic[part]["decisions"] for part in ("live", "dry_runs", "canaries")] == [1, 2, 1]
    assert traffic["live"]["by"]["app"]["rows"] == [{"day": "2026-03-01", "name": DECISION["actor"]["app"], "n": 1}]
