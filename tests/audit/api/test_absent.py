"""Erased records are shown by their place and hashes, with the erasure that names them; the rest as it is."""

from typing import Any

from retained import Retained

from audit.access import ReadRecord, Records
from audit.api.absent import Erasures
from audit.proofs.checkpoint import Proof
from audit.proofs.merkle import is_included
from audit.records.record import new_id

H = "5" * 64


def erased(record_id: str) -> tuple[ReadRecord, dict[str, Any]]:
    stone = {"bh": H, "epoch": new_id(), "id": record_id, "kind": "route.decision", "n": 4, "seq": 3, "v": 2}
    stone["ts"] = "2026-10-01T12:00:00.000001Z"
    return ReadRecord(3, record_id, H, H, H, {"erased": stone}), stone


def test_an_erased_record_names_who_erased_it(service: Any) -> None:
    erasures = Erasures(Records(service.log.place))
    record, stone = erased(service.decisions[0].id)
    assert erasures.shown(record)["erased"] == {**stone, "erasure": None}
    actor = {"kind": "system", "id": "operator"}
    done = service.log.append_sync("erasure.done", {"actor": actor, "records": [stone], "reason": "data_subject"})
    shown = erasures.shown(record)
    assert shown["body"] is None
    assert (shown["seq"], shown["link"]) == (3, H)
    assert shown["erased"]["erasure"]["id"] == done.id
    assert shown["erased"]["erasure"]["reason"] == "data_subject"


def test_another_record_is_shown_as_it_is(service: Any) -> None:
    record = Records(service.log.place).last(1)[0]
    shown = Erasures(Records(service.log.place)).shown(record)
    assert shown["body"] == record.body
    assert "erased" not in shown


def test_pages_and_proofs_go_on_over_what_was_really_pruned_and_erased(
    open_log: Any, decision: Any, outcome: Any, serve: Any
) -> None:
    log = open_log()
    kept = Retained(log, log.place.parent, decision, outcome)
    for _ in range(4):
        kept.request()
    kept.sign()
    pruned = kept.prune()
    kept.erase(kept.request())
    kept.sign()
    service = serve(log, log.place.parent)
    shown = service.get("/records", limit=1000).json()["records"]
    assert all(record["body"] for record in shown if record["seq"] < pruned)
    assert {record["body"]["kind"] for record in shown if record["seq"] < pruned} <= {"genesis", "writer.start"}
    gone = [record for record in shown if record["body"] is None]
    assert gone
    for record in gone:
        by = service.get(f"/records/{record['erased']['erasure']['id']}").json()
        assert by["body"]["kind"] == "erasure.done"
        whole = service.get(f"/records/{record['id']}").json()
        assert Proof.decode(whole["proof"].encode()).includes(bytes.fromhex(record["link"]))
        assert "explanation" not in whole
    for seq in range(pruned):
        proof = service.get("/proofs/inclusion", seq=seq).json()
        path = [bytes.fromhex(value) for value in proof["proof"]]
        leaf, root = bytes.fromhex(proof["leaf"]), bytes.fromhex(proof["root"])
        assert is_included(leaf, seq, proof["size"], path, root)
        assert proof["checkpoint"] is not None
    (figures,) = service.get("/statistics").json()["rows"]
    assert (figures["requests"], figures["erased"]) == (0, 1)
    kept.close()
