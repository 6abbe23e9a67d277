"""A witness that runs in a thread of the test."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from witnessing import COSIGNER, LOG

from audit.witness.book import Book
from audit.witness.server import WitnessServer
from audit.witness.witness import Witness


@pytest.fixture
def running(tmp_path: Path) -> Iterator[WitnessServer]:
    with closing(Book(tmp_path / "w.db")) as book:
        server = WitnessServer(("127.0.0.1", 0), Witness(COSIGNER, [LOG.vkey], book))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
        server.server_close()
