import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import Ringfence, StandIn, channels_file, ringfence, upstreams_file
from hypothesis import HealthCheck, settings
from properties.effort import ASKED

os.environ["PYTHONPATH"] = f"{Path(__file__).parent / 'startup'}{os.pathsep}{os.environ.get('PYTHONPATH', '')}".rstrip(
    ":"
)
if not ASKED:
    # Of tests that name no number of their own; a machine that is busy may draw examples as slowly as it likes.
    settings.register_profile("usual", settings(), max_examples=40, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("usual")
pytest_plugins = ["supervised", "databases"]
gc.disable()  # until all is collected; then it runs seldom, as in the processes that tests start
gc.set_threshold(20_000)


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
    """One running Ringfence with the shipped policies, shared by tests that do not damage it.

    Whomever its rules tell is a line in `notify.jsonl` in its home.
    """
    home: Path = tmp_path_factory.mktemp("ringfence")
    upstreams = upstreams_file(home / "upstreams.yaml", cloud, onprem)
    with ringfence(home, upstreams, channels=channels_file(home / "channels.yaml")) as running:
        yield running


@pytest.fixture
def quiet(cloud: StandIn, onprem: StandIn) -> None:
    """Start from silence: nothing received, normal answers."""
    cloud.clear()
    onprem.clear()


@pytest.fixture
def stand_in() -> type[StandIn]:
    """What `vendor` and `own` are made of; a module of tests may say something else."""
    return StandIn


@pytest.fixture
def vendor(stand_in: type[StandIn]) -> Iterator[StandIn]:
    """A stand-in for a vendor, for one test."""
    made = stand_in("vendor")
    yield made
    made.stop()


@pytest.fixture
def own(stand_in: type[StandIn]) -> Iterator[StandIn]:
    """A model server of the organisation's own, for one test."""
    made = stand_in("own")
    yield made
    made.stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files beside this one: they take long, and would come last, when only one process has work."""
    items.sort(key=lambda item: item.path.parent != Path(__file__).parent)


def pytest_collection_finish() -> None:
    """What was collected stays: the collector need not look through it again and again, which takes long."""
    gc.freeze()
    gc.enable()
