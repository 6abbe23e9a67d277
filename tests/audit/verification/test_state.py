"""How a stored record is read, and what is carried from one to the next."""

import json
from typing import Any

import pytest

from audit.records.jcs import canonical
from audit.verification.state import DARK_S, Row, State, read_body, seconds


def test_a_valid_record_is_read_at_once_and_another_one_says_what_is_wrong(specimens: Any, forge: Any) -> None:
    raw = forge(specimens[0].path).rows[2]["body"]
    body, fault, derived = read_body(raw)
    assert body is not None
    assert fault is None
    assert derived is not None
    assert derived.id == body["id"]
    _, fault, derived = read_body(canonical({**json.loads(raw), "note": "x"}))
    assert fault == (".*", "unknown field")
    assert derived is None
    assert read_body(raw + b" ") == (None, None, None)
    assert read_body(b"") == (None, None, None)


@pytest.mark.parametrize(
    ("until", "expected"), [("2026-01-31T12:01:00.000000Z", 60.0), ("2026-13-31T12:00:00Z", float("inf"))]
)
def test_what_is_no_time_is_without_end(until: str, expected: float) -> None:
    assert seconds("2026-01-31T12:00:00.000000Z", until) == expected


def test_a_long_time_without_any_record_is_kept_as_dark(specimens: Any, forge: Any) -> None:
    rows = forge(specimens[0].path).rows[:2]
    state = State(bytes(16), {})
    for row, ts in zip(rows, ("2026-01-31T12:00:00.000000Z", "2026-01-31T14:00:00.000000Z"), strict=True):
        raw = canonical({**json.loads(row["body"]), "ts": ts})
        state.after(Row(row["seq"], row["prev"], row["bh"], row["link"], raw, (), *read_body(raw)))
    assert [(dark.seq, dark.until) for dark in state.dark] == [(1, "2026-01-31T14:00:00.000000Z")]
    assert seconds(state.dark[0].since, state.dark[0].until) > DARK_S
