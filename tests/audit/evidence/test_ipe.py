from evidenced import ACTIVATION, ACTOR, IDS, SHA, Maker, fold, stamp

GENESIS = {"log_id": "6" * 32, "origin": "log.example/audit", "schema_sha256": "7" * 64, "vkeys": []}


def test_the_sheet_says_what_was_asked_and_how_much_came() -> None:
    make = Maker()
    make.add("genesis", GENESIS)
    make.add("policy.activated", ACTIVATION)
    for _ in range(3):
        make.end(make.decide())
    make.vendor()
    sheet = make.fold()["ipe"]
    assert sheet["population"] == sheet["taken"] == sheet["present"] == 9
    assert sheet["contiguous"]
    assert sheet["excluded"] == sheet["erased"] == sheet["pruned"] == sheet["outside_period"] == 0
    assert (sheet["first_ts"], sheet["last_ts"]) == (stamp(1), stamp(9))
    assert sheet["schema_sha256"] == "7" * 64
    assert sheet["totals"]["rows"] == [
        {"day": "2026-03-01", "decision": "allow", "bundle": SHA, "epoch": IDS[0], "n": 1},
        {"day": "2026-03-01", "decision": "pin", "bundle": SHA, "epoch": IDS[0], "n": 3},
    ]
    assert {row["kind"]: row["n"] for row in sheet["kinds"]}["route.outcome"] == 3


def test_who_asked_stands_in_a_record_with_the_same_period() -> None:
    make = Maker()
    wanted = {"from": "2026-03-01T00:00:00Z", "to": "2026-04-01T00:00:00Z"}
    ask = {"actor": ACTOR, "what": "export", "filters": ["from", "to"], "rows": 0}
    make.decide()
    make.add("audit.read", {**ask, "from": "2026-02-01T00:00:00Z"})
    asked = make.add("audit.read", {**ask, **wanted})
    make.add("audit.read", {**ask, **wanted, "what": "records"})
    sheet = make.fold(first=0, last=0, since=wanted["from"], until=wanted["to"])["ipe"]
    assert sheet["requested"] == {"seq": 2, "id": asked["id"], "ts": asked["ts"], "by": ACTOR}
    assert sheet["from"] == "2026-03-01T00:00:00.000000Z"
    assert "requested" not in make.fold(first=0, last=0, until=wanted["to"])["ipe"]


def test_bodies_that_are_gone_are_counted_by_why() -> None:
    make = Maker()
    for _ in range(4):
        make.decide()
    gone = make.records[1]
    row = {"seq": 1, "id": gone["id"], "kind": gone["kind"], "v": 2, "ts": gone["ts"], "bh": SHA}
    make.add("erasure.done", {"actor": ACTOR, "records": [{**row, "epoch": IDS[0], "n": 1}], "reason": "subject"})
    records = [None, None, *make.records[2:]]
    sheet = fold(records)["ipe"]
    assert (sheet["present"], sheet["erased"], sheet["pruned"]) == (3, 1, 1)


def test_a_record_of_another_time_within_the_period_is_counted_apart() -> None:
    make = Maker()
    make.decide()
    make.decide(ts="2026-02-28T23:59:59.999999Z")
    make.decide(ts="2026-04-01T00:00:00.000000Z")
    sheet = make.fold(since="2026-03-01T00:00:00Z", until="2026-04-01T00:00:00Z")["ipe"]
    assert sheet["outside_period"] == 2
