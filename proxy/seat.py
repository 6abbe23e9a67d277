"""A place for one server process among those of one home, which share it and a listening socket.

    home/                keys, settings, the signer's state; and the desk of the first seat, as of an only one
    home/servers/N/      the desk of each other seat

A desk holds what a process owns alone: its lock and the head that it saw last, its spool, admin socket and exports. So
each process is to the log what a server on a machine of its own would be.
"""

import contextlib
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from proxy.detection import control
from proxy.errors import ConfigurationError

EX_CONFIG = 78
"""A server's status when a restart cannot help (sysexits.h)."""
SERVING, RELOAD = "serving", "reload"
"""What a server says to the supervisor: that it takes requests; that all others are to take up the policies."""
DESKS = "servers"
DESK = re.compile("[1-9][0-9]{0,4}")
BACKLOG = 2048


@dataclass(frozen=True, slots=True)
class Seat:
    """What a server process is given when it is forked."""

    number: int
    of: int
    control: socket.socket
    """Its line to the supervisor."""
    listener: socket.socket

    def desk(self, home: Path) -> Path:
        """Return the folder that is this process's alone."""
        return desk(home, self.number)

    def ask(self, what: str) -> None:
        """Ask the supervisor for something: see `proxy.children`. One that is gone ends this process anyway."""
        with contextlib.suppress(OSError):
            control.send(self.control, {what: True})

    @classmethod
    def alone(cls, control: socket.socket, listener: socket.socket) -> Self:
        """Return the seat of an only server."""
        return cls(0, 1, control, listener)


def desk(home: Path, number: int) -> Path:
    """Return the folder of the process at a seat."""
    return home / DESKS / str(number) if number else home


def desks(home: Path) -> list[Path]:
    """Return every desk that there is, the first one first: of processes that are, or were. A copy of one is none."""
    numbers = {path.name for path in (home / DESKS).glob("[1-9]*")}
    return [home, *(desk(home, number) for number in sorted(int(name) for name in numbers if DESK.fullmatch(name)))]


def listen(host: str, port: int) -> socket.socket:
    """Take an address for all server processes, which keep it when one of them ends; nobody can connect yet.

    The first server that is ready to accept makes it listen. Raises ConfigurationError.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, proto, _, address = found[0]
        sock = socket.socket(family, kind, proto)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind(address)
        except OSError:
            sock.close()
            raise
    except OSError as error:
        why = error.strerror or "the name is not known"
        raise ConfigurationError(f"Cannot listen on {host} port {port}, as the settings say: {why}.") from None
    return sock
