"""Reads numbers out of what servers tell Prometheus. Source: Prometheus, "Exposition formats", text format 0.0.4."""

import math
import re
from collections.abc import Collection

SAMPLE = re.compile(r'([A-Za-z_:][\w:]*)(?:\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?[ \t]+(\S+)')
"""A name, labels if there are any, and a value; a time may follow."""
MOST = 2**53
LONGEST = 16 * 1024
"""Characters of a line; each label of a longer one would cost time and memory to look at."""


def total(text: str, names: Collection[str]) -> int | None:
    """Return the sum of the samples of these names, whatever their labels; None where there is none."""
    begins = tuple(names)
    lines = (SAMPLE.match(line) for line in text.splitlines() if len(line) < LONGEST and line.startswith(begins))
    found = [_number(line[2]) for line in lines if line is not None and line[1] in begins]
    counts = [number for number in found if number is not None]
    return min(round(sum(counts)), MOST) if counts else None


def _number(word: str) -> float | None:
    try:
        value = float(word)
    except ValueError:
        return None
    return value if math.isfinite(value) and 0 <= value < MOST else None
