"""One server process and its detector workers, as their parent knows them: to start, to hear, to kill, to bury."""

import contextlib
import os
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from proxy.detection import control
from proxy.logs import place
from proxy.process import SERVER, die_with_parent, name_process
from proxy.seat import EX_CONFIG, RELOAD, SERVING, Seat

RESTARTS = 5
SHORT_LIFE_S, LONGEST_PAUSE_S = 2.0, 5.0
SEND_TIMEOUT_S = 2.0
HANDLED = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR2, signal.SIGCHLD, signal.SIGHUP)

Serve = Callable[[Seat], int]
"""Runs in the process of a server, from its first moment to its exit status."""
Work = Callable[[socket.socket], int]
"""Runs in the process of a detector worker, with its end of the socket that leads to the server."""


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


class Server:
    """A seat with whoever sits there. Its workers have sockets of their own, whose other ends go to it (SCM_RIGHTS)."""

    def __init__(self, number: int, of: int, workers: int, listener: socket.socket, serve: Serve) -> None:
        self.number = number
        self.slots = [Slot(slot) for slot in range(workers)]
        self.pid: int | None = None
        self.status: int | None = None
        """How the last one ended; None as long as none did."""
        self.serving = False
        """Whether it said that it takes requests."""
        self.due = 0.0
        """When to start the next one."""
        self.end_by: float | None = None
        """When one that was told to stop is killed."""
        self.line: socket.socket | None = None
        self.wants: set[str] = set()
        """What it asked of its parent, and is not done yet."""
        self._of, self._listener, self._serve = of, listener, serve
        self._reader: control.LineReader | None = None
        self._starts: deque[float] = deque(maxlen=RESTARTS)

    def start(self, others: Iterable[socket.socket]) -> None:
        """Fork it; `others` are the parent's sockets that it has no use for. Raises OSError where that cannot be."""
        self.hang_up()
        mine, its = socket.socketpair()
        mine.settimeout(SEND_TIMEOUT_S)
        parent = os.getpid()
        self._starts.append(time.monotonic())
        self.pid = _fork()
        if self.pid == 0:
            status = 1
            try:
                name_process(SERVER)
                die_with_parent(signal.SIGTERM)
                if os.getppid() != parent:
                    return
                for sock in (mine, *others):
                    sock.close()
                os.setpgid(0, 0)  # what a terminal tells its foreground is for the parent
                status = self._serve(Seat(self.number, self._of, its, self._listener))
            except BaseException as error:  # noqa: BLE001 - its text may hold content
                sys.stderr.write(f"ringfence: a server was ended by {place(error)}\n")
            finally:
                _exit(status)
        its.close()
        self.line, self._reader = mine, control.LineReader(mine)
        self.serving, self.end_by = False, None

    def is_hopeless(self, window_s: float) -> bool:
        """Whether a restart cannot help: it said so at its end, or has ended again and again lately."""
        often = len(self._starts) == RESTARTS and time.monotonic() - self._starts[0] <= window_s
        return often or self.status == EX_CONFIG

    def signal(self, number: int) -> None:
        """Signal it, if it lives."""
        if self.pid is not None:  # it is waited for by this process alone, so the id is still its own
            with contextlib.suppress(ProcessLookupError):  # or was until a moment ago: a handler can run in `bury`
                os.kill(self.pid, number)

    def bury(self) -> None:
        """Take note of its end, if it has ended, and of those of its workers."""
        if self.end_by is not None and time.monotonic() > self.end_by:
            self.signal(signal.SIGKILL)
        pid, status = (0, 0) if self.pid is None else os.waitpid(self.pid, os.WNOHANG)
        if pid:
            self.pid, self.status, self.serving = None, os.waitstatus_to_exitcode(status), False
            self.end_by = None
            self.hang_up()
        for slot in self.slots:
            _bury(slot)

    def retire(self, until: float) -> None:
        """Tell it to stop, so that another takes its seat; one that has not by then (monotonic seconds) is killed."""
        self.serving, self.end_by = False, until
        self.signal(signal.SIGTERM)

    def wait(self, until: float) -> None:
        """Wait for its end; kill it when that has not come by then (monotonic seconds)."""
        while self.pid is not None and time.monotonic() < until:
            self.bury()
            time.sleep(0.01)
        self.signal(signal.SIGKILL)
        while self.pid is not None:
            self.bury()
            time.sleep(0.01)

    def hang_up(self) -> None:
        """Close the line to it."""
        if self._reader is not None:
            self._reader.close()
        if self.line is not None:
            self.line.close()
        self.line = self._reader = None

    def tell(self, message: dict[str, Any], fds: tuple[int, ...] = ()) -> None:
        """Send it a message; one that does not read any more is to end, and be replaced."""
        if self.line is not None:
            try:
                control.send(self.line, message, fds)
            except OSError:
                self.hang_up()
                self.signal(signal.SIGTERM)

    def hear(self) -> None:
        """Read what it said, and do it."""
        try:
            messages = self._reader.read() if self._reader is not None else None
        except (OSError, ValueError):
            messages = None
        if messages is None:
            self.hang_up()
            return
        for message, _ in messages:
            if "kill" in message:
                self._kill(int(message["kill"]), int(message["generation"]))
            self.serving = self.serving or SERVING in message
            self.wants |= {RELOAD} & message.keys()

    def employ(self, slot: Slot, loaded: dict[str, Any], others: Iterable[socket.socket], work: Work) -> None:
        """Fork a worker into a slot and hand its socket to the server. Raises OSError where it cannot be forked."""
        if self.line is None:
            slot.due = time.monotonic() + 0.2
            return
        servers_end, workers_end = socket.socketpair()
        slot.generation += 1
        slot.born, slot.told = time.monotonic(), False
        slot.pid = _fork()
        if slot.pid == 0:
            status = 1
            try:
                for sock in (servers_end, self._listener, *others):
                    sock.close()
                status = work(workers_end)
            finally:
                _exit(status)
        workers_end.close()
        self.tell({"loaded": loaded})
        self.tell({"worker": slot.number, "generation": slot.generation, "pid": slot.pid}, (servers_end.fileno(),))
        servers_end.close()  # a worker whose socket went nowhere reads its end and exits

    def dismiss(self) -> None:
        """Kill every worker, and wait for its end."""
        for slot in self.slots:
            if slot.pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(slot.pid, signal.SIGKILL)
                os.waitpid(slot.pid, 0)
                slot.pid = None

    def _kill(self, number: int, generation: int) -> None:
        if 0 <= number < len(self.slots):
            slot = self.slots[number]
            if slot.generation == generation and slot.pid is not None:
                slot.told = True
                os.kill(slot.pid, signal.SIGKILL)


def _bury(slot: Slot) -> None:
    pid, status = (0, 0) if slot.pid is None else os.waitpid(slot.pid, os.WNOHANG)
    if pid == 0:
        return
    crashed = status != 0 and not slot.told and time.monotonic() - slot.born < SHORT_LIFE_S
    slot.pause = min(LONGEST_PAUSE_S, slot.pause * 2 or 0.1) if crashed else 0.0
    slot.pid, slot.due = None, time.monotonic() + slot.pause


def _fork() -> int:
    """Fork. The child has none of the parent's handlers, not for a moment; a hangup does not end it."""
    sys.stdout.flush()
    sys.stderr.flush()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)
    try:
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            for number in HANDLED:
                signal.signal(number, signal.SIG_IGN if number == signal.SIGHUP else signal.SIG_DFL)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return pid


def _exit(status: int) -> None:
    """End without what the parent would do at its end."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)
