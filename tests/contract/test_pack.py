"""A pack that is made beside a running server is signed by its signer, says who asked for it, and verifies alone."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from harness import Ringfence, chat_body, command
from packs import members

from audit.access import Filters, Records
from audit.pack.command import said
from audit.pack.verifying import verify_pack

pytestmark = pytest.mark.usefixtures("quiet")


def test_a_pack_of_a_running_log_is_asked_for_signed_made_and_recorded_in_this_order(
    server: Ringfence, tmp_path: Path
) -> None:
    with server.client() as client:
        answer = client.post("/v1/chat/completions", json=chat_body())
    out = tmp_path / "out.tar"
    ran = command("audit", "export", "--from", "2026-01-01", "--out", out, env=server.environ)
    assert (ran.returncode, ran.stderr) == (0, "")

    judged = verify_pack(out)
    assert (judged.report.findings, judged.report.grade) == ((), "signed")
    assert judged.signed_by is not None
    assert judged.manifest is not None
    files = members(out.read_bytes())
    records = [json.loads(line) for line in files["log/records.jsonl"].splitlines()]
    [*_, asked] = [body for body in records if body["kind"] == "audit.read" and body["what"] == "export"]
    assert (asked["actor"]["id"], asked["filters"], asked["from"]) == ("command-line", ["from"], judged.manifest.since)
    assert any(body["id"] == answer.headers["x-ringfence-audit-id"] for body in records)

    [*_, made] = Records(server.home / "audit.db").page(Filters(kind="audit.exported"), limit=1000).records
    stated = {name: made.body[name] for name in ("form", "sha256", "size", "rows", "request", "from")}
    assert stated == {
        "form": "pack",
        "sha256": hashlib.sha256(out.read_bytes()).hexdigest(),
        "size": judged.manifest.size,
        "rows": judged.manifest.rows,
        "request": asked["id"],
        "from": judged.manifest.since,
    }
    assert made.seq >= judged.manifest.size

    (tmp_path / "verify.py").write_bytes(files["verify.py"])
    verifier = [sys.executable, "-I", str(tmp_path / "verify.py")]
    alone = subprocess.run([*verifier, str(out)], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert alone.stdout == f"{said(out, judged)}\n"
    assert "signed by ringfence.local/audit+" in alone.stdout

    asked_for = (
        "sample",
        str(out),
        "--nonce",
        "of the day",
        "--count",
        "1",
        "--where",
        "kind=route.decision",
        "--json",
    )
    drawn = subprocess.run([*verifier, *asked_for], cwd=tmp_path, capture_output=True, text=True, check=True)
    (one,) = json.loads(drawn.stdout)["records"]
    assert one["in_force"]["activated"] > 0
    assert {rule["line"] > 0 for rule in one["in_force"]["rules"]} <= {True}
