"""Parses equal policy files once, for tests that change one file of several: most of their time would go into the rest.

`source.parse` is a function of bytes and a name to values that nobody changes, so nothing else is different.
"""

import functools

import pytest

from proxy.files import source

_parsed = functools.lru_cache(maxsize=64)(source.parse)


@pytest.fixture(autouse=True)
def parse_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what was parsed. For the tests of each folder whose conftest imports it."""
    monkeypatch.setattr(source, "parse", _parsed)
