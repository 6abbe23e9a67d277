"""What one finder of credentials makes of a text. Token-shaped values are put together where they are used."""

from collections.abc import Callable
from types import ModuleType

import pytest

from proxy.detection.recognizers.credentials.reading import Reading

Seen = Callable[[ModuleType, str], set[str]]


@pytest.fixture
def seen() -> Seen:
    """Return the values that a finder yields, and check that each lies where it says."""

    def look(finder: ModuleType, text: str) -> set[str]:
        matches = list(finder.find(Reading(text)))
        assert all(0 <= match.start < match.end <= len(text) for match in matches)
        return {match.value for match in matches}

    return look


@pytest.fixture
def types() -> Seen:
    return lambda finder, text: {match.entity_type for match in finder.find(Reading(text))}
