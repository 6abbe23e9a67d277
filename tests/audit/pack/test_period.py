"""A period is what lies between two times, and nothing of it can be outside unseen."""

import pytest

from audit.pack.period import Period, moment

SINCE, UNTIL = "2026-10-01T00:00:00.000000Z", "2026-11-01T00:00:00.000000Z"
BEFORE, WITHIN, AFTER = "2026-09-30T23:59:59.999999Z", "2026-10-15T00:00:00.000000Z", UNTIL


def judged(times: list[str | None], first: int, last: int, **options: object) -> list[int | None]:
    """Return where something is wrong with a log of these times; None: left out."""
    period = Period(first, last, **{"since": SINCE, "until": UNTIL, **options})  # type: ignore[arg-type]
    for seq, ts in enumerate(times):
        period.take(seq, ts or "", is_left_out=ts is None)
    return [seq for seq, _ in (*period.ends(len(times)), *period.faults)]


def test_a_period_with_all_that_belongs_to_it_and_its_neighbours_is_right() -> None:
    assert judged([BEFORE, SINCE, WITHIN, AFTER], 1, 2) == []
    assert judged([None, BEFORE, WITHIN, AFTER, None], 2, 2) == []
    assert judged([WITHIN, WITHIN], 0, 1) == []


def test_records_within_it_may_have_any_time_but_the_first_and_the_last_may_not() -> None:
    assert judged([BEFORE, WITHIN, AFTER, BEFORE, WITHIN, AFTER], 1, 4) == []
    assert judged([BEFORE, WITHIN, AFTER], 1, 2) == [2]
    assert judged([BEFORE, WITHIN, AFTER], 0, 1) == [0]


def test_a_record_of_the_period_outside_of_it_is_found() -> None:
    assert judged([WITHIN, WITHIN, AFTER], 1, 1) == [0]
    assert judged([BEFORE, WITHIN, WITHIN, AFTER], 1, 1) == [2]
    assert judged([WITHIN, BEFORE, WITHIN, AFTER], 2, 2) == [0]


def test_a_neighbour_that_is_left_out_is_found_unless_it_was_pruned() -> None:
    assert judged([None, WITHIN, AFTER], 1, 1) == [0]
    assert judged([BEFORE, WITHIN, None], 1, 1) == [2]
    assert judged([None, WITHIN, AFTER], 1, 1, pruned=1) == []


def test_a_period_without_an_end_has_all_on_that_side() -> None:
    assert judged([BEFORE, WITHIN, AFTER, WITHIN], 1, 3, until="") == []
    assert judged([BEFORE, WITHIN, AFTER], 1, 1, until="") == [None, 2]
    assert judged([WITHIN, BEFORE, AFTER], 0, 1, since="") == []
    assert judged([BEFORE, WITHIN, AFTER], 1, 1, since="") == [None, 0]
    assert judged([BEFORE, WITHIN], 1, 1, since="", until="") == [None, 0]


def test_bounds_that_cross_or_lie_behind_the_log_are_found() -> None:
    assert judged([BEFORE, BEFORE, None, AFTER, AFTER], 4, 0) == [None]
    assert judged([BEFORE, WITHIN, WITHIN], 1, 3) == [None]


def unseen(times: list[str | None], first: int, last: int, **options: object) -> list[str]:
    """Return what no record shows of the ends of a period."""
    period = Period(first, last, **{"since": SINCE, "until": UNTIL, **options})  # type: ignore[arg-type]
    for seq, ts in enumerate(times):
        period.take(seq, ts or "", is_left_out=ts is None)
    assert not period.faults
    return [what.split(":")[0] for what in period.unseen(len(times))]


def test_an_end_that_no_record_shows_is_not_proven() -> None:
    begins, ends = "that the period begins with record 1", "that the period ends with record 1"
    assert unseen([BEFORE, WITHIN, AFTER], 1, 1) == []
    assert unseen([BEFORE, WITHIN], 1, 1) == [ends]
    assert unseen([BEFORE, WITHIN], 1, 1, until="") == []
    assert unseen([None, WITHIN, AFTER], 1, 1, pruned=1) == [begins]
    assert unseen([None, WITHIN, None], 1, 1, pruned=3) == [begins, ends]
    assert unseen([WITHIN, WITHIN, AFTER], 0, 1) == []


def test_only_so_many_faults_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.pack.period.MAX_FAULTS", 2)
    assert judged([WITHIN] * 9, 8, 8) == [0, 1]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("2026-10-01", SINCE),
        ("2026-10-01T00:00:00Z", SINCE),
        ("2026-10-01T12:30:59.5Z", "2026-10-01T12:30:59.500000Z"),
        ("2026-10-01T12:30:59.000001Z", "2026-10-01T12:30:59.000001Z"),
        ("0001-01-01", "0001-01-01T00:00:00.000000Z"),
    ],
)
def test_days_and_times_are_read_as_records_have_them(text: str, made: str) -> None:
    assert moment(text) == made


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01", "2026-10-01T12:00:00", "2026-10-01T12:00:00+02:00", "1"]
)
def test_nothing_else_is_a_time(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - what is wrong does not matter
        moment(text)
