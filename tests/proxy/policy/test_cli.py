from pathlib import Path

import pytest
from typer.testing import CliRunner

from proxy.policy import cli

POLICY = "policy: p\nversion: 1\nowner: ann\ngrants:\n  - {id: everyone, zones: [us, eu, home]}\n"


def test_every_command_is_listed_and_none_runs_without_a_name() -> None:
    result = CliRunner().invoke(cli.app, [])
    assert "Usage" in result.output
    names = {command.name or getattr(command.callback, "__name__", "") for command in cli.app.registered_commands}
    judging = {"lint", "test", "verify", "explain", "diff", "replay", "shadow", "exceptions"}
    assert names == judging | {"init", "keygen", "sign", "approval", "reload", "schema"}
    assert all(name in result.output for name in names)


def test_detectors_and_upstreams_are_asked_when_injected(
    tmp_path: Path, taxonomy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "taxonomy.yaml").write_text(taxonomy)
    (tmp_path / "p.yaml").write_text(POLICY)
    monkeypatch.setattr(cli.injected, "detector_types", lambda: (frozenset({"PERSON"}), {}))
    monkeypatch.setattr(cli.injected, "upstream_zones", lambda: frozenset({"home"}))
    result = CliRunner().invoke(cli.app, ["lint", str(tmp_path)])
    assert result.exit_code == 1
    assert "entity-without-detector" in result.output
    assert "zone-without-upstream" in result.output
