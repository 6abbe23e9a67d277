"""A browser for the tests of what runs in one."""

from collections.abc import Iterator

import pytest
from chromium import Chromium, installed


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """One Chromium for all tests; each opens pages of its own. Skips where there is none on the PATH."""
    program = installed()
    if program is None:
        pytest.skip("no Chromium on the PATH: install `chromium`")
    made = Chromium(program, tmp_path_factory.mktemp("chromium"))
    yield made
    made.close()
