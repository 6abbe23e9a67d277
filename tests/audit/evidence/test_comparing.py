from decimal import Decimal
from typing import Any

import pytest

from audit.evidence.billed import Billed
from audit.evidence.comparing import Compared, compare, verdict

USED = {
    "day": "2026-03-01",
    "model": "gpt-4o-mini",
    "answered": 10,
    "doubtful": 0,
    "open": 0,
    "reported": 10,
    "in": 1000,
    "out": 100,
}


def judged(requests: int | None, given: int, out: int, percent: str = "0", **used: Any) -> Compared:
    billed = [Billed("2026-03-01", "gpt-4o-mini", requests, given, out)]
    [row] = compare(billed, [{**USED, **used}], Decimal(percent))
    return row


@pytest.mark.parametrize(
    ("theirs", "used", "expected"),
    [
        ((10, 1000, 100), {}, "agrees"),
        ((11, 1000, 100), {}, "more"),
        ((10, 1001, 100), {}, "more"),
        ((10, 1000, 101), {}, "more"),
        ((9, 1000, 100), {}, "less"),
        ((10, 999, 100), {}, "less"),
        ((12, 1300, 130), {"doubtful": 1, "open": 1}, "agrees"),
        ((13, 1300, 130), {"doubtful": 1, "open": 1}, "more"),
        ((None, 1000, 100), {}, "agrees"),
        ((None, 1001, 100), {}, "more"),
        ((None, 1001, 100), {"doubtful": 1}, "unsure"),
        ((10, 1500, 100), {"reported": 9}, "agrees"),
    ],
)
def test_the_vendors_figures_are_judged_by_what_the_log_knows(
    theirs: tuple[int | None, int, int], used: dict[str, int], expected: str
) -> None:
    row = judged(*theirs, **used)
    assert row.verdict == expected
    assert bool(row.why) == (expected != "agrees")


def test_a_tolerance_is_in_percent_of_the_log() -> None:
    assert judged(11, 1100, 110, "10").verdict == "agrees"
    assert judged(12, 1100, 110, "10").verdict == "more"


def test_a_day_or_model_that_only_one_side_has_is_a_row() -> None:
    billed = [Billed("2026-03-01", "unheard-of", 1, 10, 1)]
    rows = compare(billed, [USED], Decimal(0))
    assert [(row.model, row.verdict) for row in rows] == [("gpt-4o-mini", "less"), ("unheard-of", "more")]
    assert verdict(rows) == "more"
    assert verdict([]) == "agrees"


def test_a_model_with_a_date_is_the_one_that_was_asked_for() -> None:
    names = ("gpt-4o-mini-2024-07-18", "gpt-4o-mini-20240718")
    [row] = compare([Billed("2026-03-01", name, 5, 500, 50) for name in names], [USED], Decimal(0))
    assert row.verdict == "agrees"


def test_what_was_asked_for_by_its_date_is_not_renamed() -> None:
    dated = {**USED, "model": "gpt-4o-mini-2024-07-18"}
    rows = compare([Billed("2026-03-01", dated["model"], 10, 1000, 100)], [dated], Decimal(0))
    assert verdict(rows) == "agrees"


def test_models_that_the_log_knows_by_a_pattern_only_are_summed_under_the_longest() -> None:
    used = [{**USED, "model": name} for name in ("gpt-4o*", "gpt-*")]
    billed = [Billed("2026-03-01", name, 5, 500, 50) for name in ("gpt-4o-mini", "gpt-4o", "gpt-5", "gpt-5-mini")]
    rows = compare(billed, used, Decimal(0))
    assert [(row.model, row.vendor.requests, row.verdict) for row in rows] == [
        ("gpt-*", 10, "agrees"),
        ("gpt-4o*", 10, "agrees"),
    ]
    [other, _] = compare([Billed("2026-03-01", "claude-x", 1, 1, 1)], used[:1], Decimal(0))
    assert (other.model, other.verdict) == ("claude-x", "more")
