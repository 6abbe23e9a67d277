"""What the rounds gave, by target and scenario, and medians of it."""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

Key = tuple[str, str]
"""The name of a target and that of a scenario."""
SHORT, LONG = 20, 220
"""Words of a stream, an event each."""


@dataclass(frozen=True)
class Scenario:
    """How many callers, how many words a stream has that they ask for, and what is special about it."""

    callers: int
    words: int = 0
    paced: bool = False
    cold: bool = False


SCENARIOS = {
    "c1": Scenario(1),
    "c16": Scenario(16),
    "stream c1": Scenario(1, SHORT),
    "stream c16": Scenario(16, SHORT),
    "long stream c1": Scenario(1, LONG),
    "cold c1": Scenario(1, cold=True),
    "slow stream": Scenario(4, 100, paced=True),
}
RESENT = "resent conversation"
"""Not a load: the last of 20 turns, all but it sent before."""


@dataclass
class Figures:
    """What the rounds gave for one target and scenario."""

    samples: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    bad: int = 0

    def median(self, name: str) -> float:
        """Median over the rounds."""
        return statistics.median(self.samples[name]) if self.samples[name] else float("nan")


@dataclass
class Results:
    """All of it; what was not measured is not a number."""

    rounds: dict[Key, Figures] = field(default_factory=lambda: defaultdict(Figures))
    memory_mb: dict[str, float] = field(default_factory=dict)

    def __call__(self, target: str, scenario: str, figure: str) -> float:
        """Return a median."""
        return self.rounds[target, scenario].median(figure) if (target, scenario) in self.rounds else float("nan")

    def added(self, target: str, scenario: str, figure: str) -> float:
        """Return a median less that of the direct way."""
        return self(target, scenario, figure) - self("direct", scenario, figure)

    def event(self, target: str, figure: str) -> float:
        """Return what one more event of a stream costs: the long stream less the short one, for one caller."""
        return (self(target, "long stream c1", figure) - self(target, "stream c1", figure)) / (LONG - SHORT)

    def mb(self, name: str) -> float:
        """Return how much memory something needs."""
        return self.memory_mb.get(name, float("nan"))

    def bad(self) -> int:
        """How many answers were wrong."""
        return sum(figures.bad for figures in self.rounds.values())

    def names(self, scenario: str) -> Sequence[str]:
        """Return the targets that were measured in a scenario, in the order in which they were begun."""
        return [target for target, measured in self.rounds if measured == scenario]


def over(ours: float, theirs: float) -> float:
    """Divide; of what was too short to be measured there is no ratio."""
    return ours / theirs if theirs else float("nan")
