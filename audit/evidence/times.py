"""Times as records have them, by integers alone, so that any language gets the same: also of a day that there is not.

The days of a date are those of H. Hinnant's "days from civil" in the proleptic Gregorian calendar.
"""


def day(at: str) -> str:
    """Return the day of a time (UTC)."""
    return at[:10]


def seconds(since: str, until: str) -> int:
    """Return the whole seconds from one time to another; parts of a second do not count."""
    return _second(until) - _second(since)


def _second(at: str) -> int:
    year, month, date = int(at[:4]), int(at[5:7]), int(at[8:10])
    year -= month <= 2  # noqa: PLR2004 - the year of the formula begins in March
    days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * ((month + 9) % 12) + 2) // 5 + date - 1
    return days * 86400 + int(at[11:13]) * 3600 + int(at[14:16]) * 60 + int(at[17:19])
