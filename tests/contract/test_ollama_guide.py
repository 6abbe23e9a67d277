"""The guide shows what the commands print, beside an Ollama that is a fake by contract."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness import ROOT
from ollama_fake import Model, Ollama, ask

from proxy import cli
from proxy.upstreams.kinds.known import KINDS
from proxy.upstreams.kinds.ollama_dropped import NEEDED
from proxy.upstreams.reading import load_registry

GUIDE = (ROOT / "deploy" / "docs" / "ollama.md").read_text(encoding="utf-8")
FILE = re.search(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
SHOWN = {
    command: output
    for block in re.findall(r"```console\n(.*?)```", GUIDE, re.DOTALL)
    for command, output in re.findall(r"^\$ (ringfence [^\n]*)\n((?:(?!\$ ).*\n?)*)", block, re.MULTILINE)
}
PORT = "11434"
Print = Callable[[str], str]


@pytest.fixture
def ollama() -> Iterator[Ollama]:
    made = Ollama(
        default_context=32_768,
        library={"qwen3:8b": Model("qwen3:8b", ("completion", "tools", "thinking"), 40_960, size=5_225_388_164)},
    )
    yield made
    made.stop()


@pytest.fixture
def prints(
    ollama: Ollama, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Print:
    """Run a command as it stands in the guide, with the guide's file of upstreams."""
    assert FILE is not None
    (tmp_path / "upstreams.yaml").write_text(FILE[1].replace(PORT, str(ollama.port)))
    for name in [name for name in os.environ if name.startswith("RINGFENCE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RINGFENCE_UPSTREAMS", str(tmp_path / "upstreams.yaml"))

    def run(command: str) -> str:
        monkeypatch.setattr("sys.argv", command.split("#", maxsplit=1)[0].split())
        with pytest.raises(SystemExit):
            cli.main()
        said = capsys.readouterr()
        return (said.err + said.out).replace(str(ollama.port), PORT)

    return run


def test_every_command_prints_what_the_guide_shows(ollama: Ollama, prints: Print) -> None:
    """One after the other, as somebody does who follows it."""
    for command, output in SHOWN.items():
        if "ps aux" in command:
            continue
        assert prints(command).rstrip() == output.rstrip(), command
        if "warm gpu1 qwen3:8b" in command:
            assert ollama.loads == ["qwen3:8b"]
    assert len(SHOWN) >= 5


def test_what_it_says_of_a_server_that_is_wrong_is_what_is_printed(ollama: Ollama, prints: Print) -> None:
    ollama.no_cloud = False
    ollama.disk["helper:latest"] = Model("helper:latest", remote_host="https://ollama.com:443", remote_model="gpt-oss")
    said = prints("ringfence upstreams check")
    for line in (
        "start that server with OLLAMA_NO_CLOUD=1",
        "models that answer from another host are never used (helper:latest)",
    ):
        assert line in said
        assert line in GUIDE


def test_the_file_of_upstreams_can_be_loaded(tmp_path: Path) -> None:
    assert FILE is not None
    (tmp_path / "upstreams.yaml").write_text(FILE[1])
    (upstream,) = load_registry(tmp_path / "upstreams.yaml").upstreams
    assert (upstream.kind, upstream.default_model) == ("ollama", "llama3.2")
    assert not set(upstream.endpoints) & set(KINDS["ollama"].cuts)


def test_the_guide_names_every_parameter_for_which_a_request_is_refused() -> None:
    (told,) = re.findall(r"^Refused are requests with (.*?)\n\n", GUIDE, re.MULTILINE | re.DOTALL)
    named = set(re.findall(r"`([a-z_]+)", told))
    assert named >= NEEDED | {"tool_choice", "response_format"}


def test_the_reasons_in_the_guide_are_those_that_callers_are_given(ollama: Ollama) -> None:
    told = set(re.findall(r"^\| `(ollama_\w+)` \|", GUIDE, re.MULTILINE))
    sources = [ROOT / "proxy" / "upstreams" / "kinds" / "ollama.py"]
    given = {reason for source in sources for reason in re.findall(r'"(ollama_\w+)"', source.read_text())}
    assert told == given


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)", GUIDE)
    assert links
    assert [link for link in links if not (ROOT / "deploy" / "docs" / link).exists()] == []


def test_the_fake_is_what_the_guide_says_that_it_is(ollama: Ollama) -> None:
    """A control: the commands above would print something else if the server were another."""
    assert ask(ollama, lambda client, _: client.probe("/api/version")) == {"version": ollama.version}
    assert "a fake" in GUIDE
