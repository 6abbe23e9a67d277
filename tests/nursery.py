"""Starts programs of Ringfence without what most of a start costs: a second, to import what the last one imported, too.

A process that has imported it is forked for each program, which then runs as `python PROGRAM ...` would: in a process
and a session of its own, with the environment that it is given, as a child of the test's process, to be signalled and
awaited like any other.

    python nursery.py FD          # is the process that is forked, and asked over this socket
"""

import atexit
import ctypes
import functools
import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
from typing import Any

PR_SET_CHILD_SUBREAPER = 36
OPEN = 64
"""What is forked has fewer files open."""
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - what is forked has no Path


class Nursery:
    """The line to that process, which ends when this one does."""

    def __init__(self) -> None:
        self._line, its = socket.socketpair()
        self._asking = threading.Lock()
        self._libc = ctypes.CDLL(None)
        with its:
            self._process = subprocess.Popen([sys.executable, __file__, str(its.fileno())], pass_fds=[its.fileno()])
        atexit.register(self._end)

    def bear(self, streams: list[int], **asked: Any) -> int:
        """Have a program run, with these as its standard streams, and return its process id."""
        text = json.dumps(asked).encode()
        with self._asking:
            self._adopt(on=True)
            try:
                socket.send_fds(self._line, [b"%08d" % len(text)], streams)
                self._line.sendall(text)
                return int(self._line.recv(8))
            finally:
                self._adopt(on=False)

    def _end(self) -> None:
        self._line.close()
        self._process.wait()

    def _adopt(self, *, on: bool) -> None:
        """Let processes among those that this one began, and whose parents end, become its children."""
        self._libc.prctl(PR_SET_CHILD_SUBREAPER, int(on), 0, 0, 0)


nursery = functools.cache(Nursery)
"""The one of this process."""


class Program(subprocess.Popen[Any]):
    """What `Popen([sys.executable, *arguments], ..., start_new_session=True)` would be."""

    def _execute_child(  # type: ignore[override, unused-ignore]  # noqa: PLR0917 - as the library calls it
        self,
        args: Any,
        _executable: Any,
        _preexec_fn: Any,
        _close_fds: Any,
        _pass_fds: Any,
        cwd: Any,
        env: Any,
        _startupinfo: Any,
        _creationflags: Any,
        _shell: Any,
        p2cread: int,
        p2cwrite: int,
        c2pread: int,
        c2pwrite: int,
        errread: int,
        errwrite: int,
        *_rest: Any,
    ) -> None:
        """Begin it, where the library would by `execve`."""
        with open(os.devnull, "rb") as nothing:  # noqa: PTH123
            given = [p2cread, c2pwrite, errwrite]
            streams = [its if its != -1 else ours for its, ours in zip(given, (nothing.fileno(), 1, 2), strict=True)]
            words = [os.fspath(word) for word in args]
            env = dict(os.environ if env is None else env)
            self.pid = nursery().bear(streams, words=words, env=env, cwd=os.fspath(cwd or os.getcwd()))  # noqa: PTH109
        self._child_created = True
        self._close_pipe_fds(p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite)  # type: ignore[attr-defined]


def be(words: list[str], env: dict[str, str], cwd: str, streams: list[int]) -> None:
    """Run a program in this process, which was just forked for it."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, fd in enumerate(streams):
        os.dup2(fd, number)
    os.closerange(3, OPEN)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    gc.enable()
    if words[0] == "-m":
        sys.argv = words[1:]
        sys.path[0] = cwd
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = words
        sys.path[0] = os.path.dirname(words[0])  # noqa: PTH120
        runpy.run_path(words[0], run_name="__main__")


def bear(line: socket.socket) -> None:
    """Fork whenever asked to, and once more in between: as that process ends, the new one is adopted."""
    while True:
        head, streams, _, _ = socket.recv_fds(line, 8, 3)
        if not head:
            return
        asked = line.recv(int(head), socket.MSG_WAITALL)
        read, write = os.pipe()
        between = os.fork()
        if between == 0:
            pid = os.fork()
            if pid == 0:
                be(**json.loads(asked), streams=streams)
                return
            os.write(write, b"%08d" % pid)
            os._exit(0)
        os.waitpid(between, 0)
        line.sendall(os.read(read, 8))
        for fd in (*streams, read, write):
            os.close(fd)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()
    sys.path.insert(0, ROOT)
    from proxy import cli, server, supervisor  # noqa: F401
    from proxy.detection import analysis  # noqa: F401

    gc.freeze()
    bear(socket.socket(fileno=int(sys.argv[1])))
