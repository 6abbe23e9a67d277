"""A machine whose clocks a test moves: nobody may set the real ones."""

from typing import Any

from audit.clock import SECOND, Clock, Machine

START = 1_790_000_000 * SECOND


class Hands:
    """What each clock shows, in nanoseconds, and whether the kernel believes the wall clock."""

    def __init__(self, wall: int = START) -> None:
        self.wall, self.boot, self.disciplined = wall, 5_000 * SECOND, False

    def machine(self) -> Machine:
        return Machine(lambda: self.wall, lambda: self.boot, self.sync)

    def clock(self) -> Clock:
        return Clock(self.machine())

    def sync(self) -> dict[str, Any]:
        return {"src": "adjtimex", "sync": self.disciplined, "err_us": 1}

    def run(self, seconds: int) -> None:
        """Let time pass."""
        self.wall += seconds * SECOND
        self.boot += seconds * SECOND

    def step(self, seconds: int) -> None:
        """Set the wall clock, after which no kernel believes it."""
        self.wall += seconds * SECOND
        self.disciplined = False
