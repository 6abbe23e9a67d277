"""A whole server, its signer and a witness that somebody else runs: down, slow, back again, and asked by two."""

import shutil
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
from harness import BRISK, NO_TLS, QUICK, Ringfence, StandIn, chat_body, eventually, ringfence, upstreams_file
from witnessing import WitnessProcess

from audit.keys import load
from audit.log import AuditLog
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.note import Note
from audit.proofs.vkey import VerifierKey
from audit.verification.trust import Trust
from audit.verification.verifier import verify
from audit.witness.request import digest_of

ORIGIN = "ringfence.local/audit"


def ask(server: Ringfence) -> None:
    with server.client() as client:
        assert client.post("/v1/chat/completions", json=chat_body()).status_code == 200


def ready(server: Ringfence) -> Any:
    return httpx.get(f"{server.url}/readyz", trust_env=False, verify=NO_TLS).json()


def behind(server: Ringfence) -> int:
    return int(ready(server).get("anchors_behind_s", {}).get("audit", -1))


def signed(home: Path) -> int:
    with closing(sqlite3.connect(f"file:{home / 'audit.db'}?mode=ro", uri=True)) as connection:
        return int(connection.execute("SELECT coalesce(max(size), 0) FROM checkpoint").fetchone()[0])


def newest(witness: WitnessProcess) -> bytes:
    """Take the newest checkpoint from the witness, as an auditor does."""
    status, _, head = witness.ask("GET", f"/{digest_of(ORIGIN)}/checkpoint")
    return head if status == 200 else b""


def seen(witness: WitnessProcess) -> int:
    return Checkpoint.of(Note.decode(head)).size if (head := newest(witness)) else 0


def policy(path: Path, vkey: VerifierKey, url: str) -> Path:
    path.write_text(f"witness audit {vkey.encode()} {url}\nquorum audit\n")
    return path


def begun(home: Path) -> VerifierKey:
    """Begin a log, and return the key that its witness has to know."""
    home.mkdir()
    AuditLog.open(home / "audit.db", keys=home / "keys", origin=ORIGIN, deadline_s=5).close()
    return load(home / "keys").vkey


def test_t38_a_witness_that_hangs_is_gone_and_comes_back_holds_up_nothing_and_then_has_it_all(
    tmp_path: Path, cloud: StandIn
) -> None:
    home, upstreams = tmp_path / "home", upstreams_file(tmp_path / "upstreams.yaml", cloud, None)
    (tmp_path / "w").mkdir()
    witness = WitnessProcess(tmp_path / "w", (begun(home),))
    assert witness.stop() == 0
    file = policy(tmp_path / "witnesses.policy", witness.vkey, witness.url)
    with (
        socket.create_server(("127.0.0.1", witness.port)) as hanging,
        ringfence(home, upstreams, anchor_witnesses=file, anchor_max_age_s=3, **QUICK, **BRISK) as server,
    ):
        assert eventually(lambda: behind(server) >= 0, 30)
        before = signed(home)
        ask(server)
        assert eventually(lambda: signed(home) > before, 30)
        assert eventually(lambda: behind(server) > 3, 40)
        assert ready(server)["checkpoints"] == "checkpoints do not reach an anchor: audit"
        arrived = len(cloud.posts)
        with server.client() as client:
            refused = client.post("/v1/chat/completions", json=chat_body())
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "audit_unanchored")
        assert len(cloud.posts) == arrived
        hanging.close()
        witness.start()
        assert eventually(lambda: ready(server)["checkpoints"] == "ready", 60)
        assert eventually(lambda: seen(witness) == signed(home), 30)
        assert behind(server) == 0
        ask(server)
    trust = Trust.read([file.read_bytes()])
    report = verify(home / "audit.db", trust=trust)
    assert (report.ok, report.grade) == (True, "witnessed")  # by what the log itself keeps
    assert verify(home / "audit.db").grade == "signed"
    report = verify(home / "audit.db", trust=Trust.read([file.read_bytes(), newest(witness)]))
    assert (report.ok, report.grade, report.witnessed) == (True, "witnessed", seen(witness))
    assert witness.stop() == 0


def test_t13_of_two_servers_on_two_copies_of_a_log_only_one_is_cosigned_and_the_other_signs_no_more(
    tmp_path: Path, cloud: StandIn
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    upstreams = upstreams_file(tmp_path / "upstreams.yaml", cloud, None)
    (tmp_path / "w").mkdir()
    witness = WitnessProcess(tmp_path / "w", (begun(one),))
    file = policy(tmp_path / "witnesses.policy", witness.vkey, witness.url)
    shutil.copytree(one, other)
    with ringfence(one, upstreams, anchor_witnesses=file, **QUICK, **BRISK) as server:
        ask(server)
        assert eventually(lambda: seen(witness) == signed(one) > 0, 40)
    head = newest(witness)
    with ringfence(other, upstreams, anchor_witnesses=file, **QUICK, **BRISK) as server:
        with server.client() as client:
            for _ in range(10):  # which records a decision and sends nothing
                assert client.post("/ringfence/v1/inspect", json=chat_body()).status_code == 200
        refused = eventually(lambda: ready(server)["checkpoints"] != "ready" and ready(server)["checkpoints"], 40)
        assert refused.startswith("the signer refuses this log: ")
        with server.client() as client:
            stopped = client.post("/v1/chat/completions", json=chat_body())
        assert (stopped.status_code, stopped.json()["error"]["code"]) == (503, "audit_behind")
    assert seen(witness) == Checkpoint.of(Note.decode(head)).size
    trust = Trust.read([file.read_bytes(), newest(witness)])
    assert verify(one / "audit.db", trust=trust).grade == "witnessed"
    report = verify(other / "audit.db", trust=trust)
    assert (report.ok, "FORK" in {finding.code for finding in report.findings}) == (False, True)
    assert Note.decode(report.forks[0].outside.encode()).text == Note.decode(head).text
    assert witness.stop() == 0
