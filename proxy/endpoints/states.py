"""Ids that an answer gives to what its model server keeps. They are remembered before the caller has them."""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["response", "item", "conversation"]
AT_A_TIME = 10_000
"""Ids of one answer that are known to be remembered; after more of them, some are remembered again."""


@dataclass(slots=True)
class States:
    """What an answer has named so far, each thing once."""

    _seen: set[tuple[Kind, str]] = field(default_factory=set)
    _new: list[tuple[Kind, str, bool]] = field(default_factory=list)

    def note(self, kind: Kind, name: object, *, carried: bool = False) -> None:
        """Note an id. What is `carried` is the caller's to bring back, even from an answer that is not stored."""
        if not isinstance(name, str) or not name or (kind, name) in self._seen:
            return
        if len(self._seen) >= AT_A_TIME:
            self._seen.clear()
        self._seen.add((kind, name))
        self._new.append((kind, name, carried))

    @property
    def named(self) -> bool:
        """Whether there is anything new."""
        return bool(self._new)

    def take(self, *, stored: bool) -> list[tuple[Kind, str]]:
        """Return what is new since the last time and has to be remembered."""
        new, self._new = self._new, []
        return [(kind, name) for kind, name, carried in new if stored or carried]
