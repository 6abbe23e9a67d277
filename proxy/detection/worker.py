"""What a forked worker does until its socket closes: read tasks, analyse, answer. It trusts nothing to come back.

It holds the models of its parent, one socket, and limits on its memory. Any surprise ends the process; the server
then counts the request as not inspected, and the supervisor forks another worker.
"""

import os
import resource
import secrets
import signal
import socket
from typing import TYPE_CHECKING

from proxy.detection import protocol
from proxy.detection.limits import limit_memory, private_bytes
from proxy.process import die_with_parent

if TYPE_CHECKING:  # the models' packages are imported by whoever loads them, after the server was started
    from proxy.detection.analysis import Analyzer

RECYCLE_AFTER = 5000
"""Requests that one process serves at most."""
CHECK_AFTER = 200
"""How often its memory is looked at: after so many requests, where a thousand characters count for one more."""


def serve(sock: socket.socket, analyzer: "Analyzer", *, requests: int, recycle_bytes: int) -> None:
    """Answer requests until the server closes the socket, or the worker has served its share or grown beyond it."""
    hello = protocol.receive(sock)
    if hello is None:
        return
    analyzer.key = bytes.fromhex(hello["key"])
    done = 0
    for served in range(1, requests + 1):
        message = protocol.receive(sock)
        if message is None:
            return
        number, tasks = protocol.read_request(message)
        results = analyzer.run_all(tasks)
        done += 1 + sum(len(text.text) for task in tasks for text in task.texts) // 1000
        last = served == requests
        if done >= CHECK_AFTER:
            done = 0
            last = last or private_bytes() > recycle_bytes
        sock.sendall(protocol.answer(number, results, last=last))


def share(recycle_bytes: int) -> dict[str, int]:
    """Return how much one worker serves: by chance up to a quarter less, so that twins do not retire together."""
    part = 1 - secrets.randbelow(1000) / 4000
    return {"requests": int(RECYCLE_AFTER * part), "recycle_bytes": int(recycle_bytes * part)}


def main(sock: socket.socket, analyzer: "Analyzer", *, parent: int, memory_bytes: int, recycle_bytes: int) -> int:
    """Run in the child right after fork; returns the exit status."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent(signal.SIGKILL)
    if os.getppid() != parent:
        return 1
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit_memory(memory_bytes)
    try:
        serve(sock, analyzer, **share(recycle_bytes))
    except Exception:  # noqa: BLE001 - no traceback: it could quote the text
        return 1
    return 0
