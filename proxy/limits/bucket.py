"""The rule by which requests and tokens are shared out: a bucket that holds a minute's worth and fills up steadily.

It is the generic cell rate algorithm (ITU-T I.371, annex A), for which one number tells all of a bucket: when it will
be full again, in microseconds. Pure: whoever keeps the number brings the time. Every division is rounded against the
caller, so that no sum of requests gets more than the limit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

MINUTE_US = 60_000_000


@dataclass(frozen=True, slots=True)
class Draw:
    """What one request takes from the bucket of this name, or gives back if it is below zero."""

    name: str
    per_minute: int
    amount: int

    @property
    def cost_us(self) -> int:
        """By how much later the bucket will be full."""
        return -(-self.amount * MINUTE_US // self.per_minute)


@dataclass(frozen=True, slots=True)
class Level:
    """What a bucket of `per_minute` holds that will be full in `missing_us`."""

    per_minute: int
    missing_us: int

    @property
    def left(self) -> int:
        """How much can be taken now."""
        return max(0, (MINUTE_US - self.missing_us) * self.per_minute // MINUTE_US)

    def wait_us(self, draw: Draw) -> int:
        """In which time the draw can be had; 0 for now."""
        return max(0, self.missing_us + draw.cost_us - MINUTE_US)


def take(draws: Sequence[Draw], full_at: Sequence[int], now: int) -> tuple[bool, list[int]]:
    """Take from every bucket or from none: whether it was, and when each will be full.

    `full_at` and `now` are microseconds of one clock; a bucket that was to be full before now is full.
    """
    before = [max(at, now) for at in full_at]
    after = settle(draws, full_at, now)
    return (False, before) if any(at > now + MINUTE_US for at in after) else (True, after)


def settle(draws: Sequence[Draw], full_at: Sequence[int], now: int) -> list[int]:
    """Take or give back what has already been used, whatever the buckets hold; return when each will be full."""
    return [max(at, now) + draw.cost_us for at, draw in zip(full_at, draws, strict=True)]


def levels(draws: Sequence[Draw], full_at: Sequence[int], now: int) -> list[Level]:
    """Return what each bucket holds."""
    return [Level(draw.per_minute, at - now) for draw, at in zip(draws, full_at, strict=True)]
