"""A real supervisor with real forked workers, whose server is the test: an Engine runs in the process of the test."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from proxy.detection.engine import Engine
from proxy.settings import Settings

RELAY = Path(__file__).with_name("relay.py")
RUN = (
    "import os, sys; from proxy.settings import Settings; from proxy.supervisor import run\n"
    "def serve(seat):\n"
    "    os.set_inheritable(seat.control.fileno(), True)\n"
    "    os.execv(sys.argv[2], [*sys.argv[2:], '--control-fd', str(seat.control.fileno())])\n"
    "sys.exit(run(Settings.model_validate_json(sys.argv[1]), serve))"
)


@pytest.fixture(scope="session")
def detection_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


class Supervised:
    """A supervisor process and the control descriptor of the server that it believes it started."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / "relay.sock"))
        self._listener.listen(4)
        self._listener.settimeout(30)
        argv = [sys.executable, str(RELAY), str(folder / "relay.sock")]
        self.process = subprocess.Popen([sys.executable, "-c", RUN, settings.model_dump_json(), *argv])
        self.line: socket.socket | None = None
        self.control_fd = -1
        self.accept()

    def accept(self) -> None:
        """Take over the control descriptor of a server that was (re)started."""
        self.drop()
        self.line, _ = self._listener.accept()
        _, fds, _, _ = socket.recv_fds(self.line, 16, 1)
        self.control_fd = fds[0]

    def drop(self) -> None:
        """Let go of the server: the relay ends."""
        if self.line is not None:
            self.line.close()
            os.close(self.control_fd)
            self.line = None

    @contextlib.asynccontextmanager
    async def engine(self, **changes: object) -> AsyncIterator[Engine]:
        """Host an Engine in this process until the block ends."""
        engine = Engine(os.dup(self.control_fd), self.settings.model_copy(update=changes))
        await engine.start()
        try:
            await ready(engine, self.settings.detect_workers + 1)
            yield engine
        finally:
            await engine.close()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        self.drop()
        status = self.process.wait(timeout=30)
        self._listener.close()
        return status


async def ready(engine: Engine, workers: int, within: float = 30.0) -> None:
    """Wait until the engine can scan with so many workers."""
    limit = time.monotonic() + within
    before: list[int] = []
    while engine.not_ready() is not None or len(before) < workers or before != engine.worker_pids():
        assert time.monotonic() < limit, engine.not_ready()
        before = engine.worker_pids()
        await asyncio.sleep(0.15)  # a worker that died unheard is noticed by then


@pytest.fixture(scope="session")
def supervise(tmp_path_factory: pytest.TempPathFactory, detection_home: Path) -> Iterator[Callable[..., Supervised]]:
    """Start supervisors; those still running at the end are stopped."""
    started: list[Supervised] = []

    def start(**changes: object) -> Supervised:
        settings = Settings(home=detection_home, port=0, detect_workers=1, detect_deadline_s=10).model_copy(
            update=changes
        )
        supervised = Supervised(settings, tmp_path_factory.mktemp("supervised"))
        started.append(supervised)
        return supervised

    yield start
    for supervised in started:
        if supervised.process.poll() is None:
            supervised.stop()
