"""Properties that are tried for so many seconds instead of on so many examples.

`make fuzz` gives all of them an hour together, or FUZZ_SECONDS, and new texts each time. `make test` gives each of them
a short turn with the same texts in the same order, as far as it gets.
"""

import os
import time
from collections.abc import Callable
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

PROPERTIES = 7
"""How many share the time."""
SHORT_S = 1.5
LONG_S = float(os.environ.get("FUZZ_SECONDS") or 0) / PROPERTIES
SECONDS = LONG_S or SHORT_S
CONTROL_S = 120.0
"""How long a control may look for what it must find; it takes seconds."""

profile = settings(
    max_examples=25,
    deadline=None,
    database=None,
    print_blob=True,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
"""One round: short, so that a turn ends in time; a failure prints what reproduces it."""
control = settings(profile, phases=[Phase.generate])
"""The same where a failure is what is wanted, as it comes."""


Drawn = TypeVar("Drawn")


def turn(
    check: Callable[[Drawn], None],
    drawn: SearchStrategy[Drawn],
    *,
    seconds: float = SECONDS,
    settings: settings = profile,
) -> int:
    """Try a property, round by round, until its time is over; returns how many rounds it was."""
    began, rounds = time.monotonic(), 0
    while time.monotonic() < began + seconds:
        number = time.time_ns() if LONG_S else rounds
        try:
            settings(seed(number)(given(drawn)(check)))()
        except BaseException as failed:
            failed.add_note(f"seed {number}")
            raise
        rounds += 1
    return rounds


def notices(check: Callable[[Drawn], None], drawn: SearchStrategy[Drawn]) -> bool:
    """Whether a property fails at last, as it has to in a control."""
    try:
        turn(check, drawn, seconds=CONTROL_S, settings=control)
    except AssertionError:
        return True
    return False
