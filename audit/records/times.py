"""Times as records have them: RFC 3339 in UTC with six digits of a second, so that they compare as texts."""

from datetime import UTC, datetime


def written(at: datetime) -> str:
    """Return a time, which has a zone, as records have theirs."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def now() -> str:
    """Return the time of this machine's wall clock."""
    return written(datetime.now(UTC))


def full(at: str) -> str:
    """Return a time that may lack the digits of a second with them."""
    return f"{at[:-1]}.000000Z" if len(at) == len("2026-01-31T12:00:00Z") else at
