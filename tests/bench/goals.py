"""How fast Ringfence has to be beside others, as ratios of one run, and what a run says of each.

`detection off` is Ringfence with its durable log and without detectors; the others do not look at what they pass on,
or, with Presidio, do.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from gateways import GUARDED, LITELLM
from in_process import STOCK
from measured import RESENT, Results, over
from memory import ALONE, MORE, SERVER_ALONE, SERVER_MORE
from targets import BARE, OFF, OURS

Ratio = Callable[[Results], float]
HEAD = ("beside", "what", "goal", "measured", "")


@dataclass(frozen=True)
class Goal:
    """A ratio and its bound; `ratio` is of us to them with `at_most`, of them to us otherwise."""

    beside: str
    what: str
    bound: float
    ratio: Ratio
    at_most: bool = True

    def cells(self, results: Results) -> tuple[str, ...]:
        """Return the row of the table; what it says is said of the ratio as it is shown."""
        measured = times(self.ratio(results))
        return (self.beside, self.what, self.goal, measured, self.verdict(measured))

    @property
    def goal(self) -> str:
        """The bound in words."""
        return f"at {'most' if self.at_most else 'least'} {self.bound:g}x"

    def verdict(self, measured: str) -> str:
        """Say whether it is reached, or else by which factor it is missed."""
        if measured == "-":
            return "not measured"
        ratio = float(measured.rstrip("x").replace(",", ""))
        short = ratio / self.bound if self.at_most else self.bound / max(ratio, 1e-9)
        return "reached" if short <= 1 else f"missed by a factor of {max(short, 1.01):.2f}"


@dataclass(frozen=True)
class Elsewhere:
    """A goal that another command measures."""

    beside: str
    what: str
    goal: str
    command: str

    def cells(self, _: Results) -> tuple[str, ...]:
        """Return the row of the table."""
        return (self.beside, self.what, self.goal, f"`{self.command}`", "")


def times(ratio: float) -> str:
    """Write a ratio with as many digits as mean something."""
    if math.isnan(ratio):
        return "-"
    return f"{ratio:,.{0 if ratio >= 100 else 1 if ratio >= 10 else 2 if ratio >= 0.2 else 3}f}x"


def us(scenario: str, figure: str, ours: str, theirs: str) -> Ratio:
    """Us to them."""
    return lambda results: over(results(ours, scenario, figure), results(theirs, scenario, figure))


def them(scenario: str, figure: str, ours: str, theirs: str) -> Ratio:
    """Them to us."""
    return us(scenario, figure, theirs, ours)


BESIDE_BARE = "bare FastAPI + httpx; detection off"
BESIDE_LITELLM = f"{LITELLM}; detection off"
GOALS: tuple[Goal | Elsewhere, ...] = (
    Goal(BESIDE_BARE, "CPU a request, 16 callers", 0.30, us("c16", "cpu_us", OFF, BARE)),
    Goal(BESIDE_BARE, "requests a second, 16 callers", 4, us("c16", "per_s", OFF, BARE), at_most=False),
    Goal(BESIDE_BARE, "median latency, 1 caller", 1.1, us("c1", "p50", OFF, BARE)),
    Goal(BESIDE_BARE, "CPU an event of a stream", 0.6, lambda r: over(r.event(OFF, "cpu_us"), r.event(BARE, "cpu_us"))),
    Goal(BESIDE_LITELLM, "less CPU a request, 16 callers", 15, them("c16", "cpu_us", OFF, LITELLM), at_most=False),
    Goal(
        BESIDE_LITELLM,
        "added median latency, 1 caller",
        1 / 8,
        lambda r: over(r.added(OFF, "c1", "p50"), r.added(LITELLM, "c1", "p50")),
    ),
    Goal(GUARDED, "less CPU a request, all of it new", 8, them("cold c1", "cpu_us", OURS, GUARDED), at_most=False),
    Goal(GUARDED, "less CPU, the last of 20 turns new", 40, them(RESENT, "cpu_us", OURS, GUARDED), at_most=False),
    Goal(GUARDED, "time to the first byte of a 10 s answer", 1 / 50, us("slow stream", "first", OURS, GUARDED)),
    Goal(STOCK, "less CPU, the last of 20 turns new", 20, them(RESENT, "cpu_us", OURS, STOCK), at_most=False),
    Elsewhere(STOCK, "1,000 and 10,000 characters", "at least 3.5x faster", "make bench-detection"),
    Goal("a worker that loads models itself", "memory of one more", 0.35, lambda r: over(r.mb(MORE), r.mb(ALONE))),
    Goal(
        "a server process begun alone",
        "memory of one more",
        0.35,
        lambda r: over(r.mb(SERVER_MORE), r.mb(SERVER_ALONE)),
    ),
    Elsewhere("a commit for each record", "records a second, 16 and more at once", "at least 5x", "make bench-audit"),
    Elsewhere("a bare fsync", "added median wait", "at most 2x", "make bench-audit"),
    Elsewhere("a log of any length", "appending and verifying", "flat, linear", "make bench-audit ARGS=--million"),
    Elsewhere("a conversation that grows", "CPU of a turn", "follows new text", "make bench-conversation"),
)


def table(results: Results) -> str:
    """Lay out all goals as Markdown."""
    rows = [HEAD, ("---",) * len(HEAD), *(goal.cells(results) for goal in GOALS)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)
