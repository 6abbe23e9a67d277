from evidenced import ACTIVATION, CANARY, UP, Maker

OPENAI = {**UP, "id": "openai", "zone": "cloud-us", "region": "us"}


def test_every_decision_for_a_vendor_is_a_disclosure_and_one_for_an_own_server_is_none() -> None:
    make = Maker()
    make.add("policy.activated", ACTIVATION)
    make.end(make.vendor(), bytes_sent=70)
    health = [{"c": "health", "count": 1, "score_bp": 5000}]
    make.end(make.vendor(classes=health), status="not_sent", bytes_sent=0)
    make.end(make.vendor(), status="unknown_after_crash", bytes_sent=0)
    make.vendor()
    make.end(make.decide())
    make.vendor(dry_run=True)
    make.vendor(actor=CANARY)
    found = make.fold()["disclosures"]
    assert (found["total"], found["canaries"]) == (4, 1)
    assert found["zones"] == [{"zone": "cloud-us", "trust": "vendor", "n": 4}]
    [row] = found["days"]["rows"]
    assert row == {
        "day": "2026-03-01",
        "zone": "cloud-us",
        "upstream": "openai",
        "region": "us",
        "app": "crm",
        "team": "sales",
        "trust": "vendor",
        "attempts": 4,
        "left": 1,
        "not_left": 1,
        "doubtful": 1,
        "open": 1,
        "bytes_sent": 70,
    }
    assert [(row["name"], row["n"]) for row in found["classes"]["rows"]] == [("-", 3), ("health", 1)]
    assert found["accounts"]["rows"] == [{"key": "ak_1", "zone": "cloud-us", "n": 4, "app": "crm", "team": "sales"}]
    assert found["restricted"]["n"] == 0
    assert found["restricted"]["judged"] == 5


def test_a_class_above_its_ceiling_is_listed_with_its_record() -> None:
    make = Maker()
    make.add("policy.activated", ACTIVATION)
    found = [{"c": name, "count": 1, "score_bp": 5000} for name in ("pii", "health", "pii", "unheard-of")]
    astray = make.vendor(classes=found)
    make.vendor(classes=found[1:2])
    restricted = make.fold()["disclosures"]["restricted"]
    assert restricted["n"] == 1
    assert restricted["found"]["rows"] == [
        {"seq": 1, "id": astray["id"], "ts": astray["ts"], "zone": "cloud-us", "classes": ["pii"]}
    ]


def test_under_policies_of_which_nothing_is_known_every_zone_counts_and_none_is_judged() -> None:
    make = Maker()
    make.add("policy.activated", {name: part for name, part in ACTIVATION.items() if name != "reach"})
    make.decide()
    found = make.fold()["disclosures"]
    assert found["zones"] == [{"zone": "onprem", "trust": "unknown", "n": 1}]
    assert (found["restricted"]["judged"], found["restricted"]["unjudged"]) == (0, 1)


def test_a_zone_that_the_decision_did_not_leave_is_listed_also_of_a_further_attempt() -> None:
    make = Maker()
    make.add("policy.activated", ACTIVATION)
    make.vendor(zones_left=["onprem"])
    pinned = make.decide()
    make.add("route.attempt", {"dec": pinned["id"], "attempt": 2, "zone": "onprem", "up": UP, "why": "timeout"})
    make.add("route.attempt", {"dec": pinned["id"], "attempt": 3, "zone": "onprem", "up": OPENAI, "why": "timeout"})
    make.decide(zone="cloud-us")
    found = make.fold()["disclosures"]
    assert [(row["seq"], row["zone"]) for row in found["outside_left"]["rows"]] == [
        (1, "cloud-us"),
        (4, "cloud-us"),
        (5, "onprem"),
    ]


def test_a_further_attempt_at_a_vendor_counts_for_whose_decision_it_is() -> None:
    make = Maker()
    make.add("policy.activated", ACTIVATION)
    first = make.vendor()
    make.end(first, status="upstream_error")
    again = {"dec": first["id"], "attempt": 2, "zone": "cloud-us", "up": {**OPENAI, "id": "azure"}, "why": "timeout"}
    make.add("route.attempt", again)
    make.add("route.attempt", {**again, "dec": make.records[0]["id"]})
    found = make.fold()["disclosures"]
    assert [(row["upstream"], row["attempts"], row["open"]) for row in found["days"]["rows"]] == [
        ("azure", 1, 1),
        ("openai", 1, 0),
    ]
    assert found["unmatched"] == 1
