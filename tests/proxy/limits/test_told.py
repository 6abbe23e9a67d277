"""What callers are told, in the forms that the OpenAI API documents."""

import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.limits.bucket import MINUTE_US, Level
from proxy.limits.limits import Bound, Owner, Unit
from proxy.limits.told import duration, headers, refusal

GO = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?")


@pytest.mark.parametrize(
    ("us", "said"),
    [
        (0, "0ms"),
        (1, "1ms"),
        (120_000, "120ms"),
        (1_000_000, "1s"),
        (8_640_000, "8.64s"),
        (MINUTE_US, "1m0s"),
        (6 * MINUTE_US, "6m0s"),
        (MINUTE_US + 1_500_000, "1m1.5s"),
        (60 * MINUTE_US, "1h0m0s"),
        (60 * MINUTE_US + 2_000_000, "1h0m2s"),
    ],
)
def test_durations_are_written_as_go_does(us: int, said: str) -> None:
    assert duration(us) == said


@given(st.integers(0, 10**12))
def test_a_duration_can_be_read_back_and_is_never_too_short(us: int) -> None:
    found = GO.fullmatch(duration(us))
    assert found is not None
    hours, minutes, seconds, ms = (float(part or 0) for part in found.groups())
    assert round(((hours * 60 + minutes) * 60 + seconds) * 1000 + ms) == -(-us // 1000)


def test_headers_tell_of_the_nearer_limit_of_each_unit() -> None:
    levels = {
        bound("key", "requests", 60): Level(60, 1_000_000),
        bound("team", "requests", 100): Level(100, 58_800_000),
        bound("team", "tokens", 6_000): Level(6_000, 0),
    }
    assert headers(levels) == {
        "x-ratelimit-limit-requests": "100",
        "x-ratelimit-remaining-requests": "2",
        "x-ratelimit-reset-requests": "58.8s",
        "x-ratelimit-limit-tokens": "6000",
        "x-ratelimit-remaining-tokens": "6000",
        "x-ratelimit-reset-tokens": "0ms",
    }


@pytest.mark.parametrize("unit", get_args(Unit))
@pytest.mark.parametrize("owner", get_args(Owner))
def test_a_refusal_says_which_limit_and_how_long_to_wait(owner: Owner, unit: Unit) -> None:
    full, empty = bound("key", "requests", 1000), bound(owner, unit, 60)
    levels = {full: Level(1000, 0), empty: Level(60, MINUTE_US + 1)}
    error = refusal(levels, {each: each.draw(1) for each in levels})
    assert (error.status, error.code, error.kind) == (429, "rate_limit_exceeded", unit)
    assert error.headers() == {"retry-after": "2", "retry-after-ms": "1001"}
    assert error.receipt[f"x-ratelimit-remaining-{unit}"] == "0"
    assert f"60 {unit} a minute" in error.message
    assert ("your API key" in error.message) == (owner == "key")
    assert ("your team" in error.message) == (owner == "team")


def bound(owner: Owner, unit: Unit, per_minute: int) -> Bound:
    return Bound(owner, unit, "name", per_minute)
