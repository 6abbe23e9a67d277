from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from proxy.errors import ConfigurationError
from proxy.policy import cli

Run = Callable[..., tuple[int, str]]


def test_without_a_composition_root_there_is_no_log(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "open_log", None)
    assert run("replay", "--candidate", folder) == (2, "there is no log to read here\n")


def test_a_database_and_an_export_are_not_read_together(folder: Path, run: Run) -> None:
    code, output = run("replay", "--candidate", folder, "--db", "a", "--export", "b")
    assert code == 2
    assert "not both" in output


def test_the_root_opens_what_was_named(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def open_log(*paths: Any) -> Any:
        asked.append(paths)
        raise ConfigurationError("There is no log at a.")

    monkeypatch.setattr(cli, "open_log", open_log)
    assert run("replay", "--candidate", folder, "--db", "a") == (2, "There is no log at a.\n")
    run("replay", "--candidate", folder, "--export", "b")
    run("replay", "--candidate", folder)
    assert asked == [(Path("a"), None), (None, Path("b")), (None, None)]
