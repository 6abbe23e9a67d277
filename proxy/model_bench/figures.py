"""What was measured, in numbers: of each model at each number of requests in flight."""

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from proxy.model_bench.asking import Timing

HEAD = (
    "model",
    "in flight",
    "answers",
    "failed",
    "first token ms",
    "p95",
    "tokens/s each",
    "tokens/s all",
    "Ringfence ms",
)


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one model at one number of requests in flight. Medians are of answers that came; 0 where none did."""

    model: str
    in_flight: int
    answers: int
    failed: dict[str, int]
    """How many failed, by why."""
    first_ms: float
    first_p95_ms: float
    each_tokens_s: float
    """Median over answers, from the first token on."""
    all_tokens_s: float
    """All tokens of all answers, by the time that all took."""
    ours_ms: float
    """Median of what Ringfence itself took before it asked the model."""
    counted: bool
    """Whether the server counted the tokens; else pieces of the streams were counted."""

    def cells(self) -> list[str]:
        """Return it as a row under HEAD."""
        failed = ", ".join(f"{count} {why}" for why, count in sorted(self.failed.items())) or "0"
        return [
            self.model,
            str(self.in_flight),
            str(self.answers),
            failed,
            f"{self.first_ms:.0f}",
            f"{self.first_p95_ms:.0f}",
            f"{self.each_tokens_s:.1f}",
            f"{self.all_tokens_s:.1f}",
            f"{self.ours_ms:.1f}",
        ]


def figures(model: str, in_flight: int, timings: Sequence[Timing], wall_s: float) -> Figures:
    """Sum up what one round of requests brought in so many seconds."""
    good = [timing for timing in timings if not timing.error]
    firsts = sorted(timing.first_s * 1000 for timing in good)
    speeds = [
        (one.tokens - 1) / (one.whole_s - one.first_s) for one in good if one.tokens > 1 and one.whole_s > one.first_s
    ]
    return Figures(
        model,
        in_flight,
        len(good),
        dict(Counter(timing.error for timing in timings if timing.error)),
        round(statistics.median(firsts), 1) if firsts else 0.0,
        round(firsts[-(-len(firsts) * 95 // 100) - 1], 1) if firsts else 0.0,
        round(statistics.median(speeds), 1) if speeds else 0.0,
        round(sum(timing.tokens for timing in good) / wall_s, 1) if wall_s > 0 else 0.0,
        round(statistics.median(timing.ours_ms for timing in good), 1) if good else 0.0,
        bool(good) and all(timing.counted for timing in good),
    )


def markdown(title: str, found: Sequence[Figures], notes: Sequence[str]) -> str:
    """Return the figures as a table for a page."""
    rows = [HEAD, ["---"] + ["--:"] * (len(HEAD) - 1), *(one.cells() for one in found)]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([f"# {title}", "", *lines, "", *notes, ""])


def plain(found: Sequence[Figures]) -> list[dict[str, Any]]:
    """Return the figures as JSON."""
    return [asdict(one) for one in found]
