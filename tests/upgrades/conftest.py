from collections.abc import Iterator
from pathlib import Path

import pytest
from stateful import Keeper
from upgrades.homes import Old, unpacked


@pytest.fixture
def stand_in() -> type[Keeper]:
    return Keeper


@pytest.fixture
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Old]:
    """Return the home that the test's parameter names, such as `log2-sqlite ended`."""
    name, how = request.param.split()
    shared = name.endswith("-postgres")
    if shared:
        request.getfixturevalue("migrated")  # with the roles that a dump names
    server = request.getfixturevalue("postgres_server") if shared else ""
    with unpacked(name, how, tmp_path, server) as made:
        yield made
