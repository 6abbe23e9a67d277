"""All readings of a text: decoded, and decoded again, to a bounded depth, size, count and time.

Reaching a bound is a failure by name, never silence: the task then counts as not inspected.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from proxy.detection.decoders import DECODERS, Budget
from proxy.detection.decoders.budget import BINARY, VIEW_BOUND
from proxy.detection.normal import concealed, fold, mend, normalise

MAX_DEPTH = 3
MAX_VIEWS = 4096
CHARS_FREE, CHARS_PER_CHAR = 256 * 1024, 6
SECONDS_FREE, SECONDS_PER_CHAR = 3.0, 2e-5
_BLANK = re.compile(r"\s+")
TRIVIAL, SAMPLE = 6, 16
"""A difference of fewer characters at the last depth is chance, not another layer."""


def budget(chars: int) -> Budget:
    """Return the budget for the views of texts of so many characters in all."""
    return Budget(CHARS_FREE + CHARS_PER_CHAR * chars, MAX_VIEWS, SECONDS_FREE + SECONDS_PER_CHAR * chars)


def expand(text: str, spent: Budget) -> list[str]:
    """Return every reading of a normalised text other than itself."""
    return _Expansion(text, spent).all()


class _Expansion:
    """The views of one text, level by level."""

    def __init__(self, text: str, spent: Budget) -> None:
        self._text = spent.root = text
        self._spent = spent

    @cached_property
    def _unspaced(self) -> str:
        return _BLANK.sub("", self._text)

    def all(self) -> list[str]:
        seen = {self._text}
        level = [self._text]
        found: list[str] = []
        for _ in range(MAX_DEPTH):
            children: list[str] = []
            for child in self._children(level):
                if child in seen:
                    continue
                if not self._spent.spend(len(child)):
                    return found
                seen.add(child)
                children.append(child)
            found += children
            level = children
        if any(len(child) >= TRIVIAL and child not in seen and self._deeper() for child in self._children(level)):
            self._spent.failures.add(VIEW_BOUND)
        return found

    def _deeper(self) -> bool:
        """Whether what was decoded last came out of decoding itself, and did not stand beside it from the start."""
        return any(piece not in self._text for piece in self._spent.undone)

    def _children(self, level: list[str]) -> Iterator[str]:
        for parent in level:
            for plain in dict.fromkeys((mend(parent), fold(parent))):
                for decoder in DECODERS:
                    self._spent.undone.clear()
                    yield from self._seen(decoder(plain, self._spent))
                    self._judge(first=parent is self._text)

    def _seen(self, decoded: Iterable[str]) -> Iterator[str]:
        """Yield what a reader and what a model sees of each."""
        for child in decoded:
            for written in (child, *concealed(child)):
                readable = normalise(written)
                if readable is None:
                    self._spent.failures.add(VIEW_BOUND)
                else:
                    yield readable

    def _judge(self, *, first: bool) -> None:
        """Name what nobody can read, unless it was judged where it stands in the text."""
        pieces = self._spent.opaque
        if pieces and (first or not all(map(self._known, pieces))):
            self._spent.failures.add(BINARY)
        pieces.clear()

    def _known(self, piece: str) -> bool:
        """Whether most of a piece of a view stands in the text: a window may cut it, and put something beside it."""
        bare = _BLANK.sub("", piece)
        parts = [bare[at : at + SAMPLE] for at in range(0, len(bare) - SAMPLE + 1, SAMPLE)]
        return 2 * sum(part in self._unspaced for part in parts) >= len(parts)
