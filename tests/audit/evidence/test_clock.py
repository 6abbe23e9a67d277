from evidenced import IDS, Maker


def test_each_day_says_how_well_its_clock_was_known() -> None:
    make = Maker()
    make.decide()
    make.decide(clock={"src": "unknown", "sync": False})
    make.decide(clock={"src": "adjtimex", "sync": False, "err_us": 16_000_000})
    clock = make.fold()["clock"]
    assert clock["days"] == [
        {"day": "2026-03-01", "records": 3, "synchronised": 1, "unknown": 1, "max_err_us": 16_000_000}
    ]
    assert clock["backwards"] == 0


def test_a_time_that_goes_backwards_and_a_clock_that_jumped_are_told() -> None:
    make = Maker()
    make.decide(ts="2026-03-01T12:00:00.000000Z")
    make.decide(ts="2026-03-01T11:00:00.000000Z")
    make.decide(ts="2026-03-01T11:30:00.000000Z")
    make.decide(ts="2026-03-01T12:00:00.000000Z")
    make.add("incident.opened", {"incident": IDS[0], "what": "time_anomaly", "about": "start"})
    make.add("incident.opened", {"incident": IDS[1], "what": "low_space"})
    clock = make.fold()["clock"]
    assert clock["backwards"] == 2 + 2
    assert clock["anomalies"]["total"] == 1
    assert clock["anomalies"]["rows"][0]["about"] == "start"
