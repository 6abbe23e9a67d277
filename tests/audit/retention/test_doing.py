"""Pruning is refused wherever something is not as it should be, and goes on where it was stopped, kill -9 included."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from retained import LATER, Retained, strike

from audit.errors import AuditMismatch
from audit.retention import doing
from audit.retention.doing import NotYetAnchored, Parts
from audit.sources.source import SqliteSource
from audit.stores.asking import asking
from audit.verification.verifier import verify

CHILD = Path(__file__).with_name("child_retention.py")


def requests(kept: Retained, count: int = 4) -> list[str]:
    made = [kept.request() for _ in range(count)]
    kept.sign()
    return made


def test_without_an_anchor_nothing_is_pruned(retained: Retained) -> None:
    retained.anchors = False
    requests(retained)
    with pytest.raises(AuditMismatch, match="no anchor is known"):
        retained.prune()
    retained.anchors = True
    requests(retained)
    assert retained.prune() == 18


def test_a_receipt_in_the_log_is_as_good_as_an_anchor_that_answers(retained: Retained) -> None:
    retained.anchors = False
    requests(retained)
    with_note = SqliteSource(retained.home / "audit.db")
    (stored,) = with_note.checkpoints(0, 9)
    with_note.close()
    root = doing.attesting.Checkpoint.of(doing.attesting.Note.decode(stored.note)).root
    body = {"anchor": "desk", "size": stored.size, "root": root.hex(), "receipt_sha256": "0" * 64}
    retained.log.append_sync("anchor.receipt", body)
    plan = doing.plan_prune(retained.parts, LATER, retained.said.append)
    assert (plan.size, plan.anchors) == (stored.size, ("desk",))
    retained.log.append_sync("anchor.receipt", {**body, "root": "1" * 64})
    with pytest.raises(AuditMismatch, match="the anchor desk has a head of 10 records that is not in this log"):
        doing.plan_prune(retained.parts, LATER, retained.said.append)


def test_an_anchor_that_does_not_answer_is_said_and_does_not_count(retained: Retained, tmp_path: Path) -> None:
    requests(retained)
    (tmp_path / "folder").mkdir()
    keeper = type(retained.keeper)(tmp_path / "folder")
    parts = Parts(retained.log.place, retained.record, retained.hands, {"gone": keeper}, retained.sign)
    with pytest.raises(AuditMismatch, match="no anchor is known"):
        doing.plan_prune(parts, LATER, retained.said.append)
    assert retained.said == ["the anchor gone does not answer"]


def test_only_what_is_older_has_ended_and_is_under_no_hold_goes(retained: Retained) -> None:
    requests(retained)
    first = retained.verify().first_ts
    with pytest.raises(AuditMismatch, match="nothing to prune: record 0 is from"):
        retained.prune(first)
    started = retained.request(ended=False)
    requests(retained)
    plan = doing.plan_prune(retained.parts, LATER, retained.said.append)
    assert (plan.size, plan.stopped_by) == (10, "the request of record 10 has not ended")
    retained.record("hold.placed", {"hold": "matter", "team": "sales"})
    with pytest.raises(AuditMismatch, match="record 2 is under a hold"):
        retained.prune()
    retained.record("hold.lifted", {"hold": "matter"})
    retained.log.append_sync("route.outcome", retained.outcome(started))
    retained.sign()
    assert retained.prune() == 22
    with pytest.raises(AuditMismatch, match="nothing to prune beyond what was"):
        retained.prune()
    assert retained.codes() == set()


def test_an_outcome_in_the_time_of_a_hold_is_held_by_the_team_of_its_decision_before(either: Retained) -> None:
    for _ in range(2):
        either.request()
        either.sign()
    with asking(either.log.place) as run:
        seq, ts = run("SELECT seq, ts FROM {s}record WHERE kind = 'route.outcome' ORDER BY seq LIMIT 1")[0]
    either.record("hold.placed", {"hold": "others", "from": ts, "team": "legal"})
    assert doing.plan_prune(either.parts, LATER, either.said.append).size == 6
    either.record("hold.placed", {"hold": "matter", "from": ts, "team": "sales"})
    with pytest.raises(AuditMismatch, match=f"record {seq} is under a hold"):
        either.prune()


def test_a_log_that_is_not_what_was_signed_is_not_pruned(retained: Retained) -> None:
    requests(retained)
    strike(retained.home / "audit.db", "UPDATE record SET body = x'00' WHERE seq = 3")
    with pytest.raises(AuditMismatch, match="record 3 is not what was written"):
        retained.prune()
    assert retained.verify().pruned == 0


def test_a_hold_that_comes_after_the_announcement_wins(retained: Retained) -> None:
    requests(retained)
    ahead = doing.announce(retained.parts, doing.plan_prune(retained.parts, LATER, retained.said.append))
    retained.record("hold.placed", {"hold": "matter"})
    retained.sign()
    with pytest.raises(AuditMismatch, match="record 0 is under a hold"):
        doing.carry_out(retained.parts, ahead, lambda _: None)
    report = retained.verify()
    assert (report.findings, report.pruned, report.left_out) == ((), 0, 0)
    retained.record("hold.lifted", {"hold": "matter"})
    assert doing.announced(retained.parts) == ahead
    assert doing.carry_out(retained.parts, ahead, lambda _: None) == 0
    assert doing.announced(retained.parts) is None
    assert retained.verify().left_out == 8


def test_nothing_goes_before_an_anchor_has_the_announcement(retained: Retained) -> None:
    requests(retained)
    ahead = doing.announce(retained.parts, doing.plan_prune(retained.parts, LATER, retained.said.append))
    away = Parts(retained.log.place, retained.record, retained.hands, {"file": retained.keeper}, lambda: False)
    with pytest.raises(NotYetAnchored, match="no server runs here that has it signed; nothing was taken away"):
        doing.wait(away, ahead, 0, retained.said.append)
    assert doing.wait(retained.parts, ahead, 5, retained.said.append) == ("file",)


def test_a_reason_is_a_code(retained: Retained) -> None:
    name = retained.request()
    with pytest.raises(AuditMismatch, match="a reason is a word"):
        doing.erase(retained.parts, retained.find(name), "because Dana asked")
    assert not retained.find(name)[0].erased


def test_an_erasure_of_many_is_told_in_records_of_at_most_32(retained: Retained) -> None:
    ids = requests(retained, 20)
    made = doing.erase(retained.parts, retained.find(*ids), "subject_request")
    assert made.done == 40
    report = retained.verify()
    assert (report.findings, report.erased_total) == ((), 40)
    assert doing.unfinished_erasures(retained.parts) == []


STAGES = ("announced", "begun", "slice", "between", "named", "erased")


@pytest.mark.parametrize("stage", STAGES)
def test_t42_who_is_killed_at_any_stage_leaves_a_log_that_verifies_and_the_next_goes_on(
    stage: str, retained: Retained, open_log: Any
) -> None:
    ids = requests(retained, 20)
    retained.close()
    killed = subprocess.run([sys.executable, CHILD, retained.home, stage, *ids[-2:]], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    report = verify(retained.home / "audit.db")
    assert report.findings == ()
    assert (report.pruned > 0) == (stage in {"begun", "slice", "between"})
    assert (0 < report.left_out < 40) == (stage in {"slice", "between"})
    again = Retained(open_log(), retained.home, retained.decision, retained.outcome)
    try:
        again.hands.finish()  # type: ignore[attr-defined]
        again.sign()
        ahead = doing.announced(again.parts)
        assert (ahead is not None) == (stage == "announced")
        if ahead is not None:
            doing.wait(again.parts, ahead, 5, again.said.append)
            doing.carry_out(again.parts, ahead, lambda _: None)
        report = again.verify()
        assert report.findings == ()
        assert (report.erased_total, report.unerased) == ((4, 0) if stage in {"named", "erased"} else (0, 0))
        assert report.left_out == (0 if stage in {"named", "erased"} else 40)
    finally:
        again.close()
