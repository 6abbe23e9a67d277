"""Signals at the worst moments, and processes that do not end, start or serve: what their parent makes of it.

The parent is a real one; servers are trivial, and nothing is loaded.
"""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from harness import eventually

RUN = """
import os, signal, sys, time
from pathlib import Path
from proxy import children, supervisor
from proxy.seat import SERVING
from proxy.settings import Settings

home, how = Path(sys.argv[1]), sys.argv[2]

def serve(seat):
    name = f"{seat.number}-{os.getpid()}"
    if how == "hangs" and seat.number == 0 and not (home / "hung").exists():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        (home / "hung").touch()
    if how == "broken" and seat.number == 0 and (home / "broken").exists():
        return 78
    (home / name).touch()
    if how == "broken" and seat.number == 1 and (home / "broken").exists():
        time.sleep(1)
    seat.ask(SERVING)
    while True:
        time.sleep(60)

def forked():
    pid = _fork()
    if pid and how == "fork" and (home / "armed").exists():
        (home / "armed").unlink()
        os.kill(os.getpid(), signal.SIGTERM)
    return pid

_fork, children._fork = children._fork, forked
if how == "descriptors":
    def socketpair():
        if (home / "armed").exists():
            (home / "armed").unlink()
            raise OSError(24, "Too many open files")
        return _pair()
    _pair, children.socket.socketpair = children.socket.socketpair, socketpair
supervisor.Supervisor._load = lambda self: None
supervisor.Supervisor._employ = lambda self, server, slot: setattr(slot, "due", time.monotonic() + 600)
supervisor.LONGEST_PAUSE_S, supervisor.CLOSING_S = 0.5, 30.0 if how == "fork" else 0.5
settings = Settings(home=home, port=0, workers=2, audit_url="postgresql://localhost/none", drain_s=0)
sys.exit(supervisor.run(settings, serve))
"""


class Parent:
    """A supervisor of two trivial servers, and who was started so far."""

    def __init__(self, home: Path, how: str) -> None:
        self.home = home
        self.process = subprocess.Popen([sys.executable, "-c", RUN, str(home), how])

    def started(self, number: int) -> list[int]:
        """Return the servers that sat at a seat so far, the newest last."""
        found = sorted(self.home.glob(f"{number}-*"), key=lambda path: path.stat().st_mtime_ns)
        return [int(path.name.partition("-")[2]) for path in found]

    def starts(self, *counts: int) -> None:
        """Wait until so many sat at each seat."""
        eventually(lambda: tuple(len(self.started(number)) for number in range(2)) == counts, 20)


@pytest.fixture
def parent(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Parent]:
    made = Parent(tmp_path, request.param)
    made.starts(1, 1)
    yield made
    everybody = psutil.Process(made.process.pid).children() if made.process.poll() is None else []
    made.process.kill()
    made.process.wait()
    for each in everybody:
        with contextlib.suppress(psutil.NoSuchProcess):
            each.kill()


@pytest.mark.parametrize("parent", ["fork"], indirect=True)
def test_a_server_that_is_forked_while_all_are_told_to_stop_is_told_too(parent: Parent) -> None:
    (parent.home / "armed").touch()
    psutil.Process(parent.started(1)[0]).kill()
    assert parent.process.wait(timeout=10) == 0, "it is not waited for until it is killed"


@pytest.mark.parametrize("parent", ["hangs"], indirect=True)
def test_a_server_that_does_not_end_is_replaced_all_the_same(parent: Parent) -> None:
    parent.process.send_signal(signal.SIGUSR2)
    parent.starts(2, 2)


@pytest.mark.parametrize("parent", ["descriptors"], indirect=True)
def test_a_parent_that_cannot_fork_for_a_moment_goes_on(parent: Parent) -> None:
    (parent.home / "armed").touch()
    psutil.Process(parent.started(1)[0]).kill()
    parent.starts(1, 2)
    assert psutil.pid_exists(parent.started(0)[0])


@pytest.mark.parametrize("parent", ["broken"], indirect=True)
def test_a_server_that_cannot_start_does_not_end_one_that_is_only_replaced(parent: Parent) -> None:
    (parent.home / "broken").touch()
    psutil.Process(parent.started(0)[0]).kill()
    psutil.Process(parent.started(1)[0]).kill()
    parent.starts(1, 2)
    with pytest.raises(subprocess.TimeoutExpired):
        parent.process.wait(timeout=2)
    (parent.home / "broken").unlink()
    parent.starts(2, 2)
