"""The guide shows what the commands print, beside two model servers that are stand-ins."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness import ROOT, StandIn
from ollama_fake import Ollama

from proxy import cli
from proxy.cli_upstreams import lines
from proxy.model_bench.figures import HEAD
from proxy.upstreams.kinds.known import KINDS

GUIDE = (ROOT / "deploy" / "docs" / "models.md").read_text(encoding="utf-8")
FILE = re.search(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
SHOWN = {
    command: output
    for block in re.findall(r"```console\n(.*?)```", GUIDE, re.DOTALL)
    for command, output in re.findall(r"^\$ ([^\n]*)\n((?:(?!\$ ).*\n?)*)", block, re.MULTILINE)
}
MEASURED = ("ringfence upstreams", "export RINGFENCE_API_KEY=rf-...", "ringfence models bench box --max-tokens 32")
"""What a running server or the time of day decides."""
Print = Callable[[str], str]


@pytest.fixture
def ollama() -> Iterator[Ollama]:
    made = Ollama(default_context=32_768)
    made.loaded["llama3.2:latest"] = 32_768, False
    yield made
    made.stop()


@pytest.fixture
def prints(
    ollama: Ollama, own: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Print:
    """Run a command as it stands in the guide, with the guide's file of upstreams."""
    assert FILE is not None
    own.models = ("smollm",)
    vendor = StandIn(models=("gpt-4o",))
    places = {"8081": str(own.port), "11434": str(ollama.port), "https://api.openai.com/v1": vendor.url}
    text = FILE[1]
    for shown, real in places.items():
        text = text.replace(shown, real)
    (tmp_path / "upstreams.yaml").write_text(text)
    home = [line for line in text.splitlines(keepends=True) if "openai, kind" not in line]
    (tmp_path / "home.yaml").write_text("".join(home))
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("RINGFENCE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RINGFENCE_UPSTREAMS", str(tmp_path / "upstreams.yaml"))
    monkeypatch.setenv("OPENAI_API_KEY", "invented-key")

    def run(command: str) -> str:
        monkeypatch.setattr("sys.argv", command.split())
        with pytest.raises(SystemExit):
            cli.main()
        said = capsys.readouterr()
        printed = said.err + said.out
        for shown, real in places.items():
            printed = printed.replace(real, shown)
        return printed

    yield run
    vendor.stop()


def test_every_command_prints_what_the_guide_shows(prints: Print) -> None:
    for command, output in SHOWN.items():
        if command not in MEASURED:
            assert prints(command).rstrip() == output.rstrip(), command
    assert len(SHOWN) - len(MEASURED) >= 5


def test_what_is_measured_is_shown_under_the_headings_that_are_printed() -> None:
    live, _, bench = (SHOWN[command] for command in MEASURED)
    printed = lines([{"name": "a", "price": "1/1 USD", "models": []}])[0]
    assert re.split(r" {2,}", live.splitlines()[0]) == re.split(r" {2,}", printed)
    assert re.split(r" {2,}", bench.splitlines()[0]) == list(HEAD)


def test_every_kind_is_among_the_forms() -> None:
    forms = GUIDE[GUIDE.index("| form | means |") :]
    assert [kind for kind in KINDS if f"`{kind}/" not in forms] == []
