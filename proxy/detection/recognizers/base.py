"""What a recognizer is: a pure function from normalised text to matches, with the types it may emit."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Match:
    """One value found in one text. `value` is its canonical form, so that two spellings of a number are one value."""

    entity_type: str
    start: int
    end: int
    score: float
    value: str


@dataclass(frozen=True, slots=True)
class Recognizer:
    """A named detector. `emits` gives for each type the lowest score that it ever reports."""

    name: str
    emits: Mapping[str, float]
    find: Callable[[str], Iterator[Match]]
    folds: bool = True
    """Whether it reads look-alikes made plain, too; a model finds names in that noise."""
    joins: bool = True
    """Whether it reads neighbouring strings put together, too: numbers, tokens and addresses are split over them. Lists
    and contexts of names are not asked: at the seams they see people that nobody wrote of."""
    version: str = ""
    """What it is beside the code of this package: a model, a library, a list. Part of the digest of all detectors."""
    expect: Callable[[Sequence[str]], None] | None = None
    """Told the texts that it will be asked for, if it reads many faster together than one by one."""


class Late(Exception):
    """A recognizer was not done with a text in its time; whatever it found, the text counts as not inspected."""


NOT_ALNUM = re.compile(r"[^0-9A-Za-z]+")


def compact(text: str) -> str:
    """Return only the letters and digits, in upper case: the canonical form of identifiers."""
    return NOT_ALNUM.sub("", text).upper()


def digits(text: str) -> str:
    """Return only the ASCII digits."""
    return "".join(char for char in text if "0" <= char <= "9")


def near(text: str, start: int, end: int, words: re.Pattern[str], *, before: int = 60, after: int = 24) -> bool:
    """Whether one of `words` stands close to a span: the context that makes a bare number mean something."""
    left = text[max(0, start - before) : start]
    return bool(words.search(left) or words.search(text[end : end + after]))


def words(*alternatives: str) -> re.Pattern[str]:
    """Compile context words: whole words in any case; `_` and letter-case borders count as word ends in keys."""
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(alternatives)})(?![^\W_])", re.IGNORECASE)
