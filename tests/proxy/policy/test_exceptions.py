import datetime as dt

from proxy.policy.exceptions import ALWAYS_LIVE, NEVER_LIVE, day_of, expired


def test_the_last_day_still_counts() -> None:
    day = dt.date(2026, 7, 31)
    assert not expired(day, day)
    assert expired(day, day + dt.timedelta(days=1))


def test_a_time_is_taken_in_utc() -> None:
    late = dt.datetime(2026, 7, 31, 23, 30, tzinfo=dt.timezone(dt.timedelta(hours=-2)))
    assert day_of(late) == dt.date(2026, 8, 1)
    assert day_of(late.replace(tzinfo=dt.UTC)) == dt.date(2026, 7, 31)


def test_the_two_ends_of_time_make_all_exceptions_live_or_none() -> None:
    day = dt.date(2026, 7, 31)
    assert not expired(day, ALWAYS_LIVE)
    assert expired(day, NEVER_LIVE)
