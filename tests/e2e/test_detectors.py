"""Detectors of one's own, from a file to the wire: a number that only this organisation knows stays at home."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from harness import ROOT, Ringfence, StandIn, chat_body, ringfence, start, upstreams_file

from audit.access import Records

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


def lint(home: Path, folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "proxy", "policy", "lint", str(folder)],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(home), **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_policies_and_detectors_must_fit_each_other_for_lint_as_for_the_server(tmp_path: Path, onprem: StandIn) -> None:
    with_class, file = policies(tmp_path / "policies"), str(detectors(tmp_path))
    assert lint(tmp_path, with_class, RINGFENCE_DETECTORS=file).returncode == 0
    nobody_emits = lint(tmp_path, with_class)
    assert (nobody_emits.returncode, nobody_emits.stdout.count("EMPLOYEE_ID")) >= (1, 1)
    assert "error[detector-without-class]" in lint(tmp_path, ROOT / "policies", RINGFENCE_DETECTORS=file).stdout
    server = start(
        tmp_path / "home", upstreams_file(tmp_path / "u.yaml", None, onprem), wait=False, policies=with_class
    )
    server.process.wait(90)
    assert server.stop() == 78
    assert "EMPLOYEE_ID" in server.log_path.read_text()


def test_a_file_with_mistakes_keeps_the_server_from_starting(tmp_path: Path, onprem: StandIn) -> None:
    (tmp_path / "detectors.yaml").write_text("patterns: [{name: a, type: A, patterns: ['(']}]\nwithout: [spacey]\n")
    given = {"detectors": tmp_path / "detectors.yaml"}
    server = start(tmp_path / "home", upstreams_file(tmp_path / "u.yaml", None, onprem), wait=False, **given)
    server.process.wait(90)
    assert server.stop() == 1
    said = server.log_path.read_text().splitlines()
    assert said[0] == MISTAKES[0]
    assert said[1].startswith(MISTAKES[1])
    refused = lint(tmp_path, ROOT / "policies", RINGFENCE_DETECTORS=str(given["detectors"]))
    assert (refused.returncode, refused.stderr.splitlines()) == (1, said)


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
