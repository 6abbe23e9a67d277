"""The workshop of packs, once for all tests of them."""

import pytest
from packs import Workshop


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Return honest packs, and what a forger needs."""
    return Workshop.of(tmp_path_factory.mktemp("ours"), tmp_path_factory.mktemp("theirs"))
