"""Writes a log, is a witness, or copies an installation, while each of its calls that change files is held.

Whoever started it decides what becomes of them. A line of standard input begins a life:

    log HOME ORIGIN SYNCHRONOUS RECORDS MORE    MORE are written, or spooled where the log takes none
    witness HOME CHECKPOINTS
    backup HOME FOLDER KEYS
    restore HOME FOLDER KEYS

What was acknowledged is said on standard output: `id seq link`, `spooled id`, `seen size`, or `refused` and the reason;
`spooling` before the first that may be spooled; the last line is the exit status.
"""

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import watched
from witnessing import ORIGIN, History

from audit import writer
from audit.errors import AuditError, AuditUnavailable
from audit.jobs import Spooled
from audit.log import AuditLog
from audit.proofs.checkpoint import Checkpoint
from audit.spool.spool import SpoolPlan
from audit.stores import sqlite
from audit.witness.book import Book, BookUnusable
from audit.witness.request import digest_of
from proxy import backup, restore
from proxy.errors import ConfigurationError
from proxy.settings import Settings

AUTOCHECKPOINT = 10
"""Pages: also a short life carries its write-ahead log into the file."""


def write(home: Path, origin: str, synchronous: str, records: str, more: str) -> int:
    """Open the log, write records, close it; return what the process ends with. One that spools just ends."""
    changed = {"synchronous": (synchronous, {"FULL": 2, "NORMAL": 1}[synchronous])}
    changed["wal_autocheckpoint"] = (str(AUTOCHECKPOINT), AUTOCHECKPOINT)
    sqlite.PRAGMAS = tuple((name, *changed.get(name, (value, found))) for name, value, found in sqlite.PRAGMAS)
    writer.PROBE_S = 0.01
    try:
        plan = SpoolPlan(home / "spool", always=more != "0")
        log = AuditLog.open(home / "audit.db", keys=home / "keys", origin=origin, deadline_s=20.0, spool=plan)
    except AuditError as error:
        os.write(1, f"refused {type(error).__name__}\n".encode())
        return 78
    for n in range(int(records)):
        try:
            receipt = log.append_sync("control.tested", {"control": f"c{n}", "passed": True})
        except AuditUnavailable as error:
            os.write(1, f"refused {error.reason}\n".encode())
        else:
            os.write(1, f"{receipt.id} {receipt.seq} {receipt.link}\n".encode())
    if more != "0":
        os.write(1, b"spooling\n")
        asyncio.run(_spool(log, int(more)))
        return 0
    log.close()
    return 0


async def _spool(log: AuditLog, count: int) -> None:
    for n in range(count):
        made = await log.append_or_spool("control.tested", {"control": f"s{n}", "passed": True})
        said = f"spooled {made.id}" if isinstance(made, Spooled) else f"{made.id} {made.seq} {made.link}"
        os.write(1, f"{said}\n".encode())


def witness(home: Path, checkpoints: str) -> int:
    """See a log grow by one record at a time, from where it was seen last."""
    try:
        book = Book(home / "witness.db")
    except BookUnusable:
        os.write(1, b"refused BookUnusable\n")
        return 78
    for _ in range(int(checkpoints)):
        try:
            seen = book.newest(digest_of(ORIGIN))
            size = 0 if seen is None else Checkpoint.of(seen).size
            asked = A.request(size, size + 1)
            book.advance(A.checkpoint(size + 1), asked.old, asked.proof, asked.note)
        except BookUnusable:
            os.write(1, b"refused BookUnusable\n")
        else:
            os.write(1, f"seen {size + 1}\n".encode())
    book.close()
    return 0


def back_up(home: Path, folder: str, keys: str) -> int:
    """Copy an installation."""
    return _said(lambda: backup.back_up(Settings(home=home), Path(folder), Path(keys)))


def put_back(home: Path, folder: str, keys: str) -> int:
    """Make one of a copy."""
    return _said(lambda: restore.restore(Settings(home=home), Path(folder), Path(keys)))


def _said(work: Callable[[], object]) -> int:
    try:
        work()
    except ConfigurationError as error:
        os.write(1, f"refused {error.message}\n".encode())
        return 78
    os.write(1, b"done\n")
    return 0


LIVES = {"log": write, "witness": witness, "backup": back_up, "restore": put_back}
A = History()


def main() -> None:
    """Fork for each life: what is imported is imported once."""
    offered = socket.socket(fileno=int(sys.argv[1]))
    for line in sys.stdin:
        what, home, *rest = line.split()
        pid = os.fork()
        if pid == 0:
            watched.offer(offered)
            os._exit(LIVES[what](Path(home), *rest))
        _, status = os.waitpid(pid, 0)
        os.write(1, f"{os.waitstatus_to_exitcode(status)}\n".encode())


main()
