from typing import Any

import pytest
from receivers import DECISION, RECORD

from proxy.clock import Clock
from proxy.traces import notes
from proxy.traces.caller import Caller
from proxy.traces.notes import Attempted, Recorded, Stage, Trace

ENDED: dict[str, Any] = {"dec": RECORD, "attempt": 2, "status": "ok", "http": 200, "bytes_sent": 3}


def take_note_of_everything() -> Clock:
    clock = notes.clock("chat")
    clock.mark("detect")
    notes.judged()
    notes.recorded(DECISION, RECORD)
    notes.attempted("local", "onprem", ENDED)
    notes.refused("policy_blocked")
    return clock


def test_what_happens_is_noted_in_its_order_and_nothing_of_what_records_say_else() -> None:
    token = notes.begin(trace := Trace(Caller("4" * 32)))
    clock = take_note_of_everything()
    notes.end(token)
    moments = [moment for moment, _ in trace.notes]
    assert [note for _, note in trace.notes] == [
        Stage("detect"),
        Stage("decide"),
        Recorded(RECORD, "req_1", "pin", "onprem", attempts=True),
        Attempted(RECORD, 2, "local", "onprem", "ok", 200),
    ]
    assert moments == sorted(moments)
    assert moments[0] >= trace.begun
    assert (trace.endpoint, trace.code) == ("chat", "policy_blocked")
    assert list(clock.spent) == ["detect"]


def test_of_a_request_that_is_not_traced_nothing_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    def noted(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Trace, "note", noted)
    assert type(take_note_of_everything()) is Clock
    notes.end(notes.begin(Trace(Caller("4" * 32))))
    assert type(take_note_of_everything()) is Clock
    notes.begin(None)
    assert type(take_note_of_everything()) is Clock
