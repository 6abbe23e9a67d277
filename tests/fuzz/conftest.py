"""What the storms of workers wait for."""

from collections.abc import Callable

import pytest
from supervised import ready as all_ready


@pytest.fixture(scope="session")
def ready() -> Callable[..., object]:
    return all_ready
