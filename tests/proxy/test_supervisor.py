"""A real supervisor, a real (if trivial) server, real workers."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from harness import QUICK, eventually

from proxy.errors import ConfigurationError
from proxy.settings import Settings
from proxy.supervisor import require_workers

RUN = (
    "import os, sys; from proxy.settings import Settings; from proxy.supervisor import run\n"
    "def serve(seat):\n"
    "    os.set_inheritable(seat.control.fileno(), True)\n"
    "    os.execv(sys.argv[2], [*sys.argv[2:], '--control-fd', str(seat.control.fileno())])\n"
    "sys.exit(run(Settings.model_validate_json(sys.argv[1]), serve))"
)
SERVER = """
import signal, socket, sys
name = {signal.SIGHUP: b"hangup", signal.SIGTERM: b"term"}
line = socket.socket(socket.AF_UNIX)
line.connect(sys.argv[1])
def tell(number, frame):
    line.sendall(name[number] + b"\\n")
    if number == signal.SIGTERM:
        sys.exit(0)
for number in name:
    signal.signal(number, tell)
signal.pthread_sigmask(signal.SIG_SETMASK, [])
control = socket.socket(fileno=int(sys.argv[sys.argv.index("--control-fd") + 1]))
assert "spacy" not in sys.modules
line.sendall(b"up\\n")
while True:
    data, fds, _, _ = socket.recv_fds(control, 65536, 16)
    if not data:
        sys.exit(0)
    line.sendall(b"workers %d\\n" % len(fds) if fds else b"said\\n")
    kept = globals().setdefault("kept", []) + fds
    globals()["kept"] = kept
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


class Watched:
    """The supervisor process and what its server says."""

    def __init__(self, home: Path, folder: Path, **changes: Any) -> None:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(folder / "line.sock"))
        listener.listen(4)
        listener.settimeout(30)
        self.listener = listener
        settings = Settings(home=home, port=0, detect_workers=1, **changes)
        argv = [sys.executable, "-c", SERVER, str(folder / "line.sock")]
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN, settings.model_dump_json(), *argv], stderr=subprocess.PIPE
        )
        self.server = self.next_server()

    def next_server(self) -> socket.socket:
        line, _ = self.listener.accept()
        line.settimeout(30)
        return line

    def until(self, word: bytes) -> None:
        heard = b""
        while word not in heard:
            heard += self.server.recv(4096)

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()
        self.server.close()
        self.listener.close()


@pytest.fixture
def watched(home: Path, tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(home, tmp_path, **QUICK)
    yield watched
    watched.close()


def gone(processes: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=10)
    return not alive


def test_it_serves_restarts_reloads_and_stops_in_order(watched: Watched) -> None:
    watched.until(b"up")
    watched.until(b"workers 1")
    watched.process.send_signal(signal.SIGHUP)
    watched.until(b"hangup")

    first = psutil.Process(watched.process.pid).children()
    worker = next(child for child in first if "multiprocessing" not in child.name() and child.cmdline()[2] == RUN)
    worker.kill()
    watched.until(b"workers 1")

    server = next(child for child in watched.children() if child.cmdline()[2] == SERVER)
    server.kill()
    watched.server.close()
    watched.server = watched.next_server()
    watched.until(b"workers 1")

    everybody = watched.children()
    watched.process.terminate()
    watched.until(b"term")
    assert watched.process.wait(timeout=20) == 0
    assert gone(everybody)


def test_nobody_outlives_a_killed_supervisor(watched: Watched) -> None:
    eventually(lambda: len(watched.children()) == 3, 30)  # the server and both workers
    everybody = watched.children()
    watched.process.kill()
    assert gone(everybody)


def test_several_processes_need_a_log_that_several_may_write(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"workers is 2, but one process alone writes .* in a SQLite file"):
        require_workers(Settings(home=tmp_path, workers=2))
    require_workers(Settings(home=tmp_path, workers=1))
    require_workers(Settings(home=tmp_path, workers=2, audit_url="postgresql://localhost/logs"))


@pytest.mark.parametrize("shared", [True, False])
def test_fewer_processes_leave_no_spooled_record_behind(tmp_path: Path, shared: bool) -> None:
    spools = tmp_path / "spools" if shared else None
    left = (tmp_path / "spools" / "servers" / "2") if shared else (tmp_path / "home" / "servers" / "2" / "spool")
    (tmp_path / "home" / "servers" / "2").mkdir(parents=True)
    left.mkdir(parents=True, exist_ok=True)
    few = Settings(home=tmp_path / "home", workers=2, audit_url="postgresql://localhost/logs", audit_spool=spools)
    require_workers(few)
    (left / "spool-000001").touch()
    with pytest.raises(ConfigurationError, match=r"holds records that are not in the audit log.* workers to 3 or more"):
        require_workers(few)
    require_workers(few.model_copy(update={"workers": 3}))


def test_a_missing_model_ends_everything_and_names_the_command(home: Path, tmp_path: Path) -> None:
    watched = Watched(home, tmp_path, detect_model="no_such_model")
    status = watched.process.wait(timeout=30)
    assert watched.process.stderr is not None
    said = watched.process.stderr.read().decode()
    assert status == 1
    assert "pip install no-such-model" in said
    watched.close()
