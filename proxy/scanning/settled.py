"""How much of a text that is still being written can be judged: up to where no value can be going on.

What may be going on at the end is a word that no blank has ended, and a group of words that values are made of (with
digits, `@`, `=` and the like, or very long), with what stands between these, until AFTER characters of plain words have
followed. Pure.
"""

import re

HOLD = 512
"""Characters at the end of a text that are kept back at most, up to as many more to where the word at this place
begins; and how many before what is new are read again, as its context."""
AFTER = 16
GROUP = 4
"""A run without blanks that is longer than HOLD is cut after a multiple of so many characters, as base64 can be."""
_UNSPACED = r"\s\u2e80-\u9fff\uac00-\ud7af"
"""Blanks, and the characters of scripts that put none between words: a text can be cut after each."""
_BLANK = re.compile(f"[{_UNSPACED}]")
_WORD = re.compile(f"[^{_UNSPACED}]+")
_OF_VALUES = re.compile(r"[\d@=_/\\+]|.{25}", re.DOTALL)


def settled(text: str) -> int:
    """Return up to where a text is settled, as long as it may go on."""
    base = word_start(text, len(text) - HOLD)
    cut = max(base, _after_blank(text, len(text)))
    words = [found.span() for found in _WORD.finditer(text, base, cut)]
    plain = 0
    for start, end in reversed(words):
        if _OF_VALUES.search(text, start, end):
            cut, plain = start, 0
        elif (plain := plain + end - start + 1) >= AFTER:
            break
    return cut


def opening(text: str, at: int) -> int:
    """Return where to begin to read, so that HOLD characters before `at` are read as well and no word is cut."""
    return word_start(text, at - HOLD)


def word_start(text: str, at: int) -> int:
    """Return where the word at this place begins; in a run much longer than any word, a place shortly before.

    The text itself must begin at such a place.
    """
    if at <= 0:
        return 0
    start = _after_blank(text, at)
    return start if at - start <= HOLD else start + (at - start) // GROUP * GROUP


def _after_blank(text: str, at: int) -> int:
    """Return where the last run without blanks before a place begins; the place itself, if a blank is before it."""
    found = _BLANK.search(text[at - 1 :: -1]) if at else None
    return at - found.start() if found else 0
