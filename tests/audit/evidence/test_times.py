import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from audit.evidence.times import day, seconds

TIMES = st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31))  # noqa: DTZ001 - of no zone


def stamp(at: dt.datetime) -> str:
    return f"{at.replace(microsecond=0).isoformat()}.{at.microsecond:06d}Z"


@given(TIMES, TIMES)
def test_seconds_are_those_of_the_calendar(since: dt.datetime, until: dt.datetime) -> None:
    expected = until.replace(microsecond=0) - since.replace(microsecond=0)
    assert seconds(stamp(since), stamp(until)) == expected / dt.timedelta(seconds=1)


def test_a_day_that_there_is_not_has_seconds_all_the_same() -> None:
    assert seconds("0000-00-00T00:00:00.000000Z", "9999-99-99T99:99:99.999999Z") > 0


def test_the_day_of_a_time_is_how_it_begins() -> None:
    assert day("2026-01-31T12:00:00Z") == "2026-01-31"
