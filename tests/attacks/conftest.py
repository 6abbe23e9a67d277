from collections.abc import Iterator

import pytest
from attacks.fortress import BlackHole, Fortress, small_disk
from harness import StandIn
from ports import free_port


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fortress]:
    """Start the server that is attacked, once: it has to survive everything."""
    home = tmp_path_factory.mktemp("fortress") / "home"
    port = free_port()
    with small_disk(home):
        made = Fortress(home, *map(StandIn, ("cloud", "spare", "europe", "onprem")), BlackHole(), port)
        made.prepare()
        made.start()
        yield made
        made.server.stop()
        for standin in (*made.vendors, made.onprem):
            standin.stop()
        made.hole.close()


@pytest.fixture
def fortress(standing: Fortress) -> Fortress:
    """The server, ready, after whatever the test before did to it."""
    standing.prepare()
    standing.mend()
    return standing
