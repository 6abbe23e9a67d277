from evidenced import ACTOR, SHA, Maker

KEY = {"id": "ak_1", "app": "crm", "team": "sales", "role": "app"}


def test_keys_stand_as_they_are_at_the_end_of_the_period() -> None:
    make = Maker()
    granted = make.add("access.granted", {"actor": ACTOR, "key": KEY})
    make.add("access.granted", {"actor": ACTOR, "key": {**KEY, "id": "ak_2", "role": "auditor"}})
    make.add("access.granted", {"actor": ACTOR, "key": {**KEY, "id": "ak_3", "expires": "2026-03-02T00:00:00Z"}})
    make.add("access.revoked", {"actor": ACTOR, "key": {**KEY, "id": "ak_2", "role": "auditor"}})
    make.add("access.revoked", {"actor": ACTOR, "key": KEY})
    found = make.fold(last=3, until="2026-03-02T00:00:00Z")["access"]
    rows = found["keys"]["rows"]
    assert [(row["id"], row["state"]) for row in rows] == [("ak_1", "active"), ("ak_2", "revoked"), ("ak_3", "expired")]
    assert rows[0]["granted"] == {"seq": 0, "id": granted["id"], "ts": granted["ts"], "by": ACTOR}
    assert found["roles"] == [
        {"role": "app", "active": 1, "revoked": 0, "expired": 1},
        {"role": "auditor", "active": 0, "revoked": 1, "expired": 0},
    ]
    assert make.fold()["access"]["keys"]["rows"][0]["state"] == "revoked"


def test_reviews_denials_and_who_read_the_log_are_listed() -> None:
    make = Maker()
    make.add("access.denied", {"window_start": "2026-03-01T00:00:00Z", "n_401": 4, "n_404": 2, "n_403": 1})
    make.add("access.denied", {"window_start": "2026-03-01T00:01:00Z", "n_401": 1, "n_404": 0, "n_403": 0})
    read = {"actor": ACTOR, "filters": [], "rows": 10}
    make.add("audit.read", {**read, "what": "statistics"})
    make.add("audit.read", {**read, "what": "records"})
    make.add("audit.read", {**read}, v=1)
    make.add("audit.read", {**read, "record": make.records[0]["id"]}, v=1)
    review = {"actor": ACTOR, "reviewer": "dana@acme.example", "keys": 3, "active": 2, "sha256": SHA, "ticket": "SEC-9"}
    make.add("access.reviewed", review)
    make.add("audit.exported", {"actor": ACTOR, "from_seq": 0, "to_seq": 4, "rows": 5, "sha256": SHA, "form": "pack"})
    make.add("audit.verified", {"actor": ACTOR, "grade": "signed", "size": 4, "findings": 0})
    make.add("config.changed", {"actor": ACTOR, "settings": ["origin"], "sha256": SHA})
    found = make.fold()["access"]
    assert found["denied"] == [{"day": "2026-03-01", "n_401": 5, "n_403": 1, "n_404": 2}]
    assert [(row["what"], row["reads"], row["rows"]) for row in found["reads"]["rows"]] == [
        ("record", 1, 10),
        ("records", 2, 20),
        ("statistics", 1, 10),
    ]
    assert found["reviews"]["rows"][0]["ticket"] == "SEC-9"
    assert found["exports"]["rows"][0]["form"] == "pack"
    assert found["verified"]["rows"] == [{"day": "2026-03-01", "grade": "signed", "n": 1}]
    assert found["changes"]["rows"][0]["settings"] == ["origin"]
