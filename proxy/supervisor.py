"""The parent of everything: starts the server, loads the models once, forks the detector workers, replaces them.

One thread and no event loop, because it forks. The server is started by exec, before any model is imported, so that
it never holds one. Workers share the models' memory (gc.freeze, copy on write) and each has a socket of its own, whose
other end goes to the server (SCM_RIGHTS). If this process dies, the others follow: Linux signals them, and their
sockets close.
"""

import contextlib
import gc
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

from proxy.detection import control, worker
from proxy.detection.limits import die_with_parent
from proxy.errors import ConfigurationError
from proxy.settings import Settings

EX_CONFIG = 78
"""The server's status when a restart cannot help (sysexits.h)."""
STOP_GRACE_S = 20.0
SERVER_RESTARTS, RESTART_WINDOW_S = 5, 60.0
SHORT_LIFE_S, LONGEST_PAUSE_S = 2.0, 5.0
SEND_TIMEOUT_S = 2.0
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
WARM_UP = "Dear Maria Gonzalez, the card 1234 of 12 High Street, London, was sent on Tuesday. call +44 20 7946 0000"


@dataclass(slots=True)
class Slot:
    """A place for one worker. `generation` counts its incarnations; `due` is when to fork the next one.

    Workers that crash right after their birth are replaced ever more slowly; `told` ones were killed on request.
    """

    number: int
    generation: int = 0
    pid: int | None = None
    born: float = 0.0
    pause: float = 0.0
    due: float = 0.0
    told: bool = False


def run(settings: Settings, server_argv: Sequence[str], signer_argv: Sequence[str] = ()) -> int:
    """Run until told to stop; returns the exit status. `server_argv` gets `--control-fd N` appended.

    `signer_argv` starts what signs the log, if anything; it outlives the server, to sign what that wrote last.
    """
    return Supervisor(settings, server_argv, signer_argv).run()


class Supervisor:
    """The loop, with everything it keeps count of."""

    def __init__(self, settings: Settings, server_argv: Sequence[str], signer_argv: Sequence[str]) -> None:
        self._settings = settings
        self._argv = list(server_argv)
        self._signer_argv = list(signer_argv)
        self._signer: subprocess.Popen[bytes] | None = None
        self._signer_due = 0.0
        self._slots = [Slot(number) for number in range(settings.detect_workers + 1)]
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._reader: control.LineReader | None = None
        self._starts: deque[float] = deque(maxlen=SERVER_RESTARTS)
        self._stop_by: float | None = None
        self._analyzer: Any = None
        self._wake, self._waker = socket.socketpair()

    def run(self) -> int:
        """Start, load, fork, then look after them."""
        self._catch_signals()
        self._start_server()
        try:
            self._load()
        except ConfigurationError as error:
            sys.stderr.write(error.said())
            return self._end(1)
        while True:
            status = self._turn()
            if status is not None:
                return self._end(status)

    def _turn(self) -> int | None:
        """Do what is due, then wait for the next event; returns the exit status at the end."""
        server = self._server
        if server is None or server.poll() is not None:
            if self._stop_by is not None:
                return 0
            if server is not None and server.returncode == EX_CONFIG:
                return EX_CONFIG
            if not self._may_restart():
                sys.stderr.write("ringfence: the server ends again and again; giving up\n")
                return 1
            self._start_server()
        elif self._stop_by is not None and time.monotonic() > self._stop_by:
            server.kill()
        self._tend_signer()
        self._reap()
        for slot in self._slots:
            if slot.pid is None and time.monotonic() >= slot.due and self._stop_by is None:
                self._fork(slot)
        self._wait()
        return None

    def _wait(self) -> None:
        due = [slot.due for slot in self._slots if slot.pid is None and self._stop_by is None]
        ends = [*due, *([self._stop_by] if self._stop_by is not None else [])]
        timeout = min([max(0.01, at - time.monotonic()) for at in ends], default=5.0)
        sources = [self._wake, *([self._control] if self._control is not None else [])]
        ready, _, _ = select.select(sources, [], [], min(timeout, 5.0))
        if self._wake in ready:
            self._wake.recv(4096)
        if self._control is not None and self._control in ready:
            self._listen()

    # Signals only set marks; the loop acts on them.

    def _catch_signals(self) -> None:
        for end in (self._wake, self._waker):
            end.setblocking(False)  # noqa: FBT003
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        for number in SIGNALS:
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            self._signal_server(signal.SIGHUP)
        elif number in (signal.SIGTERM, signal.SIGINT) and self._stop_by is None:
            self._stop_by = time.monotonic() + STOP_GRACE_S
            self._signal_server(signal.SIGTERM)

    def _signal_server(self, number: int) -> None:
        if self._server is not None and self._server.poll() is None:
            self._server.send_signal(number)

    # The server.

    def _start_server(self) -> None:
        self._drop_control()
        mine, its = socket.socketpair()
        mine.settimeout(SEND_TIMEOUT_S)
        self._control, self._reader = mine, control.LineReader(mine)
        self._starts.append(time.monotonic())
        self._server = subprocess.Popen(
            [*self._argv, "--control-fd", str(its.fileno())],
            pass_fds=[its.fileno()],
            process_group=0,
            preexec_fn=_before_server,  # noqa: PLW1509 - this process has one thread
        )
        its.close()

    def _may_restart(self) -> bool:
        oldest = self._starts[0] if len(self._starts) == SERVER_RESTARTS else None
        return oldest is None or time.monotonic() - oldest > RESTART_WINDOW_S

    def _drop_control(self) -> None:
        if self._reader is not None:
            self._reader.close()
        if self._control is not None:
            self._control.close()
        self._control = self._reader = None

    def _announce(self) -> None:
        self._tell({"loaded": control.describe(self._analyzer.loaded)})

    def _tell(self, message: dict[str, Any], fds: tuple[int, ...] = ()) -> bool:
        if self._control is None:
            return False
        try:
            control.send(self._control, message, fds)
        except OSError:
            self._drop_control()
            return False
        return True

    def _listen(self) -> None:
        try:
            messages = self._reader.read() if self._reader is not None else None
        except (OSError, ValueError):
            messages = None
        if messages is None:
            self._drop_control()
            return
        for message, _ in messages:
            self._kill(int(message["kill"]), int(message["generation"]))

    # The signer.

    def _tend_signer(self) -> None:
        """Start it, and again some seconds after it has ended."""
        ended = self._signer is None or self._signer.poll() is not None
        if not self._signer_argv or not ended or self._stop_by is not None or time.monotonic() < self._signer_due:
            return
        self._signer_due = time.monotonic() + LONGEST_PAUSE_S
        log = self._settings.audit_url or str(self._settings.home / "audit.db")
        self._signer = subprocess.Popen(
            self._signer_argv,
            env={**os.environ, "RINGFENCE_AUDIT_URL": log},
            process_group=0,
            preexec_fn=_before_server,  # noqa: PLW1509 - this process has one thread
        )

    def _end_signer(self) -> None:
        """Let it sign what the server wrote last."""
        if self._signer is None or self._signer.poll() is not None:
            return
        self._signer.terminate()
        try:
            self._signer.wait(timeout=STOP_GRACE_S)
        except subprocess.TimeoutExpired:
            self._signer.kill()
            self._signer.wait()

    # The workers.

    def _load(self) -> None:
        from proxy.detection.analysis import Analyzer  # noqa: PLC0415 - the server was started without it
        from proxy.detection.findings import Segment, Unit  # noqa: PLC0415

        self._analyzer = Analyzer.of(self._settings)
        self._analyzer.analyze([Unit("", "user", (Segment("", "content", WARM_UP),))])
        gc.collect()
        gc.freeze()

    def _fork(self, slot: Slot) -> None:
        if self._control is None:
            slot.due = time.monotonic() + 0.2
            return
        servers_end, workers_end = socket.socketpair()
        parent = os.getpid()
        slot.generation += 1
        slot.born, slot.told = time.monotonic(), False
        sys.stdout.flush()
        sys.stderr.flush()
        slot.pid = os.fork()
        if slot.pid == 0:
            status = 1
            try:
                signal.set_wakeup_fd(-1)
                for end in (servers_end, self._wake, self._waker, self._control):
                    end.close()
                status = worker.main(
                    workers_end,
                    self._analyzer,
                    parent=parent,
                    memory_bytes=self._settings.detect_worker_memory_bytes,
                    recycle_bytes=self._settings.detect_worker_recycle_bytes,
                )
            finally:
                os._exit(status)
        workers_end.close()
        self._announce()
        message = {"worker": slot.number, "generation": slot.generation, "pid": slot.pid}
        self._tell(message, (servers_end.fileno(),))
        servers_end.close()  # a worker whose socket went nowhere reads its end and exits

    def _kill(self, number: int, generation: int) -> None:
        if 0 <= number < len(self._slots):
            slot = self._slots[number]
            if slot.generation == generation and slot.pid is not None:
                slot.told = True
                os.kill(slot.pid, signal.SIGKILL)

    def _reap(self) -> None:
        for slot in self._slots:
            pid, status = (0, 0) if slot.pid is None else os.waitpid(slot.pid, os.WNOHANG)
            if pid == 0:
                continue
            crashed = status != 0 and not slot.told and time.monotonic() - slot.born < SHORT_LIFE_S
            slot.pause = min(LONGEST_PAUSE_S, slot.pause * 2 or 0.1) if crashed else 0.0
            slot.pid, slot.due = None, time.monotonic() + slot.pause

    def _end(self, status: int) -> int:
        """Leave nobody behind."""
        self._signal_server(signal.SIGTERM)
        if self._server is not None:
            try:
                self._server.wait(timeout=STOP_GRACE_S)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
        self._end_signer()
        self._drop_control()
        for slot in self._slots:
            if slot.pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(slot.pid, signal.SIGKILL)
                os.waitpid(slot.pid, 0)
        signal.set_wakeup_fd(-1)
        self._wake.close()
        self._waker.close()
        return status


def _before_server() -> None:
    """Run in the server's process before it is one. A hangup that comes before it listens for any must not end it."""
    die_with_parent(signal.SIGTERM)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
