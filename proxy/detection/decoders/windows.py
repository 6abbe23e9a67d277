"""A text rewritten at some places, as windows around these: a long text with one escape in it costs little."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from proxy.detection.decoders.budget import Budget

WINDOW = 160
BESIDE = 4
"""So many characters beside what was rewritten tell one place of a short escape from another."""
RUN, MAX_RUN = re.compile(r"[\w+/=-]*(?:[\s:;,|-]{1,2}[0-9A-Fa-fx]{1,10})*", re.ASCII), 4096
"""What may be a token or numbers that encode something, either way round: where one goes on, a window does."""
_SPACE, _LAST = re.compile(r"\s"), re.compile(r"[\s\S]*\s")
Rewrite = Callable[[re.Match[str]], str | None]


def rewrite(text: str, matches: Iterable[re.Match[str]], replace: Rewrite, budget: Budget) -> Iterator[str]:
    """Yield the changed windows of a text as one view, a window a line; nothing when nothing changed."""
    windows: list[list[str]] = []
    kept = 0  # end of what the last window has taken of the text
    for match in matches:
        new = replace(match)
        if new is None or new == match[0]:
            continue
        start, end = match.span()
        budget.note(text[max(0, start - BESIDE) : end + BESIDE])
        near = start - kept <= 2 * WINDOW
        reach = start if near else _reach(text, kept)
        if windows and start - reach <= WINDOW:
            windows[-1].append(text[kept:start])
        else:
            if windows:
                windows[-1].append(text[kept:reach])
            windows.append([_lead(text, reach if windows else 0, start)])
        windows[-1].append(new)
        kept = end
    if windows:
        windows[-1].append(text[kept : _reach(text, kept)])
        yield "\n".join("".join(window) for window in windows)


def _reach(text: str, start: int) -> int:
    """Return the end of a window whose last change ends at a place."""
    run = RUN.match(text, start, start + MAX_RUN)
    touching = run.end() if run and run.end() - start > WINDOW else start
    return touching + len(after(text, touching))


def _lead(text: str, first: int, end: int) -> str:
    """Return what a window begins with, before its first change."""
    touching = end
    for size in (2 * WINDOW, MAX_RUN):  # most runs are short
        run = RUN.match(text[max(first, end - size) : end][::-1])
        if run is None or run.end() <= WINDOW:
            break
        touching = end - run.end()
    return before(text, first, touching, WINDOW) + text[touching:end]


def marked(
    text: str, pattern: re.Pattern[str], marks: re.Pattern[str], places: Sequence[int] = (0,)
) -> Iterator[re.Match[str]]:
    """Yield matches that begin at one of some places beside a mark: far faster for a pattern of many alternatives."""
    end = 0
    for mark in marks.finditer(text):
        for place in places:
            start = max(0, mark.start() + place)
            match = pattern.match(text, start) if start >= end else None
            if match is not None:
                end = match.end()
                yield match
                break


def before(text: str, first: int, end: int, size: int) -> str:
    """Return what stands before a place, beginning with a whole word if it can: half of a value is another value."""
    start = max(first, end - size)
    if first < start and not text[start - 1].isspace():
        found = _SPACE.search(text, start, end)
        start = found.end() if found else start
    return text[start:end]


def after(text: str, start: int, size: int = WINDOW) -> str:
    """Return what stands behind a place, ending with a whole word if it can."""
    end = start + size
    if end < len(text) and not text[end].isspace():
        taken = _LAST.match(text, start, end)
        end = taken.end() if taken else end
    return text[start:end]
