"""What the views of one task may cost, and why it was not enough: a bound that is reached is named, never silent."""

import time
from dataclasses import dataclass, field

VIEW_BOUND, BINARY = "view_bound", "binary"
MAX_PIECES = 1000


@dataclass(slots=True)
class Budget:
    """Characters and views that may still be made, and the processor time to make them in, in seconds."""

    chars: int
    views: int
    seconds: float
    root: str = ""
    """The text that all views are views of."""
    failures: set[str] = field(default_factory=set)
    undone: list[str] = field(default_factory=list)
    """The encoded pieces that were decoded last, with a few characters beside them; the caller empties it."""
    opaque: list[str] = field(default_factory=list)
    """Long pieces that decode to no text, the same way."""
    _began: float = field(default_factory=time.thread_time)

    def spend(self, chars: int) -> bool:
        """Pay for one more view; False, and named, when that is more than is left."""
        self.chars -= chars
        self.views -= 1
        if self.chars >= 0 and self.views >= 0 and time.thread_time() - self._began <= self.seconds:
            return True
        self.failures.add(VIEW_BOUND)
        return False

    def note(self, piece: str) -> None:
        """Remember an encoded piece; the first ones tell enough."""
        if len(self.undone) < MAX_PIECES:
            self.undone.append(piece)

    def hide(self, piece: str) -> None:
        """Remember a piece that nobody can read."""
        if len(self.opaque) < MAX_PIECES:
            self.opaque.append(piece)
