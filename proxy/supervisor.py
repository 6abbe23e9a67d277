"""The parent of everything: loads the models once, forks server processes and detector workers, replaces what ends.

One thread and no event loop, because it forks. What it forks shares the memory of what it has imported and loaded
(gc.freeze, copy on write). It holds the address that all servers accept from, so that a connection made while one of
them is replaced waits and is not refused. If this process dies, the others follow: Linux signals them, and their
sockets close.

    SIGTERM, SIGINT   every server stops: see `proxy.server`
    SIGHUP            every server takes up the policies on disk
    SIGUSR2           servers are replaced, one after the other
"""

import gc
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from types import FrameType
from typing import Any

from audit.place import Postgres
from audit.spool.spool import NAME as SPOOLED
from proxy.children import LONGEST_PAUSE_S, Serve, Server, Slot
from proxy.detection import control, worker
from proxy.errors import ConfigurationError
from proxy.place import audit_place, spool_plan
from proxy.process import DETECTOR, die_with_parent, name_process
from proxy.seat import EX_CONFIG, RELOAD, desks, listen
from proxy.settings import Settings

SIGNER_GRACE_S = 20.0
CLOSING_S = 15.0
"""What a server may take to end once nobody waits for an answer of its."""
RESTART_WINDOW_S = 60.0
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR2, signal.SIGCHLD)
WARM_UP = "Dear Maria Gonzalez, the card 1234 of 12 High Street, London, was sent on Tuesday. call +44 20 7946 0000"


def run(settings: Settings, serve: Serve, signer_argv: Sequence[str] = ()) -> int:
    """Run until told to stop; returns the exit status. `serve` runs in each server's process.

    `signer_argv` starts what signs the log, if anything; it outlives the servers, to sign what they wrote last. Raises
    ConfigurationError where the address cannot be had.
    """
    return Supervisor(settings, serve, signer_argv).run()


def require_workers(settings: Settings) -> None:
    """Refuse a number of processes that the log is not safe with; raises ConfigurationError."""
    if settings.workers > 1 and not isinstance(audit_place(settings), Postgres):
        raise ConfigurationError(
            f"setting workers is {settings.workers}, but one process alone writes an audit log in a SQLite file: set "
            "audit_url to a PostgreSQL database, or workers to 1"
        )
    for desk in desks(settings.home)[1:]:
        spool = spool_plan(settings, desk).folder
        if int(desk.name) >= settings.workers and any(spool.glob(f"{SPOOLED}*")):
            raise ConfigurationError(
                f"{spool} holds records that are not in the audit log yet, of a process that would not be started: "
                f"set workers to {int(desk.name) + 1} or more until they are"
            )


class Supervisor:
    """The loop, with everything it keeps count of."""

    def __init__(self, settings: Settings, serve: Serve, signer_argv: Sequence[str]) -> None:
        require_workers(settings)
        self._settings = settings
        self._listener = listen(settings.host, settings.port)
        scanners = 1 + settings.scanners
        self._servers = [
            Server(number, settings.workers, scanners, self._listener, serve) for number in range(settings.workers)
        ]
        self._signer_argv = list(signer_argv)
        self._signer: subprocess.Popen[bytes] | None = None
        self._signer_due = 0.0
        self._stop_by: float | None = None
        self._to_restart: list[Server] = []
        self._analyzer: Any = None
        self._wake, self._waker = socket.socketpair()

    def run(self) -> int:
        """Start, load, fork, then look after them."""
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would hold what people asked
        self._catch_signals()
        _keep()
        self._start(self._servers[0])
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
        for server in self._servers:
            server.bury()
        if self._stop_by is not None:
            if all(server.pid is None for server in self._servers):
                return 0
            if time.monotonic() > self._stop_by:
                self._signal(signal.SIGKILL)
        elif (status := self._replace()) is not None:
            return status
        self._tend_signer()
        self._grant()
        self._go_on_restarting()
        for server in self._servers:
            for slot in server.slots:
                if slot.pid is None and time.monotonic() >= slot.due and self._stop_by is None:
                    self._employ(server, slot)
        self._wait()
        return None

    def _replace(self) -> int | None:
        """Start servers that are due, in place of those that ended; returns a status where none is left to serve."""
        for server in self._servers:
            if server.pid is not None or time.monotonic() < server.due or self._must_wait(server):
                continue
            hopeless = server.is_hopeless(RESTART_WINDOW_S)
            if hopeless and not any(other.serving or self._may_serve(other) for other in self._servers):
                if server.status != EX_CONFIG:
                    sys.stderr.write("ringfence: the server ends again and again; giving up\n")
                return EX_CONFIG if server.status == EX_CONFIG else 1
            if hopeless and server.due == 0.0:  # others serve, and it may be of use again later
                server.due = time.monotonic() + LONGEST_PAUSE_S
                continue
            server.due = 0.0
            self._start(server)
        return None

    def _start(self, server: Server) -> None:
        """Fork a server; where that cannot be now, it is tried again. One is told to stop that all others were told."""
        try:
            server.start(self._lines())
        except OSError as error:
            sys.stderr.write(f"ringfence: a server cannot be forked: {error.strerror}\n")
            server.due = time.monotonic() + LONGEST_PAUSE_S
        if self._stop_by is not None:
            server.signal(signal.SIGTERM)

    def _may_serve(self, server: Server) -> bool:
        """Whether a server that does not serve is about to: it is only being replaced."""
        return not server.is_hopeless(RESTART_WINDOW_S) and not self._must_wait(server)

    def _must_wait(self, server: Server) -> bool:
        """Whether a server must not begin yet: the first may have to begin a log, which the others then find."""
        return server.status is None and not any(other.serving for other in self._servers[: server.number])

    def _grant(self) -> None:
        """Do what servers asked for."""
        for server in self._servers:
            for other in self._servers if RELOAD in server.wants else ():
                if other is not server:
                    other.signal(signal.SIGHUP)
            server.wants.clear()

    def _go_on_restarting(self) -> None:
        """Replace one server at a time: the next one when all serve again."""
        if self._to_restart and self._stop_by is None and all(server.serving for server in self._servers):
            self._to_restart.pop(0).retire(self._patience())

    def _begin_restart(self) -> None:
        self._to_restart = list(self._servers)

    def _wait(self) -> None:
        slots = [slot.due for server in self._servers for slot in server.slots if slot.pid is None]
        dues = [*slots, *(each.due for each in self._servers if each.pid is None and not self._must_wait(each))]
        dues += [each.end_by for each in self._servers if each.end_by is not None]
        ends = [self._stop_by] if self._stop_by is not None else dues
        timeout = min([max(0.01, at - time.monotonic()) for at in ends], default=5.0)
        lines = {server.line: server for server in self._servers if server.line is not None}
        ready, _, _ = select.select([self._wake, *lines], [], [], min(timeout, 5.0))
        for sock in ready:
            if sock is self._wake:
                self._wake.recv(4096)
            else:
                lines[sock].hear()

    # Signals only set marks; the loop acts on them.

    def _catch_signals(self) -> None:
        for end in (self._wake, self._waker):
            end.setblocking(False)  # noqa: FBT003
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        for number in SIGNALS:
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            self._signal(signal.SIGHUP)
        elif number == signal.SIGUSR2:
            self._begin_restart()
        elif number in (signal.SIGTERM, signal.SIGINT) and self._stop_by is None:
            self._stop_by = self._patience()
            self._signal(signal.SIGTERM)

    def _signal(self, number: int) -> None:
        for server in self._servers:
            server.signal(number)

    def _patience(self) -> float:
        """Return until when (monotonic seconds) servers that were told to stop may take for it."""
        return time.monotonic() + self._settings.unready_s + self._settings.drain_s + CLOSING_S

    def _lines(self) -> list[socket.socket]:
        """Return the sockets that are this process's alone, which a child closes."""
        return [self._wake, self._waker, *(server.line for server in self._servers if server.line is not None)]

    # The signer.

    def _tend_signer(self) -> None:
        """Start it once a server serves, which may refuse the log, and again some seconds after it has ended."""
        if self._signer is None and not any(server.serving for server in self._servers):
            return
        ended = self._signer is None or self._signer.poll() is not None
        if not self._signer_argv or not ended or self._stop_by is not None or time.monotonic() < self._signer_due:
            return
        self._signer_due = time.monotonic() + LONGEST_PAUSE_S
        log = self._settings.audit_url or str(self._settings.home / "audit.db")
        try:
            self._signer = subprocess.Popen(
                self._signer_argv,
                env={**os.environ, "RINGFENCE_AUDIT_URL": log},
                process_group=0,
                preexec_fn=_before_signer,  # noqa: PLW1509 - this process has one thread
            )
        except OSError as error:
            sys.stderr.write(f"ringfence: the signer cannot be started: {error.strerror}\n")

    def _end_signer(self) -> None:
        """Let it sign what the servers wrote last."""
        if self._signer is None or self._signer.poll() is not None:
            return
        self._signer.terminate()
        try:
            self._signer.wait(timeout=SIGNER_GRACE_S)
        except subprocess.TimeoutExpired:
            self._signer.kill()
            self._signer.wait()

    # The workers.

    def _load(self) -> None:
        gc.disable()
        from proxy.detection.analysis import Analyzer  # noqa: PLC0415 - the servers were started without it
        from proxy.detection.findings import Segment, Unit  # noqa: PLC0415

        self._analyzer = Analyzer.of(self._settings)
        self._analyzer.analyze([Unit("", "user", (Segment("", "content", WARM_UP),))])
        _keep()

    def _employ(self, server: Server, slot: Slot) -> None:
        parent = os.getpid()

        def work(sock: socket.socket) -> int:
            name_process(DETECTOR)
            return worker.main(
                sock,
                self._analyzer,
                parent=parent,
                memory_bytes=self._settings.detect_worker_memory_bytes,
                recycle_bytes=self._settings.detect_worker_recycle_bytes,
            )

        try:
            server.employ(slot, control.describe(self._analyzer.loaded), self._lines(), work)
        except OSError as error:
            sys.stderr.write(f"ringfence: a detector worker cannot be forked: {error.strerror}\n")
            slot.due = time.monotonic() + LONGEST_PAUSE_S

    def _end(self, status: int) -> int:
        """Leave nobody behind."""
        self._signal(signal.SIGTERM)
        until = self._stop_by or self._patience()
        for server in self._servers:
            server.wait(until)
        self._end_signer()
        for server in self._servers:
            server.hang_up()
            server.dismiss()
        signal.set_wakeup_fd(-1)
        for sock in (self._wake, self._waker, self._listener):
            sock.close()
        return status


def _keep() -> None:
    """Share all that there is with what is forked from now on. The collector, which may be off, begins after that."""
    gc.collect()
    gc.freeze()
    gc.enable()


def _before_signer() -> None:
    """Run in the signer's process before it is one.

    A hangup that comes before it listens for any must not end it, and neither must the word to end: it waits until the
    signer can sign what was written last.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    die_with_parent(signal.SIGTERM)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
