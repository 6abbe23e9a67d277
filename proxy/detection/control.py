"""The line between the supervisor and the server: one JSON object a line over a stream socket, sockets beside it.

    supervisor to server   {"loaded": {"entity_types": [...], "thresholds": [[type, score], ...], "sha256": HEX}}
                           {"worker": SLOT, "generation": N, "pid": PID}   with the worker's socket (SCM_RIGHTS)
    server to supervisor   {"kill": SLOT, "generation": N}
                           {"serving": true}, {"reload": true}: see `proxy.seat`

A generation is one incarnation of a slot's worker: a late kill can never hit its successor. The worker of slot 0 is
kept free of long texts, so that no short one waits for one.
"""

import json
import os
import socket
from typing import Any

from proxy.detection.findings import DetectorSet

MAX_LINE = 1 << 16
SHORT_ONLY = 0
"""The slot whose worker takes no long texts."""


def send(sock: socket.socket, message: dict[str, Any], fds: tuple[int, ...] = ()) -> None:
    """Send one message, with file descriptors; raises OSError when the other end is gone or does not read."""
    data = json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n"
    sent = socket.send_fds(sock, [data], list(fds)) if fds else sock.send(data)
    if sent < len(data):  # else the other end may be gone already, with what it was to have
        sock.sendall(data[sent:])


class LineReader:
    """Turns received bytes and descriptors into messages; a message about a worker takes the next descriptor."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._buffer = b""
        self._fds: list[int] = []

    def read(self) -> list[tuple[dict[str, Any], int | None]] | None:
        """Read what is there, from a socket that is ready; None when the other end closed it. Raises ValueError."""
        data, fds, _, _ = socket.recv_fds(self._sock, MAX_LINE, 16)
        self._fds += fds
        if not data:
            self.close()
            return None
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        if len(self._buffer) > MAX_LINE:
            raise ValueError("line too long")
        messages = [json.loads(line) for line in lines]
        return [(message, self._fds.pop(0) if "worker" in message else None) for message in messages]

    def close(self) -> None:
        """Close descriptors that no message claimed."""
        for fd in self._fds:
            os.close(fd)
        self._fds.clear()


def describe(loaded: DetectorSet) -> dict[str, Any]:
    """Return the JSON form of a detector set."""
    return {
        "entity_types": sorted(loaded.entity_types),
        "thresholds": [list(row) for row in loaded.thresholds],
        "sha256": loaded.sha256,
    }


def understand(form: dict[str, Any]) -> DetectorSet:
    """Return the detector set of a JSON form."""
    thresholds = tuple((str(name), float(score)) for name, score in form["thresholds"])
    return DetectorSet(frozenset(form["entity_types"]), thresholds, str(form["sha256"]))
