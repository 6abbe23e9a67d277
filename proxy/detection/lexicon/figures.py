"""People of history, public life and fiction: a prompt about them says nothing about a private person.

Compared with whole names. A surname stands alone where hardly anybody else is meant by it.
"""

from collections.abc import Sequence
from functools import cache

from proxy.detection.lexicon import entries

LONGEST = 4


@cache
def famous() -> frozenset[str]:
    """Return those whom everybody means who writes the name."""
    return entries("famous.txt")


@cache
def figures() -> frozenset[str]:
    """Return these and many more, whose names private persons bear as well."""
    return famous() | entries("figures.txt")


@cache
def _first_words() -> frozenset[str]:
    return frozenset(name.split(" ", 1)[0] for name in figures())


def mentioned(words: Sequence[str]) -> frozenset[str]:
    """Return the figures that are named among consecutive plain words, each as fully as it is."""
    found: set[str] = set()
    done = 0
    for at, word in enumerate(words):
        if at >= done and word in _first_words():
            for end in range(min(at + LONGEST, len(words)), at, -1):
                if " ".join(words[at:end]) in figures():
                    found.add(" ".join(words[at:end]))
                    done = end
                    break
    return frozenset(found)
