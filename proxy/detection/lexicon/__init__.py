"""Words that are somebody's name, and common words that are not, or not only: evidence for and against a person.

The lists stand beside this file, each with its source and licence. They are compared in lower case without accents.
"""

import unicodedata
from functools import cache
from importlib import resources

_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "\u0131": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "\u2019": "'"}
)


def plain(word: str) -> str:
    """Return a word as the lists spell it: lower case, no accents, possessive cut off."""
    if word.isascii():
        return word.lower().removesuffix("'s")
    split = unicodedata.normalize("NFD", word.casefold().translate(_LETTERS))
    return "".join(char for char in split if not unicodedata.combining(char)).removesuffix("'s")


@cache
def given_names() -> frozenset[str]:
    """Return given names of many cultures, in Latin script."""
    return _read("given.txt")


@cache
def surnames() -> frozenset[str]:
    """Return surnames of many cultures, in Latin script."""
    return _read("surnames.txt")


@cache
def words() -> frozenset[str]:
    """Return common English words and parts of identifiers; many of them are names as well."""
    return _read("words.txt")


@cache
def places() -> frozenset[str]:
    """Return words of place names that are nobody's name."""
    return _read("places.txt")


@cache
def towns() -> frozenset[str]:
    """Return towns of several words that could be somebody's name; compared with a whole span."""
    return entries("towns.txt")


@cache
def eponyms() -> frozenset[str]:
    """Return surnames by which things are known: Luhn's check, Parkinson's disease."""
    return _read("eponyms.txt")


@cache
def products() -> frozenset[str]:
    """Return words that sound like a name and are above all a product or a company."""
    return _read("products.txt")


def entries(name: str) -> frozenset[str]:
    """Return the names of several words that a file lists, separated by semicolons."""
    return frozenset(" ".join(map(plain, entry.split())) for entry in _text(name).split(";") if entry.strip())


def _read(name: str) -> frozenset[str]:
    return frozenset(_text(name).split())


def _text(name: str) -> str:
    """Return a file of this folder without its first lines of comment."""
    lines = resources.files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("#"))
