from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import Ringfence, StandIn, ringfence, upstreams_file

pytest_plugins = ["supervised"]


@pytest.fixture(scope="session")
def cloud() -> Iterator[StandIn]:
    """The stand-in for a vendor; every byte it ever gets is kept. Tests that share it clear it first."""
    made = StandIn("cloud")
    yield made
    made.stop()


@pytest.fixture(scope="session")
def onprem() -> Iterator[StandIn]:
    """The organisation's own model server."""
    made = StandIn("onprem")
    yield made
    made.stop()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, cloud: StandIn, onprem: StandIn) -> Iterator[Ringfence]:
    """One running Ringfence with the shipped policies, shared by tests that do not damage it."""
    home: Path = tmp_path_factory.mktemp("ringfence")
    with ringfence(home, upstreams_file(home / "upstreams.yaml", cloud, onprem)) as running:
        yield running


@pytest.fixture
def quiet(cloud: StandIn, onprem: StandIn) -> None:
    """Start from silence: nothing received, normal answers."""
    cloud.clear()
    onprem.clear()
