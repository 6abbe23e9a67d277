import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness import ROOT, Ringfence, StandIn
from typer.testing import CliRunner, Result

from proxy import cli_upstreams
from proxy.cli_upstreams import app, lines, report
from proxy.errors import ConfigurationError, RingfenceError
from proxy.files.diagnostics import FileRefused
from proxy.tables import width
from proxy.upstreams.checking import Checked, Said
from proxy.upstreams.upstream import Upstream

ROW: dict[str, Any] = {
    "name": "gpu-1",
    "zone": "onprem",
    "kind": "vllm",
    "weight": 2,
    "drain": False,
    "health": "healthy",
    "reason": "",
    "breaker": "closed",
    "in_flight": 3,
    "waiting": 1,
    "requests": 120,
    "failures": 2,
    "ttfb_ms": {"median": 210.4, "p95": 480.6},
    "models": [{"name": "big", "context_window": 131072, "max_output": 4096, "tools": True, "vision": False}],
}


@pytest.fixture
def configured(tmp_path: Path, own: StandIn, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file of one upstream that is there, which the settings name."""
    own.models = ("big",)
    file = tmp_path / "upstreams.yaml"
    row = {"name": "gpu-1", "kind": "openai", "zone": "onprem", "base_url": own.url, "models": ["big"], "weight": 2}
    file.write_text(yaml.safe_dump({"upstreams": [row], "profiles": {"big": {"context_window": 8192}}}))
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RINGFENCE_UPSTREAMS", str(file))
    monkeypatch.setenv("RINGFENCE_POLICIES", str(ROOT / "policies"))
    return file


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_without_a_server_each_is_asked_once_and_that_is_said(configured: Path, own: StandIn) -> None:
    shown = run()
    assert shown.exit_code == 0
    assert "No server runs here: each upstream was asked once" in shown.stderr
    head, line = shown.stdout.splitlines()
    assert head.split()[:5] == ["name", "zone", "kind", "health", "models"]
    assert re.fullmatch(r"gpu-1 +onprem +openai +healthy +1 +\d+ +- +- +- +2", line)
    assert own.posts == []


def test_what_a_server_tells_is_shown_as_it_is(configured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_upstreams, "tell_server", lambda *_: {"upstreams": [ROW]})
    shown = run("--models")
    assert shown.stderr == ""
    _, line, model = shown.stdout.splitlines()
    assert line.split() == ["gpu-1", "onprem", "vllm", "healthy", "1", "210/481", "2/120", "closed", "3+1", "2"]
    assert model == "  big  context 131,072, answers to 4,096  tools, no vision"
    assert json.loads(run("--json").stdout) == {"server": True, "upstreams": [ROW]}


def test_a_running_server_tells_how_its_upstreams_stand(server: Ringfence, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RINGFENCE_HOME", "RINGFENCE_UPSTREAMS"):
        monkeypatch.setenv(name, server.environ[name])
    shown = json.loads(run("--json").stdout)
    assert shown["server"] is True
    rows = {row["name"]: row for row in shown["upstreams"]}
    assert (rows["local"]["zone"], rows["vendor"]["zone"]) == ("onprem", "cloud-us")
    assert {"breaker", "in_flight", "waiting", "requests", "failures"} <= rows["local"].keys()
    assert [model["name"] for model in rows["vendor"]["models"]] == ["gpt-4*"]


def test_a_server_that_does_not_tell_is_said_and_the_upstreams_are_asked(
    configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise RingfenceError("The server closed the admin socket.")

    monkeypatch.setattr(cli_upstreams, "tell_server", failing)
    shown = run()
    assert shown.stderr.startswith("The server closed the admin socket: each upstream was asked once")
    assert "healthy" in shown.stdout
    assert json.loads(run("--json").stdout)["server"] is False


def test_a_table_of_many_with_long_names_stays_within_100_columns() -> None:
    many = [
        {
            **ROW,
            "name": f"gpu-{n:027}",
            "zone": "cloud-eu",
            "health": "down",
            "reason": "connection_lost",
            "drain": n % 2,
        }
        for n in range(300)
    ]
    shown = lines([*many, {"name": "odd", "models": []}])
    assert len(shown) == 302
    assert max(map(width, lines([{**ROW, "price": "0.15/0.60"}, ROW]))) <= 100
    assert len({width(line) for line in shown}) <= 2
    assert "draining connec…" in shown[2]


def test_a_price_has_a_column_where_there_is_one() -> None:
    assert "price" not in lines([ROW])[0]
    head, first, second = lines([{**ROW, "price": "0.15/0.60"}, ROW])
    assert head.endswith("price")
    assert first.endswith("0.15/0.60")
    assert second.endswith("-")


def test_a_file_that_is_fine_is_status_0(configured: Path) -> None:
    checked = run("check")
    assert (checked.exit_code, checked.stdout.splitlines()[-1]) == (0, "1 upstream, all fine")
    found = json.loads(run("check", "--json").stdout)
    assert (found["ok"], found["upstreams"][0]["ok"], found["file"]) == (True, True, [])


def test_what_is_wrong_is_status_1_with_what_to_do(configured: Path, own: StandIn) -> None:
    own.models = ("other",)
    checked = run("check")
    assert checked.exit_code == 1
    assert "  problem  models    big is not among them" in checked.stdout
    assert "-> load it there, or correct the name" in checked.stdout
    assert checked.stdout.splitlines()[-1] == "problems at 1 of 1 upstream"
    assert json.loads(run("check", "--json").stdout)["ok"] is False


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("upstreams: []", "odd.yaml:1:12: error[too-few]"),
        ("upstreams:\n  - {name: a, kind: vlm, zone: onprem, models: [m]}", "odd.yaml:2:21: error["),
        ("upstreams:\n  - {name: a, kind: vllm, zone: mars, models: [m]}", "odd.yaml:2:33: error[unknown-zone]"),
        ("upstreams: [\n", "odd.yaml:"),
    ],
    ids=["none", "kind", "zone", "yaml"],
)
def test_what_is_wrong_with_the_file_has_its_place(configured: Path, tmp_path: Path, text: str, place: str) -> None:
    file = tmp_path / "odd.yaml"
    file.write_text(text)
    checked = run("check", file)
    assert (checked.exit_code, checked.stdout) == (1, "")
    assert place in checked.stderr
    found = json.loads(run("check", file, "--json").stdout)
    assert (found["ok"], found["file"][0]["file"]) == (False, "odd.yaml")


def test_a_file_that_is_not_there_is_explained(configured: Path, tmp_path: Path) -> None:
    missing = run("check", tmp_path / "模型 ….yaml")
    assert missing.exit_code == 1
    assert "cannot be read" in missing.stderr


def test_policies_that_do_not_load_are_a_problem_and_the_upstreams_are_checked_all_the_same(
    configured: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGFENCE_POLICIES", str(tmp_path / "none"))
    checked = run("check")
    assert checked.exit_code == 1
    assert "zones are not known" in checked.stdout
    assert "it lists 1 model\n" in checked.stdout
    assert run().exit_code == 0


def test_nothing_that_a_server_says_reaches_the_terminal_as_a_command() -> None:
    at = Upstream("u", "openai", "onprem", "http://127.0.0.1/v1")
    said = Said("tls", "problem", "by \x1b[2JEvil\r\n", "\x1b]0;title\x07")
    shown = "\n".join(report(Path("f.yaml"), [Checked(at, (said,), None)], [said]))
    assert "\x1b" not in shown
    assert "\r" not in shown


def test_the_file_is_read_with_the_errors_of_files(configured: Path) -> None:
    configured.write_text("upstreams: 5")
    failed = run()
    assert isinstance(failed.exception, FileRefused)
    assert isinstance(failed.exception, ConfigurationError)
