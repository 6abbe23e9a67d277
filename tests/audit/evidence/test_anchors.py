from evidenced import SHA, Maker, fold

VKEY = "log.example/audit+0123abcd+" + "A" * 44


def test_receipts_are_summed_by_anchor_and_keys_listed() -> None:
    make = Maker()
    make.add("genesis", {"log_id": "6" * 32, "origin": "o", "schema_sha256": SHA, "vkeys": [VKEY]})
    for minute, size in ((1, 3), (61, 9), (66, 5)):
        make.minute = minute
        make.add("anchor.receipt", {"anchor": "s3", "size": size, "root": SHA, "receipt_sha256": SHA})
    make.add("anchor.receipt", {"anchor": "git", "size": 2, "root": SHA, "receipt_sha256": SHA})
    make.add("key.introduced", {"usage": "checkpoint", "key_id": "0123abcd", "vkey": VKEY})
    make.add("key.retired", {"usage": "checkpoint", "key_id": "0123abcd", "size": 4})
    found = make.fold(first=0, last=0)["anchors"]
    git, s3 = found["receipts"]["rows"]
    assert (git["anchor"], git["receipts"], git["longest_gap_s"]) == ("git", 1, 0)
    assert (s3["receipts"], s3["first_size"], s3["last_size"], s3["longest_gap_s"]) == (3, 3, 9, 3600)
    assert [(row["what"], row.get("size")) for row in found["keys"]["rows"]] == [("introduced", None), ("retired", 4)]
    assert found["vkeys"] == [VKEY]


def test_checkpoints_say_how_far_apart_they_are_and_what_is_behind_them() -> None:
    make = Maker()
    for _ in range(12):
        make.decide()
    found = fold(make.records, marks=[2, 3, 10])["anchors"]["checkpoints"]
    assert found == {"count": 3, "smallest": 2, "largest": 10, "widest": 7, "behind": 2}
    none = make.fold()["anchors"]["checkpoints"]
    assert none == {"count": 0, "smallest": 0, "largest": 0, "widest": 0, "behind": 12}
