"""What a recognizer is: a pure function from normalised text to matches, with the types it may emit."""

import re
from collections.abc import Callable, Iterator, Mapping
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
