"""Erased records are shown by their place and hashes, with the erasure that names them; the rest as it is."""

from typing import Any

from audit.access import ReadRecord, Records
from audit.api.absent import Erasures
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
