"""Checkpoints by page, by size and the newest; what is stored and is none is not handed out."""

import sqlite3
from contextlib import closing
from typing import Any

from audit.proofs.note import Note


def test_checkpoints_come_by_page_by_size_and_the_newest(service: Any) -> None:
    made = []
    for _ in range(3):
        made.append(service.sign())
        service.log.append_sync("writer.heartbeat", {"records": 1})
    first = service.get("/checkpoints", limit=2).json()
    rest = service.get("/checkpoints", after=first["next"]).json()
    assert [one["size"] for one in (*first["checkpoints"], *rest["checkpoints"])] == [one.size for one in made]
    assert rest["next"] is None
    assert service.get("/checkpoints/latest").json() == rest["checkpoints"][-1]
    one = service.get(f"/checkpoints/{made[1].size}").json()
    assert one["root"] == made[1].root.hex()
    assert Note.decode(one["note"].encode()).text == made[1].encode()
    assert [(body["what"], body["rows"]) for body in service.reads()][2:] == [("checkpoint", 1), ("checkpoint", 1)]


def test_a_size_without_one_is_404_whatever_it_looks_like(service: Any) -> None:
    assert service.get("/checkpoints/latest").status_code == 404
    for size in ("9" * 5000, "7", "-1", "x", "07", "1e3", "9" * 30, "٣"):
        assert service.get(f"/checkpoints/{size}").status_code == 404
    assert service.get("/checkpoints", after="x").status_code == 400


def test_what_is_stored_and_is_no_checkpoint_is_said_to_be_corrupt(service: Any) -> None:
    service.sign()
    with closing(sqlite3.connect(service.log.place)) as file, file:
        file.execute("DROP TRIGGER checkpoint_no_update")
        file.execute("UPDATE checkpoint SET note = x'00'")
    answer = service.get("/checkpoints/latest")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "audit_unavailable")
    assert "corrupt" in answer.text
