import datetime as dt
import json
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

import pytest

from proxy.policy.commands.common import Injected, from_here

Run = Callable[..., tuple[int, str]]
Edit = Callable[[str, str], None]
TODAY = dt.date(2026, 6, 1)


@pytest.mark.parametrize("command", ["lint", "test", "verify", "explain", "exceptions"])
def test_a_good_directory_is_fine_with_every_command(folder: Path, run: Run, command: str) -> None:
    assert run(command, folder)[0] == 0
    code, output = run(command, folder, "--format", "json")
    assert code == 0
    assert json.loads(output) is not None


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (("class: health}", "class: helth}"), {"lint": 1, "test": 3, "verify": 3, "explain": 3, "exceptions": 3}),
        (("policy: p", "policy: ["), {"lint": 1, "test": 3, "verify": 3, "explain": 3, "exceptions": 3}),
        (("decision: pin", "decision: block"), {"lint": 4, "test": 4, "verify": 0, "explain": 0, "exceptions": 0}),
        (("class: health}", "class: health, min_score: 0.50, min_count: 2}"), {"lint": 1, "test": 4, "verify": 1}),
    ],
)
def test_exit_codes_tell_findings_broken_files_and_failed_tests_apart(
    folder: Path, run: Run, edit: Edit, change: tuple[str, str], codes: Mapping[str, int]
) -> None:
    edit(*change)
    assert {command: run(command, folder)[0] for command in codes} == codes


def test_the_configured_directory_is_the_default(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGFENCE_POLICIES", str(folder))
    assert "1 tests, 1 passed" in run("test")[1]


def test_settings_that_cannot_be_read_are_wrong_usage(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGFENCE_PORT", "many")
    assert run("lint")[0] == 2


@pytest.mark.parametrize("arguments", [["--format", "junit"], ["--unknown"]])
def test_wrong_usage_is_2(folder: Path, run: Run, arguments: list[str]) -> None:
    assert run("lint", folder, *arguments)[0] == 2


@pytest.mark.parametrize(
    ("command", "others"),
    [
        (["lint"], {"junit"}),
        (["test"], {"sarif"}),
        *((name.split(), {"sarif", "junit"}) for name in ("verify", "explain", "exceptions", "diff x", "replay")),
    ],
)
def test_a_form_that_a_command_does_not_print_is_wrong_usage_and_the_others_are_named(
    run: Run, command: list[str], others: set[str]
) -> None:
    for form in others:
        code, output = run(*command, "--format", form)
        assert code == 2
        assert f"'{form}' is not one of 'text', 'json'" in " ".join(output.replace("│", " ").split())


def test_a_directory_is_named_from_where_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RINGFENCE_POLICIES", str(tmp_path / "set"))
    assert [str(from_here(path)) for path in (Path("a/b"), tmp_path / "c", tmp_path, None)] == ["a/b", "c", ".", "set"]
    assert from_here(tmp_path.parent / "beside") == PurePosixPath(tmp_path.parent / "beside")


def test_what_nobody_injected_is_not_checked() -> None:
    around = Injected().around(TODAY)
    assert (around.entity_types, around.zones_with_upstreams) == (None, None)
    around = Injected(lambda: (frozenset({"PERSON"}), {"PERSON": 0.4}), lambda: frozenset({"home"})).around(TODAY)
    assert (around.entity_types, around.zones_with_upstreams) == (frozenset({"PERSON"}), frozenset({"home"}))
