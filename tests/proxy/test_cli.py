import datetime as dt
import re
import subprocess
import sys
from pathlib import Path

import pytest
from harness import ROOT, Ringfence
from typer.testing import CliRunner

from proxy import cli


def run(*arguments: str, home: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "proxy", *arguments],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(home), "RINGFENCE_HOME": str(home / "ringfence"), **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_key_is_created_listed_and_revoked_without_a_server(tmp_path: Path) -> None:
    made = run("key", "create", "--app", "crm", "--team", "sales", "--role", "auditor", home=tmp_path)
    assert made.returncode == 0, made.stderr
    secret = made.stdout.strip()
    assert secret.startswith("rf-")
    assert secret not in made.stderr
    listed = run("key", "list", home=tmp_path)
    assert secret not in listed.stdout
    key_id, *facts = listed.stdout.split()
    assert facts[:3] == ["app=crm", "team=sales", "role=auditor"]
    assert facts[-1] == "active"
    assert "revoked" in run("key", "revoke", key_id, home=tmp_path).stdout
    assert "revoked" in run("key", "list", home=tmp_path).stdout


def test_a_server_is_told_to_reload_and_without_one_that_is_said(server: Ringfence, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "proxy", "policy", "reload"]
    told = subprocess.run(
        command, cwd=ROOT, env=server.environ, capture_output=True, text=True, check=False, timeout=60
    )
    assert (told.returncode, told.stderr) == (0, "")
    assert re.fullmatch(r"unchanged  [0-9a-f]{64}\n", told.stdout)
    alone = run("policy", "reload", home=tmp_path)
    assert (alone.returncode, alone.stdout) == (2, "")
    assert "no server runs" in alone.stderr


def test_a_key_can_expire(tmp_path: Path) -> None:
    day = (dt.datetime.now(dt.UTC) + dt.timedelta(days=3)).date().isoformat()
    made = run("key", "create", "--app", "crm", "--team", "sales", "--expires", day, home=tmp_path)
    assert f"until {day}T00:00:00Z" in made.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["key", "create", "--app", "A B", "--team", "sales"], "--app must be"),
        (["key", "create", "--app", "crm", "--team", "sales", "--expires", "2020-01-01"], "in the past"),
        (["key", "revoke", "ak_none"], "no key with this id"),
    ],
)
def test_what_can_be_explained_is_one_line_and_status_1(tmp_path: Path, arguments: list[str], says: str) -> None:
    refused = run(*arguments, home=tmp_path)
    assert refused.returncode == 1
    assert says in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments", [["key", "create", "--app", "a"], ["key", "burn"], ["serve", "--fail-open"], ["proxy"]]
)
def test_a_wrong_call_is_status_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(cli.app, arguments).exit_code == 2


def test_a_misspelt_setting_is_explained(tmp_path: Path) -> None:
    refused = run("key", "list", home=tmp_path, RINGFENCE_AUDIT_DEADLIN_S="3")
    assert refused.returncode == 1
    assert "audit_deadlin_s" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_log_without_its_keys_is_explained(tmp_path: Path) -> None:
    run("key", "list", home=tmp_path)
    (tmp_path / "ringfence" / "keys").rename(tmp_path / "away")
    refused = run("key", "list", home=tmp_path)
    assert refused.returncode == 1
    assert "cannot be opened" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_flag_comes_before_the_environment(tmp_path: Path) -> None:
    assert run("key", "list", "--home", str(tmp_path / "flag"), home=tmp_path).returncode == 0
    assert (tmp_path / "flag" / "audit.db").exists()
    assert not (tmp_path / "ringfence").exists()


def test_commands_reach_a_running_server(server: Ringfence) -> None:
    environ = {name: value for name, value in server.environ.items() if name.startswith("RINGFENCE_")}
    made = run("key", "create", "--app", "late", "--team", "sales", home=server.home, **environ)
    assert made.returncode == 0, made.stderr
    with server.client(made.stdout.strip()) as client:
        assert client.get("/v1/models").status_code == 200


def test_the_parts_are_mounted() -> None:
    for part in (["audit", "verify"], ["audit", "tail"], ["policy", "lint"], ["policy", "explain"], ["serve"], ["key"]):
        assert CliRunner().invoke(cli.app, [*part, "--help"]).exit_code == 0, part


def test_lint_holds_rules_against_the_configured_channels(tmp_path: Path) -> None:
    file = tmp_path / "channels.yaml"
    file.write_text("channels: {security-oncall: {file: /var/log/n}, privacy-officer: {file: /var/log/n}}")
    found = run("policy", "lint", home=tmp_path, RINGFENCE_CHANNELS=str(file))
    assert found.returncode == 1
    assert "error[unknown-channel] there is no channel 'payments-security'" in found.stdout
    assert "warning[channel-not-configured]" in run("policy", "lint", home=tmp_path).stdout
