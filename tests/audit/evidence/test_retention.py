from evidenced import ACTOR, IDS, SHA, Maker

ROW = {"id": IDS[0], "kind": "route.decision", "v": 2, "ts": "2026-01-31T12:00:00.000001Z", "bh": SHA, "epoch": IDS[1]}


def test_what_is_gone_is_listed_once_with_who_took_it() -> None:
    make = Maker()
    make.decide()
    first = {"actor": ACTOR, "records": [{**ROW, "seq": 7, "n": 7}, {**ROW, "seq": 3, "n": 3}], "reason": "subject"}
    make.add("erasure.done", first)
    make.add("erasure.done", {**first, "records": [{**ROW, "seq": 3, "n": 3}]})
    make.add("erasure.done", {"actor": ACTOR, "records": [IDS[0]], "reason": "subject"}, v=1)
    make.add(
        "retention.pruned",
        {"actor": ACTOR, "from_seq": 0, "to_seq": 5, "root": SHA, "until": "2026-01-01T00:00:00Z", "bodies": 4},
    )
    found = make.fold(first=0, last=0)["retention"]
    assert [(row["seq"], row["by_seq"]) for row in found["erased"]["rows"]] == [(3, 1), (7, 1)]
    assert [row["records"] for row in found["erasures"]["rows"]] == [2, 1, 1]
    assert found["pruned"]["rows"][0]["bodies"] == 4
    assert found["pruned"]["rows"][0]["by"] == ACTOR


def test_a_hold_is_in_force_until_it_is_lifted() -> None:
    make = Maker()
    make.add("hold.placed", {"actor": ACTOR, "hold": "case-7", "team": "sales"})
    make.add("hold.placed", {"actor": ACTOR, "hold": "case-8"})
    make.add("hold.lifted", {"actor": ACTOR, "hold": "case-8"})
    make.add("hold.lifted", {"actor": ACTOR, "hold": "case-9"})
    found = make.fold()["retention"]
    assert found["in_force"] == ["case-7"]
    assert [("lifted" in row, row.get("team")) for row in found["holds"]["rows"]] == [(False, "sales"), (True, None)]
