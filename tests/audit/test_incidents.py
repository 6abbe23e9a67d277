"""Incidents are opened once and closed once, whatever happens to the process that opened them."""

from typing import Any

import pytest

from audit import incidents as module
from audit import log as log_module
from audit.access import Filters, Records
from audit.clock import ANOMALY
from audit.errors import AuditUnavailable
from audit.incidents import Incidents, still_open
from audit.log import AuditLog


def said(log: AuditLog) -> list[str]:
    found = Records(log.place).page(Filters(), limit=1000).records
    return [f"{one.body['kind'][9:]} {one.body.get('what') or one.body['how']}" for one in found if _is(one.body)]


def _is(body: dict[str, Any]) -> bool:
    return str(body["kind"]).startswith("incident.")


def test_one_is_opened_once_and_closed_once_for_each_that_it_is_about(open_log: Any) -> None:
    log = open_log()
    incidents = Incidents(log)
    assert incidents.open("low_space")
    assert not incidents.open("low_space")
    assert incidents.open("anchor_behind", "git", from_seq=1)
    assert not incidents.close("anchor_behind", "file", how="caught_up")
    assert incidents.among("anchor") == [("anchor_behind", "git")]
    assert [one.body.get("about") for one in still_open(Records(log.place))] == [None, "git"]
    assert incidents.close("low_space", how="room_again")
    assert not incidents.close("low_space", how="room_again")
    assert said(log) == ["opened low_space", "opened anchor_behind", "closed room_again"]


def test_what_a_process_that_is_gone_left_open_is_taken_over(open_log: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LIMIT", 2)
    log = open_log()
    before = Incidents(log)
    for number in range(5):
        before.open("anchor_behind", f"a{number}")
    log.close()
    log = open_log()
    after = Incidents(log)
    assert not after.open("anchor_behind", "a4")
    assert all(after.close("anchor_behind", f"a{number}", how="caught_up") for number in range(5))
    assert still_open(Records(log.place)) == []


def test_on_a_shared_log_those_of_a_server_that_lives_are_its_own_and_of_one_that_is_gone_anybodys_but_its_clock(
    open_shared: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = open_shared()
    monkeypatch.setattr(log_module, "instance", lambda: "another")
    other = open_shared("second")
    for what in ("checkpoint_fork", ANOMALY):
        Incidents(other).open(what)
    assert Incidents(one).among("") == Incidents(one, clocks=True).among("") == []
    assert len(Incidents(other).among("")) == 2
    other.close()
    assert Incidents(one).among("") == [("checkpoint_fork", "")]
    assert Incidents(one, clocks=True).among("") == [("checkpoint_fork", ""), (ANOMALY, "")]


def test_what_could_not_be_recorded_is_tried_again(open_log: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    log = open_log()
    incidents = Incidents(log)

    def full(*_: Any) -> None:
        raise AuditUnavailable("full")

    with monkeypatch.context() as broken:
        broken.setattr(log, "append_sync", full)
        with pytest.raises(AuditUnavailable):
            incidents.open("low_space")
    assert incidents.open("low_space")
    with monkeypatch.context() as broken:
        broken.setattr(log, "append_sync", full)
        with pytest.raises(AuditUnavailable):
            incidents.close("low_space", how="room_again")
    assert incidents.close("low_space", how="room_again")
    assert said(log) == ["opened low_space", "closed room_again"]
