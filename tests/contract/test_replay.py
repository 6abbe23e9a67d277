"""A log that a real server wrote, with real detectors: replayed while the server runs, and from a copy of it."""

import json
import re
import shutil
from collections import Counter
from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import Result
from harness import ROOT, Ringfence, chat_body, command
from typer.testing import CliRunner

from proxy import cli

pytestmark = pytest.mark.usefixtures("quiet")
TEXTS = (
    "What is a monad?",
    "Write to jane.doe@" + "nordwind-klinik.de",
    "Card 4111 1111 1111 1111, CVV 123",
    "My NHS number is 943 476 5919 and I take metformin for type 2 diabetes.",
    "password = " + "hunter2-but-longer",
    "Ответьте мне по-русски, пожалуйста: что такое монада?",
)


@pytest.fixture(scope="module")
def asked(server: Ringfence) -> list[str]:
    """Ask for everything twice, once as a dry run and once in earnest; return the ids of the decisions."""
    made: list[str] = []
    for app, team in (("crm", "sales"), ("bot", "support")):
        with server.client(server.key(app, team)) as client:
            for path in ("/v1/chat/completions", "/ringfence/v1/inspect"):
                answers = [client.post(path, json=chat_body(text)) for text in TEXTS]
                made += [answer.headers["x-ringfence-audit-id"] for answer in answers]
    return made


def ringfence(server: Ringfence, *arguments: str | Path) -> Result:
    """Run a command in this process, which has imported what it needs."""
    with chdir(ROOT):
        return CliRunner().invoke(cli.app, ["policy", *map(str, arguments)], env=server.environ)


def test_the_bundle_in_force_decides_the_whole_log_as_it_did(server: Ringfence, asked: list[str]) -> None:
    ran = ringfence(server, "replay", "--candidate", ROOT / "policies", "--since", "1d", "--format", "json")
    assert ran.exit_code == 0, ran.output
    report = json.loads(ran.stdout)
    assert report["same"] == report["replayed"] == report["verified"] >= len(asked)
    assert report["changes"] == []
    assert report["not_replayed"] == []


def test_a_copy_is_enough_and_is_not_changed(server: Ringfence, asked: list[str], tmp_path: Path) -> None:
    for suffix in ("", "-wal"):
        shutil.copy(server.home / f"audit.db{suffix}", tmp_path / f"copy.db{suffix}")
    before = (tmp_path / "copy.db").read_bytes()
    ran = ringfence(server, "replay", "--candidate", ROOT / "policies", "--db", tmp_path / "copy.db")
    assert ran.exit_code == 0, ran.output
    assert int(re.findall(r"^same +([0-9,]+)$", ran.stdout, re.MULTILINE)[0].replace(",", "")) >= len(asked)
    assert (tmp_path / "copy.db").read_bytes() == before


def test_a_candidate_shows_what_it_would_have_changed_for_whom(
    server: Ringfence, asked: list[str], tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "policies", tmp_path / "candidate")
    rules = "rules:\n  - {id: sales-mails-nothing, who: {teams: [sales]}, if: {class: pii}, then: block, because: b}\n"
    (tmp_path / "candidate" / "more.yaml").write_text(f"policy: more\nversion: 1\nowner: ann\n{rules}")
    ran = ringfence(server, "replay", "--candidate", tmp_path / "candidate", "--format", "json")
    assert ran.exit_code == 0, ran.output
    report = json.loads(ran.stdout)
    teams = Counter({change["team"]: change["count"] for change in report["changes"]})
    assert teams["sales"] >= 2
    assert set(teams) == {"sales"}
    (change,) = report["changes"]
    assert (change["verdict"], change["by"]) == ("tighter", ["+sales-mails-nothing"])
    assert change["after"] == {"decision": "block", "zones": []}
    assert len(change["records"]) == min(3, change["count"])
    assert report["verified"] == report["replayed"]


def test_an_export_is_replayed_without_the_database(server: Ringfence, asked: list[str], tmp_path: Path) -> None:
    tail = command("audit", "tail", "-n", "1000", "--json", env=server.environ)
    assert tail.returncode == 0
    (tmp_path / "records.jsonl").write_text(tail.stdout)
    ran = ringfence(server, "replay", "--candidate", ROOT / "policies", "--export", tmp_path / "records.jsonl")
    assert ran.exit_code == 0, ran.output
    assert "0 of them decided again by the bundle that decided" in ran.stdout
    assert "0 looser, 0 tighter, 0 moved" in ran.stdout
