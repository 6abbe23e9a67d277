"""How a log is doing, with and without its server, and what of that a person has to look at."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from audit import status as module
from audit.incidents import Incidents
from audit.keys import read_signers
from audit.log import AuditLog
from audit.orphans import Orphans
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.note import Note
from audit.space import MIB, Space
from audit.status import Status, lines, look

WELL: dict[str, Any] = {
    "log": None,
    "signer": None,
    "anchors": {"file": 0, "git": 7},
    "clock": {"off": None, "sync": True},
    "open": None,
}


@pytest.fixture(params=["sqlite", "postgresql"])
def log(request: pytest.FixtureRequest, open_log: Any) -> AuditLog:
    made = open_log() if request.param == "sqlite" else request.getfixturevalue("open_shared")()
    assert isinstance(made, AuditLog)
    return made


def sign(log: AuditLog, keys: Any, size: int) -> None:
    signer = read_signers(keys)[0]
    log.store_checkpoint(Note(Checkpoint(signer.name, size, bytes(32)).encode()).signed(signer).encode())


def after(seconds: int) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def test_a_log_is_described_by_its_database_alone(
    log: AuditLog, tmp_path: Any, decision: Callable[..., Any], outcome: Callable[..., Any]
) -> None:
    done, left = (log.append_sync("route.decision", decision()) for _ in range(2))
    log.append_sync("route.outcome", outcome(done.id))
    sign(log, tmp_path / "home" / "keys", 3)
    found = look(log.place, now=after(100))
    assert (found.records, found.signed, found.unsigned) == (5, 3, 2)
    assert (found.open, found.incidents, found.needs) == (Orphans(1, left.seq), (), ())
    assert found.last is not None
    assert 95 < found.last.age_s < 130
    text = lines(log.place, found)
    assert text[1].startswith(f"head       5 records, {found.head[:12]}, the last 1")
    assert text[2].startswith("signed     3 records, the last 1")
    assert "; behind that 2, the oldest " in text[2]
    assert text[3].startswith("open       1 without an outcome, the oldest ")
    assert text[-2:] == ["server     none runs here; signer, anchors and clock are unknown", "all is well"]


def test_a_log_without_a_checkpoint_is_said_to_have_none(open_log: Any) -> None:
    log = open_log()
    assert lines(log.place, look(log.place))[2].startswith("signed     nothing yet; behind that 2, the oldest ")


def test_what_the_server_says_is_shown(log: AuditLog) -> None:
    found = look(log.place, WELL)
    assert lines(log.place, found)[5:] == [
        "server     takes decisions",
        "signer     signs",
        "anchors    file has all, git 7 s behind",
        "clock      right; the kernel says: disciplined",
        "all is well",
    ]
    assert "anchors    none" in lines(log.place, look(log.place, {**WELL, "anchors": {}}))


@pytest.mark.parametrize(
    ("said", "needed"),
    [
        ({"log": "the audit log cannot be written: full"}, "the audit log cannot be written: full"),
        ({"signer": "the signer refuses this log: FORK"}, "the signer refuses this log: FORK"),
        ({"anchors": {"git": 3601}}, "the anchor git has lacked a checkpoint for over an hour"),
        (
            {"clock": {"off": "back_hours", "sync": False}},
            "the wall clock jumped; set it, or accept it with: ringfence audit acknowledge",
        ),
    ],
    ids=["log", "signer", "anchor", "clock"],
)
def test_what_is_wrong_with_the_server_needs_a_person(open_log: Any, said: dict[str, Any], needed: str) -> None:
    log = open_log()
    found = look(log.place, {**WELL, **said})
    assert found.needs == (needed,)
    assert lines(log.place, found)[-1] == f"LOOK AT    {needed}"


def test_a_server_that_does_not_answer_needs_a_person(open_log: Any) -> None:
    assert look(open_log().place, None, "The server closed the admin socket.").needs == (
        "The server closed the admin socket.",
    )


def test_an_outcome_or_a_signature_that_is_missing_for_long_needs_a_person(
    log: AuditLog, tmp_path: Any, decision: Callable[..., Any]
) -> None:
    log.append_sync("route.decision", decision())
    assert look(log.place, now=after(880)).needs == ()
    assert look(log.place, now=after(901)).needs == (
        "records have not been signed for over 15 minutes",
        "a decision has had no outcome for over 15 minutes",
    )
    sign(log, tmp_path / "home" / "keys", look(log.place).records)
    assert look(log.place, now=after(901)).needs == ("a decision has had no outcome for over 15 minutes",)


def test_an_open_incident_needs_a_person_and_says_since_when(log: AuditLog) -> None:
    incidents = Incidents(log)
    incidents.open("anchor_behind", "git")
    found = look(log.place, now=after(7300))
    assert "an incident is open" in found.needs
    assert "incident   anchor_behind git, 2 h ago" in lines(log.place, found)
    incidents.close("anchor_behind", "git", how="caught_up")
    assert look(log.place).incidents == ()


def test_the_server_is_believed_about_what_is_open_in_its_own_file(open_log: Any, decision: Callable[..., Any]) -> None:
    log = open_log()
    receipt = log.append_sync("route.decision", decision())
    told = {**WELL, "open": {"count": 40, "oldest": receipt.seq}}
    assert look(log.place, told).open == Orphans(40, receipt.seq)


def test_little_room_needs_a_person(open_log: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    log = open_log()
    monkeypatch.setattr(module, "measure", lambda _: Space(200 * MIB, 100 * 1024 * MIB))
    found = look(log.place)
    assert found.needs == ("there is little room on the disk",)
    assert "disk       200 MiB free of 100 GiB" in lines(log.place, found)


def test_a_record_of_the_future_is_said_to_be_one(open_log: Any) -> None:
    log = open_log()
    assert lines(log.place, look(log.place, now=after(-7200)))[1].endswith("the last in the future")


def test_a_status_holds_nothing_but_what_json_can_say(open_log: Any) -> None:
    found = look(open_log().place, WELL)
    assert isinstance(found, Status)
    assert orjson.loads(orjson.dumps(asdict(found)))["records"] == found.records
