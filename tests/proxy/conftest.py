from collections.abc import Iterator

import pytest
from harness import StandIn


@pytest.fixture
def vendor() -> Iterator[StandIn]:
    """A stand-in for a vendor, for one test."""
    made = StandIn("vendor")
    yield made
    made.stop()


@pytest.fixture
def own() -> Iterator[StandIn]:
    """A model server of the organisation's own, for one test."""
    made = StandIn("own")
    yield made
    made.stop()
