"""Ids, the registry's digests, and the columns derived from bodies."""

import time
from typing import Any

import pytest

from audit.errors import RecordRefused
from audit.records import record


def test_ids_are_version_7_with_the_time_in_front() -> None:
    before = time.time_ns() // 1_000_000
    ids = [record.new_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    for one in ids:
        assert record.validate_id("any", one) == one
        assert before <= int(one[:8] + one[9:13], 16) <= before + 5000


@pytest.mark.parametrize("step", [-3600, 3653 * 86400, 5000 * 365 * 86400])
def test_t32_ids_are_ids_and_differ_whatever_the_clock_says(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time_ns()
    before = record.new_id()
    monkeypatch.setattr(time, "time_ns", lambda: now + step * 1_000_000_000)
    ids = {record.validate_id("any", record.new_id()) for _ in range(100)}
    assert len(ids) == 100
    assert all((one > before) == (step > 0) for one in ids), "they are not what the order comes from"


@pytest.mark.parametrize(
    "bad", ["", "x", "01A1FE6D-0185-7595-B576-122B77425AAA", "01a1fe6d-0185-4595-b576-122b77425aaa"]
)
def test_other_ids_are_refused(bad: str) -> None:
    with pytest.raises(RecordRefused):
        record.validate_id("any", bad)


def test_a_genesis_names_the_schemas_that_it_was_born_with() -> None:
    full = record.known_at(record.registry_sha256())
    assert full == set(record.REGISTRY)
    assert record.known_at(record.registry_sha256(3)) == set(list(record.REGISTRY)[:3])
    assert record.known_at("0" * 64) is None


def test_a_decision_stands_under_itself_unless_it_is_a_dry_run(decision: Any) -> None:
    added = {"v": 1, "kind": "route.decision", "id": "an-id", "ts": "a-time"}
    made = record.derive({**decision(), **added})
    assert (made.dec, made.attempt, made.app, made.team, made.decision, made.zone) == (
        *("an-id", 1),
        *("crm", "sales", "pin", "onprem"),
    )
    assert made.labels == (("class", "pii"), ("rule", "baseline/keep-home"))
    assert record.derive({**decision(dry_run=True), **added}).dec is None


def test_an_outcome_stands_under_its_decision(outcome: Any) -> None:
    made = record.derive({**outcome("a-decision", 2), "v": 1, "kind": "route.outcome", "id": "an-id", "ts": "a-time"})
    assert (made.dec, made.attempt, made.labels) == ("a-decision", 2, ())


def test_names_are_what_a_record_may_hold() -> None:
    assert record.is_name("gpt-4o-mini")
    assert not record.is_name("Jane Roe")
