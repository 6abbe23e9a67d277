"""What a forked worker does until its socket closes: read tasks, analyse, answer. It trusts nothing to come back.

It holds the models of its parent, one socket, and limits on its memory. Any surprise ends the process; the server
then counts the request as not inspected, and the supervisor forks another worker.
"""

import os
import resource
import signal
import socket
from typing import TYPE_CHECKING

from proxy.detection import protocol
from proxy.detection.limits import die_with_parent, limit_memory

if TYPE_CHECKING:  # the models' packages are imported by whoever loads them, after the server was started
    from proxy.detection.analysis import Analyzer

RECYCLE_AFTER = 5000
"""Requests that one process serves, against slow growth of the models' string stores."""


def serve(sock: socket.socket, analyzer: "Analyzer") -> None:
    """Answer requests until the server closes the socket or the worker has served its share."""
    hello = protocol.receive(sock)
    if hello is None:
        return
    analyzer.key = bytes.fromhex(hello["key"])
    for served in range(1, RECYCLE_AFTER + 1):
        message = protocol.receive(sock)
        if message is None:
            return
        number, tasks = protocol.read_request(message)
        results = [analyzer.run(task) for task in tasks]
        sock.sendall(protocol.answer(number, results, last=served == RECYCLE_AFTER))


def main(sock: socket.socket, analyzer: "Analyzer", *, parent: int, memory_bytes: int) -> int:
    """Run in the child right after fork; returns the exit status."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    die_with_parent(signal.SIGKILL)
    if os.getppid() != parent:
        return 1
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit_memory(memory_bytes)
    try:
        serve(sock, analyzer)
    except Exception:  # noqa: BLE001 - no traceback: it could quote the text
        return 1
    return 0
