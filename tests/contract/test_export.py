"""What is exported beside a running server ends at a checkpoint of this moment, and is recorded; the guide shows it."""

import re
from contextlib import closing
from pathlib import Path

import pytest
from harness import ROOT, Ringfence, chat_body, command

from audit.access import Filters, Records
from audit.sources.exported import ExportSource
from audit.sources.files import Folder
from audit.verification.verifier import verify

pytestmark = pytest.mark.usefixtures("quiet")
GUIDE = (ROOT / "deploy" / "docs" / "audit.md").read_text(encoding="utf-8")


def shape(said: str) -> list[str]:
    """Return lines without what differs from log to log, and without what may have come since it was signed."""
    said = re.sub(r"^left out.*\n", "", said, flags=re.MULTILINE)
    return re.sub(
        r"\b[0-9a-f]{64}\b", "HASH", re.sub(r"^\S+:|\b[\d,]*\d\b", "N", said, flags=re.MULTILINE)
    ).splitlines()


def test_a_request_is_in_an_export_that_is_asked_for_right_after_it(server: Ringfence, tmp_path: Path) -> None:
    with server.client() as client:
        answer = client.post("/v1/chat/completions", json=chat_body())
    assert answer.status_code == 200
    out = tmp_path / "out"
    ran = command("audit", "export", "--out", out, env=server.environ)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert shape(ran.stdout) == shape(
        GUIDE.partition("$ ringfence audit export --out 2026-q4\n")[2].partition("\n\n")[0]
    )

    report = verify(out)
    assert (report.findings, report.grade) == ((), "signed")
    with closing(ExportSource(Folder(out))) as source:
        (row,) = source.rows(int(answer.headers["x-ringfence-audit-seq"]), 1)
    assert row.link.hex() == answer.headers["x-ringfence-audit-link"]
    records = Records(server.home / "audit.db")
    [*_, made] = records.page(Filters(kind="audit.exported"), limit=1000).records
    assert (made.body["rows"], made.body["actor"]["id"]) == (report.size, "command-line")
    assert made.body["sha256"] in ran.stdout
