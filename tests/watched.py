"""System calls of another process that change files, each held until this one has said what becomes of it.

A filter of the kernel (seccomp, user notification) holds the calls; it needs no privilege, no compiler and no tracer,
and sees whatever a library does. Whoever is watched installs it with `offer`, whoever watches takes them by `watch`.
The call goes on as it was made, or fails with an error without having happened, or its process ends there.
"""

import ctypes
import errno
import fcntl
import os
import platform
import select
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["write", "truncate", "sync", "create", "unlink", "link", "rename", "say"]
"""`say` is what goes to standard output. Directories are not watched as they are made."""
STDOUT = 1
CALLS: dict[int, tuple[str, Kind]] = {
    1: ("write", "write"),
    18: ("pwrite64", "write"),
    74: ("fsync", "sync"),
    75: ("fdatasync", "sync"),
    76: ("truncate", "truncate"),
    77: ("ftruncate", "truncate"),
    2: ("open", "create"),
    257: ("openat", "create"),
    87: ("unlink", "unlink"),
    263: ("unlinkat", "unlink"),
    86: ("link", "link"),
    265: ("linkat", "link"),
    82: ("rename", "rename"),
    264: ("renameat", "rename"),
    316: ("renameat2", "rename"),
}
UNEXPECTED = (20, 285, 296, 328, 9999)
"""writev, fallocate, pwritev, pwritev2: nothing here uses them, and who does has to be taught to the watcher."""
FLAGS_AT = {2: 1, 257: 2}
"""Which argument of an opening call has the flags: only those that may create are held."""
AT_FDCWD = 0xFFFFFF9C
AUDIT_ARCH_X86_64 = 0xC000003E
ALLOW, NOTIFY = 0x7FFF0000, 0x7FC00000
LOAD, EQUAL, BITS, RETURN = 0x20, 0x15, 0x45, 0x06
PR_SET_NO_NEW_PRIVS, SYS_SECCOMP, SET_MODE_FILTER, NEW_LISTENER = 38, 317, 1, 8
RECEIVE, SEND, CONTINUE = 0xC0502100, 0xC0182101, 1
NOTIFICATION = struct.Struct("=QIIiIQ6Q")
RESPONSE = struct.Struct("=QqiI")


@dataclass(frozen=True, slots=True)
class Call:
    """One call: of which file, and what of it. `to` is its new name."""

    name: str
    kind: Kind
    path: str
    offset: int = 0
    data: bytes = b""
    to: str = ""


KILL = -1
Answer = Callable[[Call], int]
"""Takes a call; 0 lets it go on, KILL ends the process before it, any other number is the error with which it fails."""


def can_watch() -> bool:
    """Whether this machine can: Linux on x86-64, whose kernel lets a process filter and its parent read its memory."""
    if not sys.platform.startswith("linux") or platform.machine() != "x86_64":
        return False
    with subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE) as tried:
        try:
            Path(f"/proc/{tried.pid}/mem").open("rb").close()
        except OSError:
            tried.kill()
    return tried.returncode == 0


def offer(to: socket.socket) -> None:
    """Hold the calls of this process from now on, and let the other end of a socket decide about them."""
    listener = _install()
    if listener < 0:
        raise OSError(-listener, "no filter")
    socket.send_fds(to, [b"f"], [listener])
    os.close(listener)


def watch(offered: socket.socket, root: Path, answer: Answer) -> None:
    """Decide about each call that concerns a file below a folder, or that says something, until its process ends."""
    _, (listener,), _, _ = socket.recv_fds(offered, 1, 1)
    ready = select.poll()
    ready.register(listener, select.POLLIN)
    with closing(os.fdopen(listener, "rb", buffering=0)):
        while not ready.poll()[0][1] & select.POLLHUP:
            held = bytearray(NOTIFICATION.size)
            try:
                fcntl.ioctl(listener, RECEIVE, held)
            except FileNotFoundError:  # it was killed meanwhile
                continue
            one, pid, _, number, _, _, *args = NOTIFICATION.unpack(held)
            call = _read(pid, number, args)
            error = answer(call) if call.kind == "say" or Path(call.path).is_relative_to(root) else 0
            if error == KILL:
                os.kill(pid, signal.SIGKILL)
            else:
                fcntl.ioctl(listener, SEND, RESPONSE.pack(one, 0, -error, 0 if error else CONTINUE))


def _read(pid: int, number: int, args: list[int]) -> Call:
    if number not in CALLS:
        raise NotImplementedError(f"system call {number}")
    name, kind = CALLS[number]
    if kind == "write":
        path = _opened(pid, args[0])
        data = _memory(pid, args[1], args[2])
        if args[0] == STDOUT:
            return Call(name, "say", path, data=data)
        return Call(name, kind, path, args[3] if name == "pwrite64" else _position(pid, args[0]), data)
    if kind == "sync":
        return Call(name, kind, _opened(pid, args[0]))
    if kind == "truncate":
        return Call(name, kind, _opened(pid, args[0]) if name == "ftruncate" else _name(pid, args[0]), args[1])
    at = [AT_FDCWD, *args] if name in ("open", "unlink") else args
    if kind in ("create", "unlink"):
        return Call(name, kind, _named(pid, at[0], at[1]))
    old, new = ((AT_FDCWD, args[0]), (AT_FDCWD, args[1])) if name in ("rename", "link") else (args[:2], args[2:4])
    return Call(name, kind, _named(pid, *old), to=_named(pid, *new))


def _opened(pid: int, descriptor: int) -> str:
    return str(Path(f"/proc/{pid}/fd/{descriptor}").readlink())


def _position(pid: int, descriptor: int) -> int:
    return int(Path(f"/proc/{pid}/fdinfo/{descriptor}").read_text().split()[1])


def _memory(pid: int, address: int, count: int) -> bytes:
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        return os.pread(memory.fileno(), count, address)


def _name(pid: int, address: int) -> str:
    return _memory(pid, address, 4096 - address % 4096 + 4096).partition(b"\0")[0].decode()


def _named(pid: int, folder: int, address: int) -> str:
    name = _name(pid, address)
    base = f"/proc/{pid}/cwd" if folder & 0xFFFFFFFF == AT_FDCWD else f"/proc/{pid}/fd/{folder}"
    return name if name.startswith("/") else str(Path(base).readlink() / name)


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_ushort), ("yes", ctypes.c_ubyte), ("no", ctypes.c_ubyte), ("value", ctypes.c_uint))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.POINTER(_Instruction)))


def _install() -> int:
    """Install the filter; return the descriptor that tells of held calls, or less than 0."""
    program = [(LOAD, 0, 0, 4), (EQUAL, 1, 0, AUDIT_ARCH_X86_64), (RETURN, 0, 0, ALLOW), (LOAD, 0, 0, 0)]
    for number in (*CALLS, *UNEXPECTED):
        if number in FLAGS_AT:
            flags = 16 + 8 * FLAGS_AT[number]
            program += [(EQUAL, 0, 4, number), (LOAD, 0, 0, flags), (BITS, 0, 1, os.O_CREAT)]
            program += [(RETURN, 0, 0, NOTIFY), (RETURN, 0, 0, ALLOW)]
        else:
            program += [(EQUAL, 0, 1, number), (RETURN, 0, 0, NOTIFY)]
    program.append((RETURN, 0, 0, ALLOW))
    made = (_Instruction * len(program))(*(_Instruction(*one) for one in program))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return -errno.EPERM
    held = _Program(len(program), made)
    listener = int(libc.syscall(SYS_SECCOMP, SET_MODE_FILTER, NEW_LISTENER, ctypes.byref(held)))
    return listener if listener >= 0 else -ctypes.get_errno()


if __name__ == "__main__":
    failed = _install() < 0
    sys.stdin.read()
    sys.exit(failed)
