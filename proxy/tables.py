"""Tables on a terminal: aligned by the columns that characters take, with nothing in them that moves the cursor."""

import unicodedata
from collections.abc import Collection, Iterable, Sequence

WIDE = frozenset({"W", "F"})
"""Characters that take two columns (Unicode Standard Annex #11)."""
LONGEST = 48
GAP = "  "


def plain(text: str) -> str:
    """Return text that changes nothing but its own place: whatever controls a terminal becomes `?`."""
    return "".join(char if char.isprintable() else "?" for char in text)


def width(text: str) -> int:
    """Return how many columns text takes."""
    return sum(_columns(char) for char in text)


def short(text: str, most: int) -> str:
    """Return text of at most so many columns, with `…` where it was cut."""
    if width(text) <= most:
        return text
    kept, left = "", most - 1
    for char in text:
        left -= _columns(char)
        if left < 0:
            break
        kept += char
    return f"{kept}…"


def table(rows: Iterable[Sequence[str]], right: Collection[int] = (), longest: int = LONGEST) -> list[str]:
    """Return lines with the cells of each column aligned; those of columns in `right` at their right end."""
    cells = [[short(plain(cell), longest) for cell in row] for row in rows]
    columns = max((len(row) for row in cells), default=0)
    wide = [max((width(row[at]) for row in cells if at < len(row)), default=0) for at in range(columns)]
    return [GAP.join(_padded(cell, wide[at], at in right) for at, cell in enumerate(row)).rstrip() for row in cells]


def _padded(cell: str, to: int, right: bool) -> str:
    space = " " * (to - width(cell))
    return space + cell if right else cell + space


def _columns(char: str) -> int:
    return 0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in WIDE else 1
