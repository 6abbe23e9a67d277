"""A browser for the tests of what runs in one, and packs to give it."""

from collections.abc import Iterator

import pytest
from chromium import Chromium, installed
from packs import Workshop


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """One Chromium for all tests; each opens pages of its own. Skips where there is none on the PATH."""
    program = installed()
    if program is None:
        pytest.skip("no Chromium on the PATH: install `chromium`")
    made = Chromium(program, tmp_path_factory.mktemp("chromium"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Return honest packs, and what a forger needs."""
    return Workshop.of(tmp_path_factory.mktemp("ours"), tmp_path_factory.mktemp("theirs"))
