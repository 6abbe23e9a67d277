"""Keys and approvals on the command line; what they mean is tested with the office."""

from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from proxy.errors import ConfigurationError
from proxy.files.diagnostics import FileRefused, Place, Problems
from proxy.policy import cli
from proxy.policy.commands.office import refusing, rows

Run = Callable[..., tuple[int, str]]


@pytest.mark.parametrize(
    "arguments", [["keygen", "ann", "--out", "key"], ["sign", "--author", "ann", "--approver", "bob"], ["approval"]]
)
def test_without_the_whole_program_there_are_no_approvals(
    folder: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli.injected, "approvals", None)
    monkeypatch.setenv("RINGFENCE_POLICIES", str(folder))
    result = CliRunner().invoke(cli.app, arguments)
    assert result.exit_code == 2
    assert "whole program" in result.output


def test_a_refused_file_ends_as_files_do_that_do_not_load(capsys: pytest.CaptureFixture[str]) -> None:
    problems = Problems()
    problems.error(Place("APPROVALS", 2, 7), "bad-text", "expected a SHA-256 in hex")
    with pytest.raises(typer.Exit) as ended, refusing():
        raise FileRefused(problems.found)
    assert ended.value.exit_code == 3
    assert "APPROVALS:2:7: error[bad-text]" in capsys.readouterr().err


def test_anything_else_that_is_refused_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended, refusing():
        raise ConfigurationError("no")
    assert ended.value.exit_code == 2
    assert capsys.readouterr().err == "no\n"


def test_an_account_is_a_line_each() -> None:
    assert rows({"serial": 7, "upstreams": "5f"}) == "serial    7\nupstreams 5f"
