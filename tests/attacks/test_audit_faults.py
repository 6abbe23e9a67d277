"""Without a durable record nothing is sent, whatever keeps the log from writing; and it recovers by itself."""

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from attacks.fortress import AUDIT_DEADLINE_S, Fortress, harmless
from harness import chat_body, eventually

from audit.space import measure


def assert_refused(fortress: Fortress, reason: str) -> None:
    """No record, hence no byte, and a clear answer in time."""
    answer = fortress.ask()
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "audit_unavailable"
    assert f"({reason})" in answer.json()["error"]["message"]
    assert answer.elapsed.total_seconds() < AUDIT_DEADLINE_S + 1.5
    fortress.assert_nothing_reached_a_vendor()
    assert fortress.onprem.received == b"", "not even home: the promise is a record for every request"
    assert "audit log" in fortress.not_ready()["audit_log"]


def assert_recovers(fortress: Fortress) -> None:
    eventually(fortress.ready, 20)
    fortress.assert_harmless_reaches_the_cloud()
    eventually(lambda: not fortress.open_attempts(), 20)
    fortress.assert_log_is_whole()


def test_a_database_locked_by_another_connection_stops_everything_until_it_is_released(fortress: Fortress) -> None:
    fortress.assert_harmless_reaches_the_cloud()
    fortress.cloud.clear()
    with closing(sqlite3.connect(fortress.home / "audit.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert_refused(fortress, "locked")
        other.execute("ROLLBACK")
    assert_recovers(fortress)


@contextmanager
def no_file_can_grow(pid: int) -> Iterator[None]:
    """Let every write beyond the first page of any file fail, as a quota does."""
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


def test_t27_files_that_cannot_grow_stop_everything_until_they_can(fortress: Fortress) -> None:
    with no_file_can_grow(fortress.server.server_pid()):
        assert_refused(fortress, "io")
    assert_recovers(fortress)


def fill(path: Path, leave: int = 0) -> None:
    """Write until the disk is full, but for so many bytes."""
    with path.open("ab", buffering=0) as file, suppress(OSError):
        while leave == 0 or measure(path.parent).free > leave:
            file.write(bytes(65536))


def test_t27_a_full_disk_stops_everything_until_there_is_room(fortress: Fortress) -> None:
    if not fortress.home.is_mount():
        pytest.skip("a file system of its own, which can be filled, needs the right to mount one")
    filler = fortress.home / "filler"
    try:
        fill(filler)
        # The write-ahead log may still have room that an earlier checkpoint gave back.
        started = time.monotonic()
        while fortress.ask().status_code == 200:
            assert time.monotonic() < started + 30
        for vendor in fortress.vendors:
            vendor.clear()
        fortress.onprem.clear()
        assert_refused(fortress, "full")
    finally:
        filler.unlink()
    assert_recovers(fortress)


def test_t27_little_room_turns_balancers_away_and_none_is_enough_to_record_how_everything_ended(
    fortress: Fortress,
) -> None:
    if not fortress.home.is_mount():
        pytest.skip("a file system of its own, which can be filled, needs the right to mount one")
    filler, ballast = fortress.home / "filler", fortress.home / "audit.db.ballast"
    size = ballast.stat().st_size
    assert ballast.stat().st_blocks * 512 >= size > 0
    try:
        fill(filler, leave=2 * size)
        assert "little room on the disk of the audit log: 1 MiB free of 48 MiB" in fortress.not_ready()["audit_log"]
        fortress.assert_harmless_reaches_the_cloud()
        fortress.cloud.chunk_delay_s = 0.5
        body = chat_body(harmless(), stream=True)
        with (
            fortress.server.client(fortress.secret) as client,
            client.stream("POST", "/v1/chat/completions", json=body) as stream,
        ):
            fill(filler)
            eventually(lambda: not ballast.exists())
            fortress.cloud.clear()
            fortress.onprem.clear()
            assert_refused(fortress, "full")
            stream.read()
        fortress.keep(stream)
        (ended,) = fortress.outcomes(stream.headers["x-ringfence-audit-id"])
        assert (ended["status"], ballast.exists()) == ("ok", False), "on a disk that is full"
    finally:
        fortress.cloud.chunk_delay_s = 0.0
        filler.unlink()
    assert_recovers(fortress)
    eventually(ballast.exists)
    incidents = [record for record in fortress.records() if record["kind"].startswith("incident.")][-2:]
    assert [one.get("what") or one["how"] for one in incidents] == ["low_space", "room_again"]


@contextmanager
def immutable(fortress: Fortress) -> Iterator[None]:
    """Make the files of the log immutable: taking the permission to write away would not stop root."""
    files = [str(fortress.home / name) for name in ("audit.db", "audit.db-wal", "audit.db-shm")]
    tool = shutil.which("chattr")
    if tool is None or subprocess.run([tool, "+i", *files], capture_output=True, check=False).returncode != 0:
        pytest.skip("the immutable flag needs root, chattr, and a file system that has it")
    try:
        yield
    finally:
        subprocess.run([tool, "-i", *files], check=True)


def test_t27_a_database_that_became_read_only_stops_everything_until_it_is_writable(fortress: Fortress) -> None:
    """As when a disk fails: one write goes wrong, and the file system is read-only from then on."""
    with immutable(fortress):
        with no_file_can_grow(fortress.server.server_pid()):
            assert fortress.ask().status_code == 503
        assert_refused(fortress, "read_only")
    assert_recovers(fortress)


def test_a_server_whose_log_is_read_only_at_start_does_not_start(fortress: Fortress) -> None:
    with immutable(fortress):
        killed = fortress.server.server_pid()
        os.kill(killed, signal.SIGKILL)
        assert fortress.server.process.wait(60) == 78
    assert "audit log" in fortress.server.log_path.read_text().splitlines()[-1]
    fortress.assert_nothing_reached_a_vendor()
    fortress.mend()
    assert_recovers(fortress)
