"""What is worked out once and asked for often: kept by whoever holds what it follows from, and never too much of it."""

from collections.abc import Callable
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")
MOST = 4096


class Memo(dict[Key, Value]):
    """Results of a pure function by its argument, but for None; all are forgotten at MOST, for callers choose them."""

    def __init__(self, find: Callable[[Key], Value]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, key: Key) -> Value:
        found = self._find(key)
        if found is not None:
            if len(self) >= MOST:
                self.clear()
            self[key] = found
        return found
