"""A whole server and its signer: the log is signed while it is written, to its end, and not when it went backwards."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from harness import (
    BRISK,
    NO_TLS,
    QUICK,
    ROOT,
    Ringfence,
    StandIn,
    chat_body,
    command,
    eventually,
    ringfence,
    upstreams_file,
)

from audit.errors import AuditMismatch
from audit.log import AuditLog
from audit.signing import process
from audit.verification.trust import Trust
from audit.verification.verifier import verify

ORIGIN = "ringfence.local/audit"


def ask(server: Ringfence) -> None:
    with server.client() as client:
        assert client.post("/v1/chat/completions", json=chat_body()).status_code == 200


def printed(server: Ringfence, *arguments: str) -> str:
    ran = command(*arguments, env=server.environ)
    ran.check_returncode()
    return ran.stdout


def readiness(server: Ringfence) -> Any:
    return httpx.get(f"{server.url}/readyz", trust_env=False, verify=NO_TLS).json()["checkpoints"]


def assert_nothing_is_sent(server: Ringfence, cloud: StandIn) -> None:
    arrived = len(cloud.posts)
    with server.client() as client:
        refused = client.post("/v1/chat/completions", json=chat_body())
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "audit_behind")
    assert len(cloud.posts) == arrived


def signed(home: Path) -> int:
    with closing(sqlite3.connect(f"file:{home / 'audit.db'}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT coalesce(max(size), 0) FROM checkpoint").fetchone()[0])


def begin_signed(home: Path, heads: Path) -> None:
    """Begin a log, and sign it, as a server with its signer does."""
    home.mkdir()
    AuditLog.open(home / "audit.db", keys=home / "keys", origin=ORIGIN, deadline_s=5).close()
    flags = {
        "--keys": home / "keys",
        "--state": home / "signer",
        "--admin": home / "admin.sock",
        "--anchor-file": heads,
    }
    told = [str(word) for flag in flags.items() for word in flag]
    ran = [sys.executable, "-m", process.__name__, *told, "--once"]
    subprocess.run(ran, env={**os.environ, process.LOG: str(home / "audit.db")}, cwd=ROOT, check=True)


def test_t11_a_log_is_signed_to_its_end_and_refused_once_an_older_backup_was_restored(
    tmp_path: Path, cloud: StandIn
) -> None:
    home, backup = tmp_path / "home", tmp_path / "backup.db"
    upstreams = upstreams_file(tmp_path / "upstreams.yaml", cloud, None)
    with ringfence(home, upstreams, **QUICK, **BRISK) as server:
        ask(server)
        assert eventually(lambda: signed(home), 30) > 0
        before = signed(home)
        os.kill(server.signer_pid(), signal.SIGKILL)
        ask(server)
        assert eventually(lambda: signed(home) > before, 60)  # by the one that took its place
        assert readiness(server) == "ready"
        with closing(sqlite3.connect(home / "audit.db")) as log, closing(sqlite3.connect(backup)) as copy:
            log.backup(copy)
        ask(server)
    report = verify(home / "audit.db")
    assert (report.ok, report.grade, report.signed) == (True, "signed", report.size)
    assert report.size > verify(backup).size

    shutil.copy(backup, home / "audit.db")
    with pytest.raises(AuditMismatch, match="STORE_BEHIND"):
        AuditLog.open(home / "audit.db", keys=home / "keys", origin=ORIGIN, deadline_s=5)
    (home / "audit-head.json").unlink()  # as if that had been restored as well: the signer still knows
    with ringfence(home, upstreams, **QUICK, **BRISK) as server:
        refused = eventually(lambda: readiness(server) != "ready" and readiness(server), 30)
        assert refused == "the signer refuses this log: STORE_BEHIND"
        assert httpx.get(f"{server.url}/readyz", trust_env=False, verify=NO_TLS).status_code == 503
        assert_nothing_is_sent(server, cloud)
    with closing(sqlite3.connect(home / "audit.db")) as connection:
        bodies = connection.execute("SELECT body FROM record WHERE kind = 'incident.opened'").fetchall()
    assert [b"checkpoint_store_behind" in body for (body,) in bodies][:1] == [True]
    assert "REFUSED STORE_BEHIND" in server.log_path.read_text()


def test_t12_a_log_restored_together_with_its_signer_is_refused_by_the_anchor(tmp_path: Path, cloud: StandIn) -> None:
    home, heads = tmp_path / "home", tmp_path / "other-mount"
    upstreams = upstreams_file(tmp_path / "upstreams.yaml", cloud, None)
    begin_signed(home, heads)
    shutil.copytree(home, tmp_path / "backup")
    with ringfence(home, upstreams, anchor_file=heads, **QUICK, **BRISK) as server:
        ask(server)
    report = verify(home / "audit.db", trust=Trust.read([heads.read_bytes()]))
    assert (report.grade, report.anchored) == ("anchored", report.size)

    shutil.rmtree(home)
    shutil.copytree(tmp_path / "backup", home)
    assert verify(home / "audit.db").grade == "signed"  # alone, nothing could tell
    assert "TRUNCATED" in {
        one.code for one in verify(home / "audit.db", trust=Trust.read([heads.read_bytes()])).findings
    }
    with ringfence(home, upstreams, anchor_file=heads, **QUICK, **BRISK) as server:
        refused = eventually(lambda: readiness(server) != "ready" and readiness(server), 30)
        assert "refuses this log" in refused
        assert_nothing_is_sent(server, cloud)
        assert "lost: a log of" in printed(server, "audit", "acknowledge", "--yes")
        assert eventually(lambda: readiness(server) == "ready", 30)
        ask(server)
