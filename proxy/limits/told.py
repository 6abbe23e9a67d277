"""What a caller is told of its limits: the headers of the OpenAI API, and 429 with the time to wait.

Format: platform.openai.com/docs/guides/rate-limits, "Rate limits in headers"; durations as Go prints them (`120ms`,
`1.5s`, `6m0s`). Where a key and its team have a limit of one kind, the headers tell of the one that is nearer.
"""

from collections.abc import Mapping

from proxy.errors import RequestRefused
from proxy.limits.bucket import Draw, Level
from proxy.limits.limits import UNITS, Bound

TOO_MANY = 429
Levels = Mapping[Bound, Level]


class RateLimited(RequestRefused):
    """A limit is reached, and nothing was read, recorded or sent; `type` says of what, as at OpenAI."""

    def __init__(self, bound: Bound, wait_us: int) -> None:
        of_key = bound.owner == "key"
        whose = "of your API key" if of_key else "that the keys of your team share"
        text = f"The {bound.per_minute} {bound.unit} a minute {whose} are used up; try again in {duration(wait_us)}."
        super().__init__(text, status=TOO_MANY, code="rate_limit_exceeded")
        self.kind = bound.unit
        self._wait_ms = -(-wait_us // 1000)

    def headers(self) -> dict[str, str]:
        """Say when a retry can help, to clients that know milliseconds as well."""
        return {"retry-after": str(-(-self._wait_ms // 1000)), "retry-after-ms": str(self._wait_ms)}


def refusal(levels: Levels, draws: Mapping[Bound, Draw]) -> RateLimited:
    """Return what is said to a request that wanted more than there is: the limit that it has to wait longest for."""
    waits = {bound: level.wait_us(draws[bound]) for bound, level in levels.items()}
    longest = max(waits, key=waits.__getitem__)
    error = RateLimited(longest, waits[longest])
    error.receipt = headers(levels)
    return error


def headers(levels: Levels) -> dict[str, str]:
    """Return the headers about requests and about tokens, each where there is such a limit."""
    told: dict[str, str] = {}
    for unit in UNITS:
        found = [level for bound, level in levels.items() if bound.unit == unit]
        if found:
            nearest = min(found, key=lambda level: level.left)
            told |= {
                f"x-ratelimit-limit-{unit}": str(nearest.per_minute),
                f"x-ratelimit-remaining-{unit}": str(nearest.left),
                f"x-ratelimit-reset-{unit}": duration(nearest.missing_us),
            }
    return told


def duration(us: int) -> str:
    """Write a time as Go does, in whole milliseconds, rounded up."""
    ms = -(-us // 1000)
    if ms < 1000:  # noqa: PLR2004 - a second
        return f"{ms}ms"
    minutes, rest = divmod(ms, 60_000)
    seconds = f"{rest // 1000}.{rest % 1000:03d}".rstrip("0").rstrip(".")
    hours, minutes_left = divmod(minutes, 60)
    return (f"{hours}h" if hours else "") + (f"{minutes_left}m" if minutes else "") + f"{seconds}s"
