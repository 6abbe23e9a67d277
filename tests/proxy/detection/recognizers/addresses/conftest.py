"""Addresses are tested in whole sentences, in which they stand between angle quotes."""

from collections.abc import Callable

import pytest

from proxy.detection.recognizers.addresses import RECOGNIZER

ENOUGH = 24
"""So many characters of a long address are enough: street, number and the beginning of the city."""


@pytest.fixture
def finds() -> Callable[[str], bool]:
    """Whether what stands between the angle quotes is found, rather than its surroundings."""

    def found(marked: str) -> bool:
        start, end = marked.index("\u2039"), marked.index("\u203a") - 1
        text = marked.replace("\u2039", "").replace("\u203a", "")
        matches = list(RECOGNIZER.find(text))
        assert all(match.score >= RECOGNIZER.emits[match.entity_type] for match in matches)
        shared = [min(end, match.end) - max(start, match.start) for match in matches]
        return any(2 * size >= min(end - start, ENOUGH) for size in shared)

    return found
