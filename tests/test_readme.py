"""The README is a promise: what it names exists, and what a command is said to print is what it prints."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from harness import ROOT
from properties.effort import ASKED
from typer.testing import CliRunner

from audit.signing.process import EVERY_S
from proxy import cli
from proxy.settings import Settings

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
COMMANDS = {
    shown.split("#")[0].strip(): output.rstrip("\n")
    for block in BLOCKS
    for shown, output in re.findall(r"^\$ ([^\n]*)\n((?:(?!\$ ).*\n?)*)", block, re.MULTILINE)
}


def ringfence(*arguments: str, text: str = "") -> str:
    command = [str(Path(sys.executable).with_name("ringfence")), *arguments]
    ran = subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=False, timeout=120)
    return ran.stdout


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_make_target_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|\$ )make ([a-z-]+)", README))
    assert {"demo", "test"} <= named
    assert [target for target in named if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


def planned(goal: str) -> list[str]:
    """Return the commands that make would run if nothing was there."""
    command = ["make", "--dry-run", "--always-make", "--no-print-directory", goal]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


def test_python_alone_is_needed_and_nothing_is_compiled() -> None:
    commands = planned("demo")
    assert commands[-1].split()[1] == "deploy/demo/run.py"
    assert {Path(command.split()[0]).name for command in commands} == {"python3", "awk", "python", "uv", "touch"}
    hashed = [command for command in commands if "--require-hashes" in command]
    assert len(hashed) == 2
    assert all("--only-binary :all:" in command or "--no-build " in command for command in hashed)


def test_check_runs_what_it_is_said_to_run() -> None:
    programs = {" ".join(command.split()[:3]).removeprefix(".venv/bin/") for command in planned("check")}
    assert programs >= {"ruff check .", "mypy", "lint-imports", "ringfence policy lint"}


def test_what_is_said_of_places_and_times_is_so(monkeypatch: pytest.MonkeyPatch) -> None:
    said = " ".join(README.split())
    assert "signs the log's head every ten seconds" in said
    assert EVERY_S == 10
    assert "Four times a day the server sends [invented" in said
    assert Settings.model_fields["canary_every_s"].default * 4 == 24 * 60 * 60
    assert "`$RINGFENCE_HOME/audit.db` (default `~/.ringfence`)" in said
    monkeypatch.setenv("HOME", "/srv/somebody")
    assert Settings.load(environ={}).home == Path("/srv/somebody/.ringfence")


@pytest.mark.parametrize(
    "command", [line for line in COMMANDS if line.startswith((".venv/bin/ringfence", "ringfence"))]
)
def test_every_command_exists(command: str) -> None:
    words = [word for word in command.split()[1:] if re.fullmatch(r"[a-z]+", word)]
    assert "Usage" in CliRunner().invoke(cli.app, [*words[:2], "--help"]).output


def test_what_explain_prints_is_shown_as_it_is() -> None:
    command, shown = next((line, text) for line, text in COMMANDS.items() if "policy explain" in line)
    assert shown
    assert ringfence(*command.split()[1:]).startswith(shown)


def test_what_lint_prints_is_shown_as_it_is(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    file = tmp_path / "policies" / "soc2.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("min_count", "min_cuont", 1), encoding="utf-8")
    assert COMMANDS["ringfence policy lint"] == ringfence("policy", "lint", str(tmp_path / "policies")).rstrip("\n")


def test_what_detect_prints_is_shown_as_it_is_but_for_time_and_digest() -> None:
    command, shown = next((line, text) for line, text in COMMANDS.items() if "ringfence detect" in line)
    printed = ringfence("detect", text=command.partition("<<<")[2].strip(' "'))
    *findings, last = shown.splitlines()
    assert printed.splitlines()[:-1] == findings
    assert last.startswith(printed.splitlines()[-1].partition("complete")[0])


if ASKED:  # two models are started, and asked

    def test_what_the_demo_prints_is_shown_but_for_values_and_answers() -> None:
        (shown,) = re.findall(r"^```text\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
        demo = [sys.executable, ROOT / "deploy" / "demo" / "run.py"]
        ran = subprocess.run(demo, capture_output=True, text=True, check=True)
        printed = iter(masked(ran.stdout))
        for line in masked(shown):
            assert any(each.startswith(line) for each in printed), line


def masked(text: str) -> list[str]:
    """Return the lines that the demo always prints, up to where they were cut, with a mark for all that has a digit."""
    text = re.sub(r"/\S*/(?=policies|\w+\.db)|^   answer .*|^\[\.\.\.\]$|, \.\.\.$", "", text, flags=re.MULTILINE)
    return [re.sub(r"\S*\d\S*", "#", line) for line in text.splitlines() if line]
