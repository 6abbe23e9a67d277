import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from proxy.policy.verify import CAVEAT

Run = Callable[..., tuple[int, str]]
Edit = Callable[[str, str], None]


@pytest.fixture
def before(folder: Path) -> Path:
    """Return a copy of the directory as it is before any edit."""
    return Path(shutil.copytree(folder, folder.with_name("before")))


def test_a_looser_rule_exits_1_and_says_for_whom(folder: Path, before: Path, run: Run, edit: Edit) -> None:
    edit("class: health}", "class: health}, who: {not_teams: [care]}")
    code, output = run("diff", before, folder)
    assert code == 1
    assert output.splitlines() == [
        "LOOSER   health x1 at 0.50  pin -> home => allow -> us (+eu)  team care",
        "changed  rule stays changed: who.not_teams +care  [p.yaml:7]",
        f"looser: 1 looser, 0 tighter, 0 moved, 0 weaker zones; 2 decisions; {CAVEAT}",
    ]


def test_a_tighter_rule_exits_0_and_says_what_is_proved(folder: Path, before: Path, run: Run, edit: Edit) -> None:
    edit("then: pin", "then: block")
    code, output = run("diff", before, folder, "--on", "2026-06-01")
    assert code == 0
    assert output.startswith("TIGHTER  health x1 at 0.50  pin -> home => block")
    assert "not looser: proved for every caller and call" in output
    assert "every day from 2026-06-01 on" in output


def test_json_has_one_request_that_shows_each_line(folder: Path, before: Path, run: Run, edit: Edit) -> None:
    edit("class: health}", "class: health, min_score: 0.60}")
    code, output = run("diff", before, folder, "--format", "json")
    (line,) = json.loads(output)["decisions_differ"]
    assert code == 1
    assert (line["change"], line["requests"], line["after"]["decision"]) == ("looser", ["health x1 at 0.50"], "allow")
    assert line["example"]["findings"] == {"ILLNESS": [0.5]}
    assert line["scope"] == {}


def test_a_revision_means_the_configured_directory_then(
    folder: Path, run: Run, edit: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGFENCE_POLICIES", str(folder))
    commands = (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=x", "-c", "user.email=x@x.example", "commit", "-qm", "x"],
    )
    for command in commands:
        subprocess.run(["git", "-C", folder.parent, *command], check=True, capture_output=True)
    edit("then: pin", "then: block")
    assert run("diff", "HEAD")[1].startswith("TIGHTER")
    monkeypatch.chdir(folder.parent)
    assert run("diff", "HEAD", "HEAD:policies")[0] == 0
    assert run("diff", folder, "HEAD:policies")[1].startswith("LOOSER")


def test_a_bundle_that_does_not_load_is_named(folder: Path, before: Path, run: Run, edit: Edit) -> None:
    edit("class: health}", "class: helth}")
    code, output = run("diff", before, folder)
    assert code == 3
    assert f"{folder} does not load:" in output
    assert "unknown-class" in output


@pytest.mark.parametrize("given", ["no-such-thing", "HEAD:no/such/path", "HEAD:../etc"])
def test_what_is_neither_directory_nor_revision_is_wrong_usage(folder: Path, run: Run, given: str) -> None:
    assert run("diff", given, folder)[0] == 2
