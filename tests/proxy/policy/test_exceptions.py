import datetime as dt
import re
from pathlib import Path

import pytest

from proxy.policy import exceptions
from proxy.policy.exceptions import ALWAYS_LIVE, NEVER_LIVE, Standing, day_of, expired, standing


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


@pytest.mark.parametrize(
    ("day", "stands"),
    [
        ("2026-06-15", Standing.LIVE),
        ("2026-06-16", Standing.EXPIRING),
        ("2026-06-30", Standing.EXPIRING),
        ("2026-07-01", Standing.EXPIRED),
    ],
)
def test_one_that_ends_within_the_days_asked_for_is_expiring(day: str, stands: Standing) -> None:
    assert standing(dt.date(2026, 6, 30), dt.date.fromisoformat(day), 14) is stands


def test_nothing_else_compares_an_end_with_a_clock() -> None:
    asked = {
        path.name
        for path in Path(exceptions.__file__).parent.rglob("*.py")
        if re.search(r"until\s*[<>]=?|[<>]=?\s*[a-z_.]*until", path.read_text())
    }
    assert asked == {"exceptions.py"}
