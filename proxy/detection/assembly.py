"""One text out of the many small strings of a task, with a way back from an offset to the string it came from.

One NER call over `key: value` lines costs a fraction of one call a string, and gives numbers the context of their key.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from proxy.detection.recognizers.base import Match
from proxy.detection.words import SCHEMA_WORDS


@dataclass(frozen=True, slots=True)
class Assembled:
    """Lines and, for each, its first offset and the index of the string it came from."""

    text: str
    starts: tuple[int, ...]
    indexes: tuple[int, ...]

    def line_at(self, offset: int) -> int:
        """Return the number of the line that an offset lies in."""
        return max(0, bisect_right(self.starts, offset) - 1)

    def index_at(self, offset: int) -> int:
        """Return the index of the string that an offset lies in; -1 when there is none."""
        return self.indexes[self.line_at(offset)] if self.indexes else -1


def line(key: str, text: str) -> str:
    """Return the text with its key as context, unless the key is a word of the API."""
    return text if not key or key in SCHEMA_WORDS else f"{key}: {text}"


def assemble(lines: Iterable[tuple[int, str]], *, joint: str = "\n") -> Assembled:
    """Join (index, line) pairs."""
    starts: list[int] = []
    indexes: list[int] = []
    texts: list[str] = []
    offset = 0
    for index, text in lines:
        starts.append(offset)
        indexes.append(index)
        texts.append(text)
        offset += len(text) + len(joint)
    return Assembled(joint.join(texts), tuple(starts), tuple(indexes))


class Alone:
    """What one finder finds in single strings: looked up only for those that it found something in when joined."""

    def __init__(self, texts: Mapping[int, str], find: Callable[[str], Iterable[Match]]) -> None:
        self._texts = texts
        self._find = find
        self._known: dict[int, frozenset[tuple[str, str]]] = {}

    def explains(self, match: Match, joined: Assembled) -> bool:
        """Whether a match in joined strings is known, or a known one with some of its neighbour stuck to it."""
        first, last = joined.index_at(match.start), joined.index_at(match.end - 1)
        if any((match.entity_type, match.value) in self._at(index) for index in (first, last)):
            return True
        known = chain(self._at(first), self._at(last)) if first != last else ()
        return any(kind == match.entity_type and value in match.value for kind, value in known)

    def _at(self, index: int) -> frozenset[tuple[str, str]]:
        if index not in self._known:
            found = self._find(self._texts[index])
            self._known[index] = frozenset((match.entity_type, match.value) for match in found)
        return self._known[index]
