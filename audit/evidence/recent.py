"""What is remembered of the newest of many: the oldest is forgotten first, so that memory stays bounded."""

from typing import Generic, TypeVar

KEPT = 100_000

V = TypeVar("V")


class Recent(Generic[V]):
    """The newest keys, in the order in which they first came, each with a value."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._values: dict[str, V] = {}

    def add(self, key: str, value: V) -> bool:
        """Keep a value; whether its key is new. One that is known keeps its value and its place."""
        if key in self._values:
            return False
        self._values[key] = value
        if len(self._values) > self._kept:
            del self._values[next(iter(self._values))]
        return True

    def get(self, key: str) -> V | None:
        """Return the value of a key, if it is still known."""
        return self._values.get(key)

    def __contains__(self, key: str) -> bool:
        """Whether a key is still known."""
        return key in self._values
