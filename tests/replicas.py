"""What tests of a log on PostgreSQL share: records and their receipts, and processes that write one log together."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from databases import ORIGIN

from audit import keys as key_files
from audit.errors import AuditUnavailable
from audit.log import AuditLog, Receipt
from audit.place import Place, Postgres
from audit.sources.postgres import open_source
from audit.verification.verifier import KeptReceipt, Report, verify_source

REPLICA = Path(__file__).parent / "audit" / "child_replica.py"
LANES = 8
EACH = 40 * max(1, int(os.environ.get("RINGFENCE_TEST_EXAMPLES", "1")))
"""Decisions of each process; with as many outcomes."""
NOTE = {"window_start": "2026-01-31T12:00:00Z", "n_401": 1, "n_404": 0, "n_403": 0}
"""A small record of any kind will do."""


def append(log: AuditLog) -> Receipt:
    return log.append_sync("access.denied", NOTE)


def verify(place: Place, *receipts: Receipt) -> Report:
    kept = [KeptReceipt(one.seq, bytes.fromhex(one.link)) for one in receipts]
    with closing(open_source(place)) as source:
        return verify_source(source, receipts=kept)


def assert_whole(place: Place, *receipts: Receipt) -> Report:
    report = verify(place, *receipts)
    assert report.findings == ()
    assert report.checked == report.size
    return report


def until_ready(log: AuditLog, limit_s: float = 20.0) -> None:
    end = time.monotonic() + limit_s
    while log.not_ready() is not None:
        assert time.monotonic() < end, log.not_ready()
        time.sleep(0.02)


def until_ready_again(log: AuditLog, limit_s: float = 20.0) -> None:
    """Wait until a writer whose connection was ended has another one."""
    end = time.monotonic() + limit_s
    while True:
        try:
            append(log)
        except AuditUnavailable:
            assert time.monotonic() < end, log.not_ready()
            time.sleep(0.1)
        else:
            return


def replicas(place: Postgres, home: Path, each: Sequence[int]) -> list[subprocess.Popen[str]]:
    """Start processes that share the keys of a log that has not begun, each to write so many decisions."""
    commands = [[sys.executable, str(REPLICA), str(count), str(LANES)] for count in each]
    return begin_together(place, ORIGIN, home, commands)


def begin_together(
    place: Place, origin: str, home: Path, commands: Sequence[Sequence[str]]
) -> list[subprocess.Popen[str]]:
    """Start each command with a key directory of its own, its last argument, and let all begin when all are ready.

    Each says that it is ready in a line, and waits for one. The log, which is new, is in `RINGFENCE_AUDIT_URL`.
    """
    key_files.create(home / "keys", origin)
    environ = {**os.environ, "RINGFENCE_AUDIT_URL": place.url if isinstance(place, Postgres) else str(place)}
    children = []
    for index, command in enumerate(commands):
        told = [*command, str(shutil.copytree(home / "keys", home / str(index) / "keys"))]
        children.append(subprocess.Popen(told, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    return children


def finished(children: Sequence[subprocess.Popen[str]]) -> list[Receipt]:
    """Wait for the end of each process; return what was acknowledged."""
    said = [child.communicate(timeout=240)[0] for child in children]
    assert [child.returncode for child in children] == [0] * len(children)
    return [receipt for text in said for receipt in acknowledged(text)]


def acknowledged(said: str) -> list[Receipt]:
    """Read whole lines of what a process said."""
    lines = [line.split() for line in said.splitlines(keepends=True) if line.endswith("\n")]
    return [Receipt(one, int(seq), link) for one, seq, link in lines]


def assert_each_wrote_all(place: Postgres, acks: Sequence[Receipt], writers: int) -> None:
    """No fork, no gap, and as many records as were acknowledged: beside them a genesis, a start and a stop of each."""
    assert len({ack.id for ack in acks}) == len(acks) == writers * 2 * (EACH // LANES * LANES)
    assert assert_whole(place, *acks).size == len(acks) + 2 * writers + 1
