import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from proxy.policy import cli

GOOD = """\
policy: p
version: 1
owner: ann
grants:
  - {id: everyone, zones: [us, eu, home]}
rules:
  - {id: stays, if: {class: health}, then: pin, because: keep it home}
claims:
  - {never: health, in: [us]}
tests:
  - {name: hit, given: {endpoint: chat, findings: {ILLNESS: [0.5]}}, expect: {decision: pin}}
"""


@pytest.fixture
def folder(tmp_path: Path, taxonomy: str) -> Path:
    (tmp_path / "taxonomy.yaml").write_text(taxonomy)
    (tmp_path / "p.yaml").write_text(GOOD)
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli.app, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


@pytest.mark.parametrize("command", ["lint", "test", "verify", "explain"])
def test_a_good_directory_is_fine_with_every_command(folder: Path, command: str) -> None:
    assert run(command, str(folder))[0] == 0
    code, output = run(command, str(folder), "--format", "json")
    assert code == 0
    assert json.loads(output)


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("class: health}", "class: helth}", {"lint": 1, "test": 3, "verify": 3, "explain": 3}),
        ("policy: p", "policy: [", {"lint": 1, "test": 3, "verify": 3, "explain": 3}),
        ("decision: pin", "decision: block", {"lint": 4, "test": 4, "verify": 0, "explain": 0}),
        ("class: health}", "class: health, min_score: 0.50, min_count: 2}", {"lint": 1, "test": 4, "verify": 1}),
    ],
)
def test_exit_codes_tell_findings_broken_files_and_failed_tests_apart(
    folder: Path, old: str, new: str, codes: Mapping[str, int]
) -> None:
    (folder / "p.yaml").write_text(GOOD.replace(old, new, 1))
    assert {command: run(command, str(folder))[0] for command in codes} == codes


def test_an_expired_exception_fails_lint_and_nothing_else(folder: Path) -> None:
    (folder / "e.yaml").write_text(
        "exceptions:\n  - {id: EX-1, waives: stays, for: {apps: [bot]}, until: 2020-01-31, owner: ann, "
        "approved_by: bob, ticket: T-1, because: b}\n"
    )
    code, output = run("lint", str(folder))
    assert code == 1
    assert "e.yaml:2:58: error[exception-expired] EX-1 ended 2020-01-31" in output
    assert run("test", str(folder))[0] == 0


def test_explain_answers_a_hypothetical(folder: Path) -> None:
    code, output = run("explain", str(folder), "--team", "x", "--finding", "ILLNESS=0.52", "--finding", "PLACE=0.9")
    assert code == 0
    assert "decision  pin -> home" in output
    assert "found     health x1 at 0.55" in output
    assert "because   keep it home   [p.yaml:7]" in output


@pytest.mark.parametrize(
    "arguments", [["--finding", "ILLNESS"], ["--finding", "ILLNESS=2"], ["--on", "tomorrow"], ["--format", "sarif"]]
)
def test_wrong_usage_is_2(folder: Path, arguments: list[str]) -> None:
    assert run("explain", str(folder), *arguments)[0] == 2


def test_detectors_and_upstreams_are_asked_when_injected(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "detector_types", lambda: (frozenset({"PERSON"}), {}))
    monkeypatch.setattr(cli, "upstream_zones", lambda: frozenset({"home"}))
    code, output = run("lint", str(folder))
    assert code == 1
    assert "entity-without-detector" in output
    assert "zone-without-upstream" in output


def test_the_configured_directory_is_the_default(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGFENCE_POLICIES", str(folder))
    assert "1 tests, 1 passed" in run("test")[1]
