from collections.abc import Iterator

import pytest
from clients.lab import Lab, laboratory


@pytest.fixture(scope="session")
def whole_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with laboratory(tmp_path_factory.mktemp("clients")) as made:
        yield made


@pytest.fixture
def lab(whole_lab: Lab) -> Lab:
    """The lab, quiet."""
    whole_lab.quieten()
    return whole_lab
