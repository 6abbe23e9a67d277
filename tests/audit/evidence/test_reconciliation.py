from evidenced import CANARY, UP, Maker

COUNTED = {"window_start": "2026-03-01T00:00:00Z", "received": 5, "decided": 2, "refused": [{"status": 400, "n": 3}]}


def test_every_attempt_has_one_outcome_or_is_open() -> None:
    make = Maker()
    make.end(make.decide())
    late = make.decide()
    open_ = make.decide()
    make.add("route.attempt", {"dec": late["id"], "attempt": 2, "zone": "onprem", "up": UP, "why": "timeout"})
    make.end(late, status="timeout", usage={"in": 5, "out": 1})
    make.end(late, attempt=2, usage={"in": 7, "out": 3, "cached": 1})
    make.end(late, attempt=2)
    make.decide(dry_run=True)
    found = make.fold()["reconciliation"]
    assert found["attempts"] == {"expected": 4, "closed": 3, "open": 1, "unmatched": 1}
    assert found["open"]["rows"] == [{"seq": 3, "id": open_["id"], "ts": open_["ts"], "dec": open_["id"], "attempt": 1}]
    assert found["outcomes"] == [{"status": "ok", "n": 3}, {"status": "timeout", "n": 1}]
    assert found["decisions"] == {"records": 4, "live": 3, "dry_runs": 1, "canaries": 0}


def test_usage_is_counted_by_the_server_and_the_day_of_the_attempt() -> None:
    make = Maker()
    one = make.vendor(ts="2026-03-01T23:59:59.000000Z")
    two = make.vendor()
    three = make.vendor()
    make.vendor()
    make.end(one, ts="2026-03-02T00:00:01.000000Z", usage={"in": 10, "out": 4})
    make.end(two, status="unknown_after_crash")
    make.end(three, status="not_sent", bytes_sent=0)
    [row] = make.fold()["reconciliation"]["usage"]["rows"]
    assert row == {
        "day": "2026-03-01",
        "zone": "cloud-us",
        "upstream": "openai",
        "model": "gpt-4o-mini",
        "attempts": 4,
        "answered": 1,
        "doubtful": 1,
        "refused": 0,
        "not_sent": 1,
        "open": 1,
        "reported": 1,
        "in": 10,
        "out": 4,
        "cached": 0,
        "bytes_sent": 20,
        "bytes_recv": 60,
    }


def test_the_systems_own_tests_are_no_usage() -> None:
    make = Maker()
    canary = make.vendor(actor=CANARY)
    again = {"dec": canary["id"], "attempt": 2, "zone": "cloud-us", "up": {**UP, "id": "canary-x"}, "why": "timeout"}
    make.add("route.attempt", again)
    named = make.decide(up={**UP, "id": "canary-like"})
    make.add("route.attempt", {**again, "dec": named["id"]})
    usage = make.fold()["reconciliation"]["usage"]["rows"]
    assert {row["upstream"]: row["attempts"] for row in usage} == {"canary-like": 1, "canary-x": 1}


def test_what_arrived_is_compared_with_the_requests_that_the_log_knows() -> None:
    make = Maker()
    first = make.decide()
    further = make.decide()
    further["req"]["id"] = first["req"]["id"]
    make.decide(dry_run=True)
    make.decide(actor=CANARY)
    make.add("ingress.counted", {**COUNTED, "received": 6, "decided": 3})
    ingress = make.fold()["reconciliation"]["ingress"]
    assert (ingress["requests"], ingress["decided"], ingress["unexplained"]) == (3, 3, 0)
    assert ingress["refused"] == [{"status": 400, "n": 3}]
    assert ingress["days"] == [{"day": "2026-03-01", "received": 6, "decided": 3, "refused": 3}]


def test_a_window_that_was_lost_in_a_crash_shows() -> None:
    make = Maker()
    for _ in range(3):
        make.decide()
    make.add("ingress.counted", COUNTED)
    make.decide()
    assert make.fold()["reconciliation"]["ingress"]["unexplained"] == 2
