"""Proofs over HTTP lead from records to signed roots; a log that was changed gets none."""

import sqlite3
from contextlib import closing
from typing import Any

from audit.proofs.merkle import is_consistent, is_included


def unhex(values: list[str]) -> list[bytes]:
    return [bytes.fromhex(value) for value in values]


def test_a_record_is_proved_under_the_newest_checkpoint_and_any_other_size(service: Any) -> None:
    signed = service.sign()
    record = service.decisions[1]
    proof = service.get("/proofs/inclusion", seq=record.seq).json()
    root = bytes.fromhex(proof["root"])
    assert (proof["size"], root, proof["leaf"]) == (signed.size, signed.root, record.link)
    assert is_included(bytes.fromhex(record.link), record.seq, signed.size, unhex(proof["proof"]), root)
    assert signed.encode() in proof["checkpoint"]
    other = service.get("/proofs/inclusion", seq=record.seq, size=signed.size + 1).json()
    assert other["checkpoint"] is None
    read = service.reads()[0]
    assert (read["what"], read["seq"], read["size"]) == ("inclusion", record.seq, signed.size)


def test_that_the_log_only_grew_is_proved(service: Any) -> None:
    old = service.sign()
    service.log.append_sync("writer.heartbeat", {"records": 1})
    new = service.sign()
    proof = service.get("/proofs/consistency", old_size=old.size).json()
    assert (proof["old_root"], proof["root"]) == (old.root.hex(), new.root.hex())
    assert is_consistent(old.size, new.size, unhex(proof["proof"]), old.root, new.root)
    assert proof["old_checkpoint"] is not None


def test_sizes_that_no_tree_has_are_404_and_what_is_no_size_is_400(service: Any) -> None:
    for query in ({"seq": 99}, {"seq": 1, "size": 1}, {"seq": 1, "size": 999}):
        assert service.get("/proofs/inclusion", **query).status_code == 404
    for query in ({"old_size": 99}, {"old_size": 3, "size": 2}):
        assert service.get("/proofs/consistency", **query).status_code == 404
    for query in ({}, {"seq": -1}, {"seq": 1, "size": 0}, {"seq": 1, "old_size": 1}):
        assert service.get("/proofs/inclusion", **query).status_code == 400
    assert service.reads() == []


def test_a_log_that_is_not_the_one_that_was_signed_gets_no_proof(service: Any) -> None:
    service.sign()
    assert service.get("/proofs/inclusion", seq=1).status_code == 200
    with closing(sqlite3.connect(service.log.place)) as file, file:
        file.execute("DROP TRIGGER record_no_update")
        file.execute("UPDATE record SET link = zeroblob(32) WHERE seq = 2")
    for path, query in (("inclusion", {"seq": 1}), ("consistency", {"old_size": 1})):
        answer = service.get(f"/proofs/{path}", **query)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "audit_unavailable")
    assert service.get(f"/records/{service.decisions[0].id}").status_code == 503
