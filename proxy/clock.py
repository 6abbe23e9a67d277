"""What a request spends its time on, as its records say it."""

import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Clock:
    """Microseconds that each stage took, from the arrival of the request on."""

    started: float = field(default_factory=time.perf_counter)
    spent: dict[str, int] = field(default_factory=dict)
    _last: float = 0.0

    def mark(self, stage: str) -> None:
        """Add the time since the last mark to a stage."""
        now = time.perf_counter()
        self.spent[stage] = self.spent.get(stage, 0) + int((now - (self._last or self.started)) * 1e6)
        self._last = now

    def total(self) -> dict[str, int]:
        """Return every stage, and the total until now."""
        return {**self.spent, "total": int((time.perf_counter() - self.started) * 1e6)}
