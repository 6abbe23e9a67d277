"""When an exception is live: the one place that compares its last day with a clock."""

import datetime as dt
from enum import StrEnum

LONGEST_DAYS = 90
"""An exception may end at most this many days from today, and a rule stay in shadow."""
NEVER_LIVE = dt.date.max
"""A day on which every exception is over."""
ALWAYS_LIVE = dt.date.min
"""A day on which no exception is over: the freest that exceptions can make a policy."""


def day_of(now: dt.date | dt.datetime) -> dt.date:
    """Return the day in UTC; a time without zone counts as UTC."""
    if isinstance(now, dt.datetime):
        return (now if now.tzinfo is None else now.astimezone(dt.UTC)).date()
    return now


def expired(until: dt.date, now: dt.date | dt.datetime) -> bool:
    """Whether an exception that holds up to and including the day `until` is over."""
    return day_of(now) > until


class Standing(StrEnum):
    """How an exception stands on a day."""

    EXPIRED = "expired"
    EXPIRING = "expiring"
    LIVE = "live"


def standing(until: dt.date, now: dt.date | dt.datetime, within: int) -> Standing:
    """Say how an exception stands; one whose last day is at most `within` days away is expiring."""
    if expired(until, now):
        return Standing.EXPIRED
    return Standing.EXPIRING if expired(until, day_of(now) + dt.timedelta(within + 1)) else Standing.LIVE
