"""Room on the disk of a SQLite log: how much there is, and a ballast that is given up when there is none.

    ample   nothing is wrong
    low     less than the floor is free: the server says that it is not ready, so that whoever balances load goes away
    spent   the disk is full: no decision is taken any more, and the ballast was given up, so that the log can still
            say so, and how everything ended that is under way

The ballast lies beside the log while a server runs. It is made again when there is half as much room again as the
floor; until then nothing is ample. A disk that fills up further after that stops the log itself, as ever.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

MIB = 1024 * 1024
FLOOR_BYTES = 256 * MIB
FLOOR_PART = 20
"""On a disk so small that the floor is more than this part of it, this part is the floor."""
BALLAST_PART = 4
"""Of the floor; on disks of 5 GiB and more it is 64 MiB."""

State = Literal["ample", "low", "spent"]


@dataclass(frozen=True, slots=True)
class Space:
    """What a file system has, in bytes: `free` to users that are not root."""

    free: int
    total: int


def measure(directory: Path) -> Space:
    """Ask the file system; raises OSError."""
    found = os.statvfs(directory)
    return Space(found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize)


def floor_of(total: int) -> int:
    """Return how much is to be free of so many bytes."""
    return min(FLOOR_BYTES, total // FLOOR_PART)


class Room:
    """The disk that holds one log, for the process that writes it. Used by one thread at a time."""

    def __init__(self, log: Path, measure: Callable[[Path], Space] = measure) -> None:
        self._directory, self._measure = log.parent, measure
        self._ballast = log.with_name(log.name + ".ballast")
        self.space = measure(self._directory)
        self.floor = floor_of(self.space.total)
        self._size = self.floor // BALLAST_PART
        self.give_up()  # what a process left that was killed
        self.space = measure(self._directory)
        self.state: State = "spent"
        if self.space.free >= 2 * self._size and self._make():
            self.state = "low"
        self.look(full=False)

    def look(self, *, full: bool) -> State:
        """Measure, and return how things stand; `full`: the log was just told that the disk is."""
        self.space = self._measure(self._directory)
        free, size = self.space.free, self._size
        if self.state == "spent":
            if not full and free >= self.floor + 2 * size and self._make():
                self.state = "ample"
        elif full or free < size // 4:
            self.state = "spent"
        elif free < self.floor:
            self.state = "low"
        elif free >= self.floor + size:
            self.state = "ample"
        return self.state

    def give_up(self) -> None:
        """Give the ballast's room to the log. To be called when nothing is let through any more that could use it."""
        with suppress(FileNotFoundError):
            self._ballast.unlink()

    def said(self) -> str:
        """Say how much is free, in words for people."""
        return f"{about(self.space.free)} free of {about(self.space.total)}, {about(self.floor)} wanted"

    def _make(self) -> bool:
        """Take the ballast's room from the disk; False where there is not so much."""
        try:
            descriptor = os.open(self._ballast, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                if self._size:
                    os.posix_fallocate(descriptor, 0, self._size)
            finally:
                os.close(descriptor)
        except OSError:
            self.give_up()
            return False
        return True


def about(count: int) -> str:
    """Return bytes rounded for people."""
    amount = count / MIB
    return f"{amount / 1024:.0f} GiB" if amount >= 10 * 1024 else f"{amount:.0f} MiB"
