"""Time stamps and what is said about them."""

import re
import sys

from audit.clock import Clock, read_sync
from audit.kinds import ENVELOPE, STAMP


def test_a_stamp_has_the_form_that_records_need() -> None:
    clock = Clock()
    check = STAMP.compile()
    assert all(check(clock.stamp()) is None for _ in range(100))
    assert ENVELOPE["clock"].compile()(clock.sync()) is None


def test_monotonic_time_only_goes_forward() -> None:
    clock = Clock()
    times = [clock.mono_us() for _ in range(100)]
    assert times == sorted(times)


def test_the_kernel_is_asked_on_linux() -> None:
    if sys.platform == "linux":
        assert read_sync()["src"] == "adjtimex"
        assert re.fullmatch(r"\d+", str(read_sync()["err_us"]))
