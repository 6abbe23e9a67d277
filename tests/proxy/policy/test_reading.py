import datetime as dt
from typing import Any

import pytest

from proxy.files.diagnostics import Problems
from proxy.files.source import parse
from proxy.policy import reading
from proxy.policy.keys import Keys
from proxy.policy.model import What, Who
from proxy.policy.vocabulary import FUTURE


def read(reader: Any, text: str) -> tuple[Any, list[str]]:
    problems = Problems()
    value = reader(parse(f"a: {text}\n".encode(), "x.yaml").entries["a"][1], problems)
    return value, [found.code for found in problems.found]


def test_callers_and_calls_are_read_sorted() -> None:
    assert read(reading.who, "{teams: [b, 'a*'], not_teams: [x]}") == (Who(("a*", "b"), (), (), ("x",)), [])
    assert read(reading.what, "{endpoints: ['c*', chat], models: ['*']}") == (What(("c*", "chat"), ("*",)), [])


@pytest.mark.parametrize(
    ("reader", "text", "codes"),
    [
        (reading.who, "{team: [x]}", ["unknown-key"]),
        (reading.who, "{teams: []}", ["too-few"]),
        (reading.who, "{teams: x}", ["wrong-type"]),
        (reading.who, "{teams: ['a b']}", ["bad-name"]),
        (reading.who, "{not_teams: ['*']}", ["rule-without-effect"]),
        (reading.what, "{endpoints: ['x*']}", ["unknown-endpoint"]),
        (reading.score, "0.51", ["off-grid"]),
        (reading.score, "'0.5'", ["wrong-type"]),
        (reading.day, "2026-02-29", ["bad-date"]),
        (reading.day, "20260101", ["wrong-type"]),
    ],
)
def test_what_is_not_understood_is_refused(reader: Any, text: str, codes: list[str]) -> None:
    assert read(reader, text)[1] == codes


def test_scores_are_steps_and_days_are_days() -> None:
    assert read(reading.score, "0.55") == (11, [])
    assert read(reading.score, "1") == (20, [])
    assert read(reading.day, "2027-01-31") == (dt.date(2027, 1, 31), [])


@pytest.mark.parametrize("word", sorted(FUTURE))
def test_vocabulary_of_later_versions_is_told_apart_from_a_mistake(word: str) -> None:
    problems = Problems()
    reading.fields(parse(f"{word}: 1\n".encode(), "x.yaml"), problems, Keys({}))
    assert [found.code for found in problems.found] == ["unsupported"]
