"""The texts that a task is read as: as a reader sees them, decoded, with look-alikes made plain, and joined."""

import re
from collections.abc import Iterator

from proxy.detection.assembly import Assembled, assemble, line
from proxy.detection.decoders import Budget
from proxy.detection.decoders.windows import after, before, rewrite
from proxy.detection.normal import concealed, fold, has_invisible, invisible, look_alikes, mixed, normalise
from proxy.detection.tasks import SEAM_CHARS, Task
from proxy.detection.views import budget, expand
from proxy.detection.words import SCHEMA_WORDS


class Reading:
    """The texts that one task is read as."""

    def __init__(self, task: Task) -> None:
        self.kind = task.kind
        self.failures: set[str] = set()
        self.views = 0
        self._raw = [(index, item) for index, item in enumerate(task.texts) if item.text not in SCHEMA_WORDS]
        self._lines: list[tuple[int, str]] = []
        self._values: list[tuple[int, str, str]] = []
        self._views: list[tuple[int, str]] = []
        for index, item in self._raw:
            text, key = normalise(item.text), normalise(item.key)
            if text is None or key is None:
                self.failures.add("view_bound")
                continue
            self._lines.append((index, line(key, text)))
            self._values.append((index, item.shape, text))

    def base(self) -> Assembled:
        """Return the normalised text: what a reader sees."""
        return assemble(self._lines)

    def place(self, start: int, end: int, base: Assembled) -> tuple[int, int] | None:
        """Return where a span of the base text lies in its normalised string; None if in a key or in two strings."""
        at = base.line_at(start)
        value = self._values[at][2]
        begin = base.starts[at] + len(self._lines[at][1]) - len(value)
        inside = begin < end <= begin + len(value)
        return (max(start, begin) - begin, end - begin) if inside else None

    def decoded(self) -> Assembled:
        """Return everything that decoding gives, below the keys that it was found under."""
        spent = budget(sum(len(text) for _, text in self._lines))
        for index, text in self._lines:
            self._views += [(index, view) for view in expand(text, spent)]
            self._views += [(index, view) for view in rewrite(text, mixed(text), _fold, spent)]
        for index, item in self._raw:
            for hidden in map(normalise, concealed(item.text)):
                if hidden:
                    self._views += [(index, view) for view in (hidden, *expand(hidden, spent))]
        self.failures |= spent.failures
        self.views = len(self._views)
        return assemble(self._views)

    def twisted(self) -> Assembled:
        """Return readings for patterns only: look-alikes folded, and invisible characters as spaces.

        What was decoded is folded too, so it is read after `decoded`.
        """
        free = Budget(0, 0, 0)
        found = []
        for index, text in (*self._lines, *self._views):
            found += [(index, view) for view in rewrite(text, look_alikes(text), _fold, free)]
        for index, item in self._raw:
            if has_invisible(item.text):
                apart = rewrite(item.text, invisible(item.text), lambda _: " ", free)
                found += [(index, normalise(view) or "") for view in apart]
        return assemble(found)

    def runs(self) -> Iterator[list[tuple[int, str]]]:
        """Yield the ends of neighbouring strings of one shape, to be joined: a value may be split over parts."""
        run: list[tuple[int, str]] = []
        shape = None
        for index, its, text in [*self._values, (-1, "\0", "")]:
            if its != shape:
                if len(run) > 1:
                    yield from _ends(run)
                run = []
            shape = its
            run.append((index, text))


def _fold(match: re.Match[str]) -> str:
    return fold(match[0])


def _ends(run: list[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    """Yield what lies around the borders of strings that follow each other, and the same with look-alikes folded."""
    groups: list[list[tuple[int, str]]] = [[]]
    for index, text in run:
        if len(text) <= 2 * SEAM_CHARS:
            groups[-1].append((index, text))
        else:
            groups[-1].append((index, after(text, 0, SEAM_CHARS)))
            groups.append([(index, before(text, 0, len(text), SEAM_CHARS))])
    for group in groups:
        if len(group) > 1:
            yield group
            folded = [(index, fold(text)) for index, text in group]
            if folded != group:
                yield folded
