"""Time stamps and what is said about them."""

import re
import sys
import time
from datetime import UTC, datetime

import pytest
from clocks import Hands

from audit.clock import SECOND, Clock, Machine, boot_ns, read_sync, stamp_of
from audit.records.fields import STAMP
from audit.records.kinds import ENVELOPE


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


@pytest.mark.parametrize("machine", [Hands().machine(), Machine()], ids=["told", "real"])
def test_a_stamp_is_what_the_standard_library_makes_of_the_same_moment(machine: Machine) -> None:
    wall = machine.wall()
    said = datetime.fromisoformat(stamp_of(wall))
    assert said == datetime.fromtimestamp(wall // SECOND, UTC).replace(microsecond=wall % SECOND // 1000)


def test_the_clock_beside_the_wall_clock_runs_on_while_a_machine_sleeps() -> None:
    assert boot_ns() >= time.monotonic_ns() - SECOND
    assert Clock().off() is None


HOUR, DAY = 3600, 86400


@pytest.mark.parametrize(
    ("step", "size"),
    [
        (61, "forward_minutes"),
        (-61, "back_minutes"),
        (-HOUR, "back_hours"),
        (3 * DAY, "forward_days"),
        (3653 * DAY, "forward_years"),
    ],
)
def test_t32_a_clock_that_jumped_is_off_until_it_is_back_in_line(step: int, size: str) -> None:
    hands = Hands()
    clock = hands.clock()
    hands.run(HOUR)
    assert clock.off() is None
    hands.step(step)
    assert clock.off() == size
    hands.run(HOUR)
    assert clock.off() == size, "time alone mends nothing"
    hands.step(-step + 30)
    assert (clock.off(), clock.corrected) == (None, [])


@pytest.mark.parametrize("step", [1, -1, 60, -60])
def test_t32_a_leap_second_and_the_like_are_no_jump(step: int) -> None:
    hands = Hands()
    clock = hands.clock()
    hands.step(step)
    assert (clock.off(), clock.corrected) == (None, [])


def test_t32_small_steps_add_up() -> None:
    hands = Hands()
    clock = hands.clock()
    for _ in range(2):
        assert clock.off() is None
        hands.step(40)
    assert clock.off() == "forward_minutes"


def test_t32_a_step_by_which_the_kernel_disciplined_the_clock_is_a_correction() -> None:
    hands = Hands()
    clock = hands.clock()
    hands.step(-HOUR)
    assert (clock.off(), clock.sync()["sync"]) == ("back_hours", False)
    hands.disciplined = True
    assert (clock.off(), clock.sync()["sync"], clock.corrected) == (None, True, ["back_hours"])
    hands.run(DAY)
    assert (clock.off(), clock.corrected) == (None, ["back_hours"])
    hands.step(HOUR)
    assert clock.off() == "forward_hours", "from where it was put right"


def test_a_clock_that_no_kernel_ever_disciplined_is_trusted_while_it_does_not_jump() -> None:
    hands = Hands()
    clock = hands.clock()
    for _ in range(100):
        hands.run(DAY)
        assert clock.off() is None
    assert clock.sync()["sync"] is False


def test_a_machine_that_slept_is_not_off() -> None:
    hands = Hands()
    clock = hands.clock()
    hands.run(8 * HOUR)  # CLOCK_BOOTTIME runs on, CLOCK_MONOTONIC would not have
    assert clock.off() is None


def test_what_a_person_accepted_is_trusted_from_there() -> None:
    hands = Hands()
    clock = hands.clock()
    hands.step(HOUR)
    clock.accept()
    assert clock.off() is None
    hands.step(-HOUR)
    assert clock.off() == "back_hours"


def test_t32_a_clock_behind_the_newest_record_is_off() -> None:
    hands = Hands()
    clock = hands.clock()
    clock.not_before(stamp_of(hands.wall + 59 * SECOND))
    clock.not_before(stamp_of(hands.wall - 10 * DAY * SECOND))
    assert clock.off() is None
    clock.not_before(stamp_of(hands.wall + HOUR * SECOND))
    assert clock.off() == "back_hours"
    hands.step(HOUR)
    assert clock.off() is None


def test_t32_a_clock_that_is_not_that_of_the_database_is_off_but_not_where_the_kernel_vouches_for_it() -> None:
    hands = Hands()
    clock = hands.clock()
    clock.compare(hands.wall - 59 * SECOND)
    assert clock.off() is None
    clock.compare(hands.wall + HOUR * SECOND)
    assert clock.off() == "back_hours"
    clock.compare(hands.wall)
    assert clock.off() is None
    hands.disciplined = True
    clock = hands.clock()
    clock.compare(hands.wall + HOUR * SECOND)
    assert (clock.off(), clock.corrected) == (None, [])


def test_a_difference_from_the_database_that_a_person_accepted_is_accepted_for_good() -> None:
    hands = Hands()
    clock = hands.clock()
    for _ in range(3):
        clock.compare(hands.wall + HOUR * SECOND)
        clock.off()
        clock.accept()
        hands.run(DAY)
        clock.compare(hands.wall + HOUR * SECOND)
        assert clock.off() is None
    clock.compare(hands.wall + DAY * SECOND)
    assert clock.off() == "back_hours"


def test_a_clock_that_an_earlier_process_doubted_is_off_until_kernel_or_person_say_otherwise() -> None:
    hands = Hands()
    clock = hands.clock()
    clock.doubt()
    clock.compare(hands.wall)
    assert clock.off() == "unknown"
    hands.disciplined = True
    assert (clock.off(), clock.corrected) == (None, ["unknown"])
    hands.disciplined = False
    clock.doubt()
    clock.accept()
    assert clock.off() is None
