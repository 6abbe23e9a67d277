"""The process that writes the log takes orders by name, and makes no other records than those of retention."""

from dataclasses import asdict

import pytest
from clocks import Hands
from retained import ACTOR, LATER, Retained

from audit.errors import AuditMismatch
from audit.retention import desk, doing


def test_a_prune_and_an_erasure_are_done_by_name(retained: Retained) -> None:
    names = [retained.request() for _ in range(3)]
    retained.sign()
    do = desk.operations(retained.log, ACTOR)
    plan = doing.plan_prune(retained.parts, LATER, retained.said.append)
    seq = do["retention.record"](kind="retention.pruned", body=plan.record())["seq"]
    (request,) = retained.find(names[0])
    stones = [asdict(stone) for stone in request.stones]
    do["retention.record"](kind="erasure.done", body={"records": stones, "reason": "asked"})
    assert do["retention.entomb"](stones=stones) == {"done": 2, "held": 0}
    retained.sign()
    assert do["retention.begin"](size=plan.size) == {}
    assert do["retention.take"]() == {"left": 0, "held": False}
    assert do["retention.scrub"]() == {"left": ""}
    assert seq == plan.size
    assert retained.codes() == set()


def test_nothing_is_pruned_by_a_clock_that_jumped(retained: Retained, monkeypatch: pytest.MonkeyPatch) -> None:
    retained.request()
    retained.sign()
    plan, clock = doing.plan_prune(retained.parts, LATER, retained.said.append), Hands()
    monkeypatch.setattr(retained.log, "clock", clock.clock())
    clock.step(3 * 365 * 86_400)
    do = desk.operations(retained.log, ACTOR)
    with pytest.raises(AuditMismatch, match=r"the wall clock jumped \(forward_years\)"):
        do["retention.record"](kind="retention.pruned", body=plan.record())
    do["retention.record"](kind="hold.placed", body={"hold": "one"})


def test_other_records_are_not_made(retained: Retained) -> None:
    with pytest.raises(AuditMismatch, match="no record of this kind"):
        desk.operations(retained.log, ACTOR)["retention.record"](kind="access.granted", body={})
