"""A small directory of policies, and a way to run the command line on it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from proxy.policy import cli
from proxy.policy.commands.common import Injected

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


@pytest.fixture(autouse=True)
def no_hooks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another test of this process may have run the whole command line, which sets them."""
    monkeypatch.setattr(cli, "injected", Injected())


@pytest.fixture
def folder(tmp_path: Path, taxonomy: str) -> Path:
    """Return a directory that loads, with one rule, claim and test in p.yaml."""
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "taxonomy.yaml").write_text(taxonomy)
    (folder / "p.yaml").write_text(GOOD)
    return folder


@pytest.fixture
def run() -> Callable[..., tuple[int, str]]:
    """Run `ringfence policy` and return its exit code and what it printed."""

    def run(*arguments: str | Path) -> tuple[int, str]:
        result = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.exit_code, result.output

    return run


@pytest.fixture
def edit(folder: Path) -> Callable[[str, str], None]:
    """Replace text in p.yaml."""

    def edit(old: str, new: str) -> None:
        text = (folder / "p.yaml").read_text()
        assert old in text
        (folder / "p.yaml").write_text(text.replace(old, new, 1))

    return edit
