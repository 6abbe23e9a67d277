"""A small plot of the figures, as SVG without a library: time to the first token, and tokens a second."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Self

from proxy.model_bench.figures import Figures
from proxy.tables import plain

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
"""Okabe and Ito's, which people who see colours differently can tell apart."""
WIDE, HIGH = 340, 220
LEFT, TOP, BETWEEN = 60, 50, 90
TICKS = 4


def svg(title: str, found: Sequence[Figures]) -> str:
    """Return a plot with two panels over the number of requests in flight; one line a model, p95 as a whisker."""
    models = list(dict.fromkeys(one.model for one in found))
    width, height = LEFT + 2 * WIDE + BETWEEN + 20, TOP + HIGH + 60 + 18 * len(models)
    view = f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12" fill="#222"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {view}>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="{LEFT}" y="22" font-size="15">{escape(plain(title))}</text>',
        *_panel(
            found, models, LEFT, "first token, ms (median, whisker to p95)", lambda one: one.first_ms, whisker=True
        ),
        *_panel(found, models, LEFT + WIDE + BETWEEN, "tokens/s of all answers", lambda one: one.all_tokens_s),
    ]
    for number, model in enumerate(models):
        y = TOP + HIGH + 58 + 18 * number
        parts.append(f'<rect x="{LEFT}" y="{y - 9}" width="14" height="10" fill="{_colour(number)}"/>')
        parts.append(f'<text x="{LEFT + 22}" y="{y}">{escape(plain(model))}</text>')
    return "\n".join([*parts, "</svg>", ""])


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis from `low` to `high`: linear from 0, or logarithmic between powers of ten."""

    low: float
    high: float

    @classmethod
    def of(cls, numbers: Iterable[float], *, decades: bool) -> Self:
        """Return one that has room for all of them."""
        above = [number for number in numbers if number > 0] or [1.0]
        if not decades:
            return cls(0.0, _round_up(max(above)))
        low = math.floor(math.log10(min(above)))
        return cls(10.0**low, 10.0 ** max(low + 1, math.ceil(math.log10(max(above)))))

    @property
    def ticks(self) -> list[float]:
        """Where it is marked."""
        if self.low:
            return [10.0**power for power in range(round(math.log10(self.low)), round(math.log10(self.high)) + 1)]
        return [self.high * tick / TICKS for tick in range(TICKS + 1)]

    def y(self, number: float) -> float:
        """Return where a number is drawn."""
        part = math.log(number / self.low) / math.log(self.high / self.low) if self.low else number / self.high
        return round(TOP + HIGH * (1 - part), 1)


def _panel(
    found: Sequence[Figures],
    models: Sequence[str],
    left: int,
    title: str,
    value: Callable[[Figures], float],
    *,
    whisker: bool = False,
) -> list[str]:
    levels = sorted({one.in_flight for one in found})
    good = [one for one in found if value(one) > 0]
    scale = Scale.of(
        [max(value(one), one.first_p95_ms * whisker) for one in good] + [*map(value, good)], decades=whisker
    )

    def x(level: int) -> float:
        return round(left + WIDE * (levels.index(level) + 0.5) / len(levels), 1)

    parts = [f'<text x="{left}" y="{TOP - 10}">{escape(title)}</text>']
    for at in scale.ticks:
        parts.append(f'<path d="M{left} {scale.y(at)}H{left + WIDE}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 6}" y="{scale.y(at) + 4:.1f}" text-anchor="end">{at:,g}</text>')
    parts += [f'<text x="{x(level)}" y="{TOP + HIGH + 18}" text-anchor="middle">{level}</text>' for level in levels]
    middle = left + WIDE / 2
    parts.append(f'<text x="{middle}" y="{TOP + HIGH + 36}" text-anchor="middle">requests in flight</text>')
    for number, model in enumerate(models):
        colour = _colour(number)
        points = [(x(one.in_flight), scale.y(value(one)), one) for one in good if one.model == model]
        line = " ".join(f"{across},{down}" for across, down, _ in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for across, down, one in points:
            parts.append(f'<circle cx="{across}" cy="{down}" r="4" fill="{colour}"/>')
            if len(models) == 1:
                parts.append(f'<text x="{across + 8}" y="{down + 14}">{value(one):,.0f}</text>')
            if whisker:
                ends = f"M{across} {down}V{scale.y(one.first_p95_ms)}m-4 0h8"
                parts.append(f'<path d="{ends}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
    return parts


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _round_up(most: float) -> float:
    """Return the next of 1, 2, 4 or 8 times a power of ten, whose quarters are easy to read."""
    if most <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(most))
    return next(step * power for step in (1, 2, 4, 8, 10) if step * power >= most)
