import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from proxy.errors import ConfigurationError
from proxy.policy import cli
from proxy.policy.commands import logs

Run = Callable[..., tuple[int, str]]


def test_without_a_composition_root_there_is_no_log(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli.injected, "open_log", None)
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

    monkeypatch.setattr(cli.injected, "open_log", open_log)
    assert run("replay", "--candidate", folder, "--db", "a") == (2, "There is no log at a.\n")
    run("replay", "--candidate", folder, "--export", "b")
    run("replay", "--candidate", folder)
    assert asked == [("a", None), (None, Path("b")), (None, None)]


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        ("7d", "2026-05-25T12:30:00.000000Z"),
        ("12h", "2026-06-01T00:30:00.000000Z"),
        ("2w", "2026-05-18T12:30:00.000000Z"),
        ("2026-05-20", "2026-05-20T00:00:00.000000Z"),
        ("999999w", "1926-06-26T12:30:00.000000Z"),
        (None, None),
    ],
)
def test_since_is_a_stretch_of_time_or_a_day(
    monkeypatch: pytest.MonkeyPatch, *, given: str | None, moment: str | None
) -> None:
    monkeypatch.setattr(logs, "now", lambda: dt.datetime(2026, 6, 1, 12, 30, tzinfo=dt.UTC))
    assert logs.moment(given) == moment


@pytest.mark.parametrize("given", ["soon", "7", "d", "2026-02-30", "7 d", ""])
def test_any_other_since_is_wrong_usage(given: str) -> None:
    with pytest.raises(typer.BadParameter, match="expected 7d, 12h, 2w or YYYY-MM-DD"):
        logs.moment(given)
