"""One text out of the many small strings of a task, with a way back from an offset to the string it came from.

One NER call over `key: value` lines costs a fraction of one call a string, and gives numbers the context of their key.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from proxy.detection.words import SCHEMA_WORDS


@dataclass(frozen=True, slots=True)
class Assembled:
    """Lines and, for each, its first offset and the index of the string it came from."""

    text: str
    starts: tuple[int, ...]
    indexes: tuple[int, ...]

    def index_at(self, offset: int) -> int:
        """Return the index of the string that an offset lies in; -1 when there is none."""
        return self.indexes[max(0, bisect_right(self.starts, offset) - 1)] if self.indexes else -1


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
