"""What a record says about its time: the wall clock, whether the kernel believes it, and a clock that cannot jump.

Order comes from sequence numbers, never from here.
"""

import ctypes
import sys
import time
from datetime import UTC, datetime
from typing import Any

STA_UNSYNC = 0x0040
TIMEX_BYTES = 512
"""More than any `struct timex`; the kernel fills in the fields read below and leaves the rest."""
REFRESH_S = 10.0


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


class Clock:
    """Time stamps for records. The kernel is asked again every ten seconds."""

    def __init__(self) -> None:
        self._sync = read_sync()
        self._asked = time.monotonic()

    def stamp(self) -> str:
        """Return UTC as RFC 3339 with microseconds."""
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def mono_us(self) -> int:
        """Return microseconds of a clock that only goes forward, comparable within one process."""
        return time.monotonic_ns() // 1000

    def sync(self) -> dict[str, Any]:
        """Return the record's `clock` field."""
        now = time.monotonic()
        if now - self._asked > REFRESH_S:
            self._sync, self._asked = read_sync(), now
        return self._sync
