"""All readings of a text: decoded, and decoded again, to a bounded depth, size, count and time.

Reaching a bound is a failure by name, never silence: the task then counts as not inspected.
"""

import time

from proxy.detection.decoders import DECODERS, Budget
from proxy.detection.normal import fold, normalise, tagged

MAX_DEPTH = 3
MAX_VIEWS = 4096
CHARS_FREE, CHARS_PER_CHAR = 256 * 1024, 6
MAX_SECONDS = 3.0
TRIVIAL = 6
"""A difference of fewer characters at the last depth is chance, not another layer."""


def budget(chars: int) -> Budget:
    """Return the budget for the views of texts of so many characters in all."""
    return Budget(CHARS_FREE + CHARS_PER_CHAR * chars, MAX_VIEWS, time.monotonic() + MAX_SECONDS)


def expand(text: str, spent: Budget) -> list[str]:
    """Return every reading of a normalised text other than itself."""
    seen = {text}
    level = [text]
    found: list[str] = []
    for depth in range(MAX_DEPTH + 1):
        children: list[str] = []
        for child in _children(level, spent):
            if child in seen:
                continue
            if depth == MAX_DEPTH:
                if len(child) >= TRIVIAL:
                    spent.failures.add("view_bound")
                return found
            spent.chars -= len(child)
            spent.views -= 1
            if spent.chars < 0 or spent.views < 0 or time.monotonic() > spent.deadline:
                spent.failures.add("view_bound")
                return found
            seen.add(child)
            children.append(child)
        found += children
        level = children
    return found


def _children(level: list[str], spent: Budget) -> list[str]:
    children = []
    for parent in level:
        plain = fold(parent)
        for decoder in DECODERS:
            for child in decoder(plain, spent):
                readable = normalise(child)
                if readable is None:
                    spent.failures.add("view_bound")
                else:
                    children.append(readable)
                hidden = tagged(child)
                if hidden:
                    children.append(hidden)
    return children
