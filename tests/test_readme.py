"""The README is a promise: what it names exists, and what a command is said to print is what it prints."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from proxy import cli

ROOT = Path(__file__).resolve().parent.parent
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
