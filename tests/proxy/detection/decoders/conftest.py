"""A budget that nothing reaches, and one call that gives all views of a decoder."""

from collections.abc import Callable

import pytest

from proxy.detection.decoders import Budget, Decoder

Read = Callable[[Decoder, str], list[str]]


@pytest.fixture
def budget() -> Budget:
    return Budget(10**6, 1000, 60)


@pytest.fixture
def read(budget: Budget) -> Read:
    return lambda decoder, text: list(decoder(text, budget))
