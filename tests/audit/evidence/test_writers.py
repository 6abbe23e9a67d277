from evidenced import ACTOR, IDS, SHA, Maker, fold


def test_a_writer_without_a_gap_has_nothing_missing_and_one_with_a_gap_has() -> None:
    make = Maker()
    for _ in range(4):
        make.decide()
    make.add("writer.stop", {"records": 5})
    [row] = make.fold()["reconciliation"]["writers"]["rows"]
    assert row == {
        "epoch": IDS[0],
        "inst": "one",
        "first_seq": 0,
        "last_seq": 4,
        "first": 0,
        "last": 4,
        "records": 5,
        "erased": 0,
        "missing": 0,
        "stopped": True,
    }
    [row] = fold([*make.records[:2], None, *make.records[3:]])["reconciliation"]["writers"]["rows"]
    assert (row["records"], row["missing"]) == (4, 1)


def test_an_erased_record_is_not_missing() -> None:
    make = Maker()
    for _ in range(3):
        make.decide()
    row = {"seq": 1, "id": IDS[0], "kind": "route.decision", "v": 2, "ts": make.records[1]["ts"], "bh": SHA}
    listed = [{**row, "epoch": IDS[0], "n": 1}, {**row, "seq": 0, "epoch": IDS[1], "n": 7}]
    make.add("erasure.done", {"actor": ACTOR, "records": listed, "reason": "subject"})
    rows = fold([None, None, *make.records[2:]])["reconciliation"]["writers"]["rows"]
    assert [(one["epoch"], one["inst"], one["first"], one["last"], one["erased"], one["missing"]) for one in rows] == [
        (IDS[1], "-", 7, 7, 1, 0),
        (IDS[0], "one", 1, 3, 1, 0),
    ]
    assert not any(one["stopped"] for one in rows)
