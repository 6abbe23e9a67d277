"""Text in a script or language for which no loaded name detector was measured: nobody would find a name in it.

Scripts: Unicode UAX 24. Latin is covered, as far as its languages are (`proxy.detection.tongues`).
"""

from collections import Counter
from collections.abc import Iterator

import regex

from proxy.detection import tongues

COVERED = frozenset({"Latin"})
_RUN = regex.compile(r"(?:[\p{L}--\p{Latin}--\p{Common}--\p{Inherited}]\p{M}*)+", regex.V1)
_SCRIPTS = {
    name: regex.compile(rf"\p{{{name}}}")
    for name in ("Cyrillic", "Greek", "Han", "Hiragana", "Katakana", "Hangul", "Arabic", "Hebrew", "Thai", "Devanagari")
}
_SYLLABIC = frozenset({"Han", "Hangul"})
MIN_RUN, MIN_DECODED_RUN = 2, 4
MAX_SINGLE = 3
"""Single letters are symbols (a Greek delta) until there are more than so many of them."""


def script(char: str) -> str:
    """Return the script of a letter, `Other` for those that are not told apart here."""
    return next((name for name, pattern in _SCRIPTS.items() if pattern.match(char)), "Other")


def uncovered(text: str, *, decoded: bool = False) -> Iterator[tuple[str, int]]:
    """Yield each script and language that nobody covers, with the offset of its first letter.

    In `decoded` text a few letters may be chance: random bytes that happen to be UTF-8.
    """
    if not text.isascii():
        yield from _scripts(text, decoded=decoded)
    yield from tongues.uncovered(text)


def _scripts(text: str, *, decoded: bool) -> Iterator[tuple[str, int]]:
    seen: set[str] = set()
    singles: Counter[str] = Counter()
    for run in _RUN.finditer(text):
        name = script(run[0][0])
        if name in seen:
            continue
        if decoded and len(run[0]) < MIN_DECODED_RUN:
            continue
        if len(run[0]) < MIN_RUN and name not in _SYLLABIC:
            singles[name] += 1
            if name == "Greek" or singles[name] <= MAX_SINGLE:
                continue
        seen.add(name)
        yield name, run.start()
