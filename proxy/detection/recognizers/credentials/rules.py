"""One pattern and its judge: what most finders are made of."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from proxy.detection.recognizers.base import Match
from proxy.detection.recognizers.credentials.reading import Reading


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern with a group `value`, run only where one of the lower-case `gates` occurs.

    A `folded` pattern is written in lower case and reads the text so; `good` judges the value as it is written.
    """

    entity_type: str
    score: float
    gates: tuple[str, ...]
    pattern: re.Pattern[str]
    good: Callable[[str], bool] = bool
    folded: bool = True

    def find(self, reading: Reading) -> Iterator[Match]:
        """Yield the values that the judge lets pass."""
        if reading.has(*self.gates):
            for found in self.pattern.finditer(reading.low if self.folded else reading.text):
                start, end = found.span("value")
                value = reading.text[start:end]
                if self.good(value):
                    yield Match(self.entity_type, start, end, self.score, value)
