"""What an answer said of itself: numbers and names of ours, never text."""

from dataclasses import dataclass, field
from typing import Any

FINISH_REASONS = frozenset({"stop", "length", "tool_calls", "content_filter", "function_call"})


@dataclass(slots=True)
class Observed:
    """What the outcome record takes from an answer."""

    model: str = ""
    finish: str = ""
    usage: dict[str, int] = field(default_factory=dict)
    failed: bool = False
    """Whether the upstream reported an error in the answer."""

    def named(self, model: object) -> None:
        """Note the model that the upstream says it used."""
        if isinstance(model, str):
            self.model = model

    def finished(self, reason: object) -> None:
        """Note why the answer ended; None is no reason."""
        if reason:
            self.finish = reason if isinstance(reason, str) and reason in FINISH_REASONS else "other"

    def used(self, **tokens: Any) -> None:
        """Note token counts by the record's names (`in`, `out`, `cached`); a later count replaces an earlier one."""
        self.usage |= {name: n for name, n in tokens.items() if type(n) is int and 0 <= n < 2**53}
