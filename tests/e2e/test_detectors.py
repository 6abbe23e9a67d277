"""Detectors of one's own, from a file to the wire: a number that only this organisation knows stays at home."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from harness import QUICK, ROOT, Ringfence, StandIn, chat_body, ringfence, start, upstreams_file

from audit.access import Records
from proxy import cli
from proxy.policy import cli as policy_cli
from proxy.policy.commands.common import Injected

DETECTORS = r"""
patterns:
  - {name: employee_number, type: EMPLOYEE_ID, patterns: ['\bEMP-\d{6}\b']}
lists:
  - {name: code_names, type: CODE_NAME, file: code-names.txt}
"""
MISTAKES = (
    "ringfence: detectors.yaml:1:42: error[bad-pattern] not a regular expression: missing ) at position 1",
    "ringfence: detectors.yaml:2:11: error[unknown-detector] 'spacey' is no detector that is built in",
)
CLASS = "classes:\n  internal: {entities: [EMPLOYEE_ID, CODE_NAME], floor: 0.40, ceiling: [onprem]}\n"


def policies(folder: Path) -> Path:
    """Copy the shipped policies and give what the detectors emit a class."""
    shutil.copytree(ROOT / "policies", folder)
    taxonomy = folder / "taxonomy.yaml"
    taxonomy.write_text(taxonomy.read_text(encoding="utf-8").replace("classes:\n", CLASS, 1), encoding="utf-8")
    return folder


def detectors(folder: Path) -> Path:
    (folder / "code-names.txt").write_text("Operation Nightfall\n")
    (folder / "detectors.yaml").write_text(DETECTORS)
    return folder / "detectors.yaml"


def asked(server: Ringfence, text: str) -> tuple[str, dict[str, object]]:
    """Send a prompt; return the zone that it went to, and what its record says of detection."""
    with server.client() as client:
        answer = client.post("/v1/chat/completions", json=chat_body(text))
    record = Records(server.home / "audit.db").one(answer.headers["x-ringfence-audit-id"])
    assert record is not None
    return answer.headers["x-ringfence-zone"], record.body["detect"]


def test_what_a_file_of_detectors_finds_is_pinned_and_its_digest_is_in_every_record(
    tmp_path: Path, server: Ringfence, cloud: StandIn, onprem: StandIn
) -> None:
    cloud.clear()
    _, before = asked(server, "What is a monad?")
    upstreams = upstreams_file(tmp_path / "upstreams.yaml", cloud, onprem)
    chosen = {"detectors": detectors(tmp_path), "policies": policies(tmp_path / "policies")}
    with ringfence(tmp_path / "home", upstreams, **chosen) as configured:
        cloud.clear()
        zone, seen = asked(configured, "Why is the build of EMP-482913 red?")
        assert (zone, [row["t"] for row in seen["types"]]) == ("onprem", ["EMPLOYEE_ID"])
        assert seen["types"][0]["det"] == ["employee_number"]
        zone, seen = asked(configured, "Summarise the state of operation-nightfall in a line.")
        assert (zone, [row["t"] for row in seen["types"]]) == ("onprem", ["CODE_NAME"])
        assert cloud.posts == []
        zone, after = asked(configured, "What is a monad?")
        assert (zone, after["types"]) == ("cloud-us", [])
    assert before["set_sha256"] != after["set_sha256"] == seen["set_sha256"]


class Linted(NamedTuple):
    status: object
    out: str
    err: str


@pytest.fixture
def lint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[Path, Path | None], Linted]:
    """Run `ringfence policy lint` on a folder, with a file of detectors or without."""
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path))
    monkeypatch.setattr(policy_cli, "injected", Injected())

    def run(folder: Path, detectors: Path | None = None) -> Linted:
        monkeypatch.setattr(sys, "argv", ["ringfence", "policy", "lint", str(folder)])
        monkeypatch.setenv("RINGFENCE_DETECTORS", str(detectors))
        if detectors is None:
            monkeypatch.delenv("RINGFENCE_DETECTORS")
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return Linted(ended.value.code or 0, *capsys.readouterr())

    return run


def test_policies_and_detectors_must_fit_each_other_for_lint_as_for_the_server(
    tmp_path: Path, onprem: StandIn, lint: Callable[..., Linted]
) -> None:
    with_class, file = policies(tmp_path / "policies"), detectors(tmp_path)
    assert lint(with_class, file).status == 0
    nobody_emits = lint(with_class)
    assert nobody_emits.status == 1
    assert "EMPLOYEE_ID" in nobody_emits.out
    assert "error[detector-without-class]" in lint(ROOT / "policies", file).out
    upstreams = upstreams_file(tmp_path / "u.yaml", None, onprem)
    server = start(tmp_path / "home", upstreams, wait=False, policies=with_class, **QUICK)
    server.process.wait(90)
    assert server.stop() == 78
    assert "EMPLOYEE_ID" in server.log_path.read_text()


def test_a_file_with_mistakes_keeps_the_server_from_starting(
    tmp_path: Path, onprem: StandIn, lint: Callable[..., Linted]
) -> None:
    (tmp_path / "detectors.yaml").write_text("patterns: [{name: a, type: A, patterns: ['(']}]\nwithout: [spacey]\n")
    given = {"detectors": tmp_path / "detectors.yaml"}
    server = start(tmp_path / "home", upstreams_file(tmp_path / "u.yaml", None, onprem), wait=False, **given)
    server.process.wait(90)
    assert server.stop() == 1
    said = server.log_path.read_text().splitlines()
    assert said[0] == MISTAKES[0]
    assert said[1].startswith(MISTAKES[1])
    refused = lint(ROOT / "policies", given["detectors"])
    assert (refused.status, refused.err.splitlines()) == (1, said)


def test_detect_uses_the_same_file(tmp_path: Path) -> None:
    environ = {"RINGFENCE_DETECTORS": str(detectors(tmp_path)), "RINGFENCE_HOME": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-m", "proxy", "detect", "--json"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(Path.home()), **environ},
        input="ask EMP-482913",
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert [found["type"] for found in json.loads(ran.stdout)["findings"]] == ["EMPLOYEE_ID"]
