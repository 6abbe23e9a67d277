"""Logs in a file and in PostgreSQL, each with a signer and an anchor."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from retained import Retained


@pytest.fixture
def retained(open_log: Any, decision: Any, outcome: Any) -> Iterator[Retained]:
    """Return a log in a file."""
    log = open_log()
    made = Retained(log, log.place.parent, decision, outcome)
    yield made
    made.close()


@pytest.fixture
def shared(open_shared: Any, decision: Any, outcome: Any, tmp_path: Any) -> Iterator[Retained]:
    """Return a log in PostgreSQL."""
    made = Retained(open_shared(), tmp_path / "home", decision, outcome)
    yield made
    made.close()


@pytest.fixture(params=["file", "postgres"])
def either(request: pytest.FixtureRequest) -> Retained:
    """Return a log of each kind."""
    found: Retained = request.getfixturevalue("retained" if request.param == "file" else "shared")
    return found


@pytest.fixture
def erased_and_pruned(either: Retained) -> Callable[[], Retained]:
    """Return what writes some requests, erases one on either side of a cut, and prunes up to the cut."""

    def make() -> Retained:
        either.lose()
        return either

    return make
