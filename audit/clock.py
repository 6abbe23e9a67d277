"""What a record says about its time: the wall clock, whether the kernel believes it, and a clock that cannot jump.

Order comes from sequence numbers, never from here. But decisions hold what depends on the time, and auditors read it:
a wall clock that jumped by more than a minute is not trusted for a decision until the kernel says that it is
disciplined again, it is back in line, or a person has looked. Kernels of virtual machines often never say so; that
alone is no reason. The wall clock is compared with one that runs on while a machine sleeps, with the newest record of
the log, and with the clock of its database. All of these follow the same corrections of the rate, so that only a step
sets them apart; a leap second is one of a second.
"""

import ctypes
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

STA_UNSYNC = 0x0040
TIMEX_BYTES = 512
"""More than any `struct timex`; the kernel fills in the fields read below and leaves the rest."""
REFRESH_S = 10.0
SECOND = 1_000_000_000
TOLERANCE = 60 * SECOND
ANOMALY = "time_anomaly"
"""The incident of a clock that jumped."""
SIZES = ((365 * 86400, "years"), (86400, "days"), (3600, "hours"), (0, "minutes"))


class _Timex(ctypes.Structure):
    """The head of `struct timex`, see adjtimex(2)."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * TIMEX_BYTES),
    )


def read_sync() -> dict[str, Any]:
    """Ask the kernel whether the clock is disciplined; `unknown` where it cannot be asked."""
    if not sys.platform.startswith("linux"):
        return {"src": "unknown", "sync": False}
    timex = _Timex()
    try:
        answer = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    except (OSError, AttributeError):
        answer = -1
    if answer < 0:
        return {"src": "unknown", "sync": False}
    return {"src": "adjtimex", "sync": not timex.status & STA_UNSYNC, "err_us": max(0, int(timex.maxerror))}


def boot_ns() -> int:
    """Return nanoseconds of a clock that never jumps and, where there is one, does not stop while a machine sleeps."""
    return time.clock_gettime_ns(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def boot_s() -> float:
    """Return the same in seconds, for what is to end after a time whether or not the machine slept through it."""
    return boot_ns() / SECOND


@dataclass(frozen=True, slots=True)
class Machine:
    """The clocks of this machine, in nanoseconds, and what its kernel says of the wall clock."""

    wall: Callable[[], int] = time.time_ns
    boot: Callable[[], int] = boot_ns
    sync: Callable[[], dict[str, Any]] = read_sync


class Clock:
    """Time stamps for records, and whether they can be trusted. Safe to call from any thread.

    The kernel is asked again every ten seconds, and while the clock is off whenever somebody wants to know.
    """

    def __init__(self, machine: Machine | None = None) -> None:
        self._machine = machine or Machine()
        self._sync = self._machine.sync()
        self._asked = time.monotonic()
        self._right: int | None = self._offset()
        """What the wall clock is ahead of the other when it is right; None while that is not known."""
        self._granted = 0
        """How far a person allowed it to be from other clocks."""
        self._settling = threading.Lock()
        self.corrected: list[str] = []
        """How far it was put right by the kernel's word, each time; for whoever records that."""

    def stamp(self) -> str:
        """Return UTC as RFC 3339 with microseconds."""
        return stamp_of(self._machine.wall())

    def mono_us(self) -> int:
        """Return microseconds of a clock that only goes forward, comparable within one process."""
        return time.monotonic_ns() // 1000

    def sync(self) -> dict[str, Any]:
        """Return the record's `clock` field."""
        now = time.monotonic()
        if now - self._asked > REFRESH_S:
            self._sync, self._asked = self._machine.sync(), now
        return self._sync

    def off(self) -> str | None:
        """Say how far the wall clock is off, as in `back_hours`; None while it can be trusted."""
        offset = self._offset()
        if self._right is not None and abs(offset - self._right) <= TOLERANCE:
            return None
        with self._settling:
            how_far = "unknown" if self._right is None else _size(offset - self._right)
            self._sync, self._asked = self._machine.sync(), time.monotonic()
            if not self._sync["sync"]:
                return how_far
            self.corrected.append(how_far)
            self._right = offset
            return None

    def compare(self, wall: int) -> None:
        """Compare with another clock that all writers of the log share: what it says now, in nanoseconds.

        A disciplined clock needs none.
        """
        if self._right is not None and not self.sync()["sync"]:
            self._right = wall - self._machine.boot() + self._granted

    def not_before(self, stamp: str) -> None:
        """Hold it to be off if it is behind the newest record of the log."""
        newest = int(datetime.fromisoformat(stamp).timestamp() * SECOND)
        if newest - self._machine.wall() > TOLERANCE:
            self._right = newest - self._machine.boot()

    def doubt(self) -> None:
        """Hold it to be off until the kernel says otherwise or a person has looked, if nothing else says that it is."""
        if self.off() is None:
            self._right = None

    def accept(self) -> None:
        """Trust it as it is now, because a person looked."""
        with self._settling:
            offset = self._offset()
            self._granted += 0 if self._right is None else offset - self._right
            self._right = offset

    def _offset(self) -> int:
        return self._machine.wall() - self._machine.boot()


def stamp_of(wall: int) -> str:
    """Return nanoseconds since 1970 as RFC 3339 with microseconds."""
    seconds, rest = divmod(wall, SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat()[:19]}.{rest // 1000:06d}Z"


def _size(step: int) -> str:
    """Name the class of a step."""
    seconds = abs(step) // SECOND
    name = next(name for least, name in SIZES if seconds >= least)
    return f"{'back' if step < 0 else 'forward'}_{name}"
