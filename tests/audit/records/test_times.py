import datetime as dt

from audit.records.fields import STAMP
from audit.records.times import full, now, written

NOON = "2026-03-01T12:00:00.000000Z"


def test_a_time_of_any_zone_is_written_as_records_have_theirs() -> None:
    assert written(dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)) == NOON
    assert written(dt.datetime(2026, 3, 1, 13, tzinfo=dt.timezone(dt.timedelta(hours=1)))) == NOON
    assert STAMP.compile()(now()) is None


def test_a_time_without_microseconds_compares_with_those_of_records() -> None:
    assert full("2026-03-01T12:00:00Z") == NOON == full(NOON)
    assert full("2026-01-31T12:00:00.000001Z") == "2026-01-31T12:00:00.000001Z"
