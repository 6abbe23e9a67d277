import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml
from harness import ROOT, Ringfence, StandIn
from ollama_fake import Model, Ollama
from typer.testing import CliRunner, Result

from proxy.cli_models import Screen, app
from proxy.errors import RingfenceError
from proxy.upstreams.lifecycle import Progress


@pytest.fixture
def ollama() -> Iterator[Ollama]:
    made = Ollama(library={"qwen3:8b": Model("qwen3:8b")})
    yield made
    made.stop()


@pytest.fixture
def configured(tmp_path: Path, ollama: Ollama, own: StandIn, monkeypatch: pytest.MonkeyPatch) -> Path:
    own.models = ("big", "not a name", "b\x1b[2Jad")
    file = tmp_path / "upstreams.yaml"
    rows = [
        {"name": "ollama", "kind": "ollama", "zone": "onprem", "base_url": ollama.url, "models": ["*"]},
        {"name": "gpu", "kind": "openai", "zone": "onprem", "base_url": own.url, "models": ["big"]},
        {"name": "gone", "kind": "openai", "zone": "onprem", "base_url": "http://127.0.0.1:1/v1", "models": ["*"]},
    ]
    file.write_text(yaml.safe_dump({"upstreams": rows, "models": {"gpt-4o": {"onprem": "big"}}}))
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RINGFENCE_UPSTREAMS", str(file))
    monkeypatch.setenv("RINGFENCE_POLICIES", str(ROOT / "policies"))
    return file


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def explained(*arguments: str) -> str:
    """Return what is said of a command that cannot be done."""
    failed = run(*arguments).exception
    assert isinstance(failed, RingfenceError), failed
    return failed.message


def test_a_string_is_explained_step_by_step(configured: Path) -> None:
    shown = run("resolve", "gpt-4o").stdout
    assert "form     a name; by its beginning a model of openai (OpenRouter: openai/gpt-4o)" in shown
    assert "callers  write gpt-4o\n" in shown
    assert re.search(r"onprem +gpu +big +stand-in", shown)
    assert re.search(r"cloud-us +- +- +nobody serves it there", shown)
    assert "gpu: none" in shown


def test_an_operators_form_is_looked_up_among_what_servers_list(configured: Path, ollama: Ollama) -> None:
    shown = run("resolve", "ollama/llama3.2:latest")
    assert "callers  write llama3.2:latest; this form is the operator's" in shown.stdout
    assert shown.stderr == "not asked what it has, as it does not answer: gone\n"
    assert ollama.posts == [] or all(seen.path == "/api/show" for seen in ollama.posts)


def test_what_is_not_configured_comes_with_an_entry_to_paste(configured: Path, tmp_path: Path) -> None:
    shown = run("resolve", "http://127.0.0.1:8000/v1/other").stdout
    assert "callers  get 404" in shown
    pasted = yaml.safe_load(shown[shown.index("upstreams:\n") :])
    assert pasted["upstreams"][0] == {
        "name": "127-0-0-1",
        "kind": "vllm",
        "zone": "onprem",
        "base_url": "http://127.0.0.1:8000/v1",
        "models": ["other"],
    }


def test_a_name_that_says_nothing_asks_which_server(configured: Path) -> None:
    assert "say which server: ollama/smollm2, vllm/smollm2 ..." in run("resolve", "smollm2").stdout
    assert explained("resolve", "模型").startswith("This is no model string")


def test_every_kind_lists_what_it_has_and_an_ollama_its_sizes_too(configured: Path, ollama: Ollama) -> None:
    ollama.loaded["llama3.2:latest"] = 4096, False
    head, row = run("list", "ollama").stdout.splitlines()
    assert head.split() == ["model", "context", "can", "size", "in", "memory"]
    assert row.startswith("llama3.2:latest")
    assert row.endswith("1.9 GiB  context 4,096")
    shown = run("list", "gpu")
    assert shown.stdout.splitlines() == ["model  context  can", "big    unknown  -"]
    assert shown.stderr == "2 more have names that cannot be used here\n"


def test_a_server_that_is_not_running_is_said(configured: Path, ollama: Ollama) -> None:
    assert explained("list", "gone") == "Nothing listens at http://127.0.0.1:1/v1: gone is not running."
    ollama.stop()
    for command in (["list"], ["pull", "qwen3:8b"], ["warm", "llama3.2"], ["unload", "llama3.2"]):
        said = explained(command[0], "ollama", *command[1:])
        assert said.startswith("Nothing listens at"), command
        assert "ollama serve" in said, command


def test_an_upstream_that_is_not_in_the_file_is_said_with_the_nearest(configured: Path) -> None:
    assert explained("list", "olama") == "upstreams.yaml has no upstream of this name; did you mean 'ollama'?"


def test_a_model_is_fetched_with_a_line_a_step(configured: Path, ollama: Ollama) -> None:
    fetched = run("pull", "ollama", "qwen3:8b")
    assert (fetched.exit_code, fetched.stdout) == (0, "qwen3:8b is on ollama\n")
    steps = fetched.stderr.splitlines()
    assert (steps[0], steps[-1]) == ("pulling manifest", "success")
    assert len(steps) == len(set(steps))
    assert "qwen3:8b" in ollama.disk
    assert "its registry may not have it" in explained("pull", "ollama", "none:1b")


def test_on_a_terminal_one_line_changes() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    screen = Screen(out)
    for completed in (0, 2 * 1024**3, 4 * 1024**3):
        screen.told(Progress("layer 0123", completed, 4 * 1024**3))
    screen.end()
    assert out.getvalue().count("\n") == 1
    assert "  0 % of 4.0 GiB" in out.getvalue()
    assert out.getvalue().endswith("100 % of 4.0 GiB\n")


def test_a_model_is_had_in_memory_and_out_of_it_and_one_that_is_not_there_is_said(
    configured: Path, ollama: Ollama
) -> None:
    warmed = run("warm", "ollama", "llama3.2")
    assert warmed.stdout == "llama3.2 is in memory on ollama, with a context of 4,096 tokens\n"
    assert "llama3.2:latest" in ollama.loaded
    assert run("unload", "ollama", "llama3.2").stdout == "llama3.2 is out of memory on ollama\n"
    assert ollama.loaded == {}
    assert "ringfence models pull ollama none:1b" in explained("warm", "ollama", "none:1b")
    assert "models of ollama servers can be managed" in explained("warm", "gpu", "big")


@pytest.fixture
def beside(server: Ringfence, monkeypatch: pytest.MonkeyPatch) -> Ringfence:
    """Set what a person at the terminal of that server has in the environment."""
    for name in ("home", "upstreams"):
        monkeypatch.setenv(f"RINGFENCE_{name.upper()}", server.environ[f"RINGFENCE_{name.upper()}"])
    monkeypatch.setenv("RINGFENCE_API_KEY", server.key())
    return server


def test_models_are_measured_through_ringfence_with_a_record_of_each_request(
    beside: Ringfence, onprem: StandIn, tmp_path: Path
) -> None:
    onprem.clear()
    measured = run("bench", "local", "--url", beside.url, "--out", tmp_path / "b", "--max-tokens", "4")
    assert measured.exit_code == 0, measured.exception
    assert [line.split()[:4] for line in measured.stdout.splitlines()[1:]] == [
        ["local-model", "1", "4", "0"],
        ["local-model", "4", "8", "0"],
        ["local-model", "16", "32", "0"],
    ]
    assert len(onprem.posts) == 45
    told = json.loads((tmp_path / "b" / "local.json").read_text())
    assert [one["in_flight"] for one in told["figures"]] == [1, 4, 16]
    assert all(one["failed"] == {} and one["all_tokens_s"] > 0 and one["counted"] for one in told["figures"])
    assert "| local-model | 16 | 32 | 0 |" in (tmp_path / "b" / "local.md").read_text()
    ET.fromstring((tmp_path / "b" / "local.svg").read_text())  # noqa: S314 - our own


def test_a_model_of_another_zone_or_of_nobody_is_not_measured(beside: Ringfence, tmp_path: Path) -> None:
    asked = ("bench", "local", "--url", beside.url, "--out", str(tmp_path))
    assert "no name of a model" in explained(*asked, "--models", "模型")
    nobodys = run(*asked, "--models", "none")
    assert nobodys.exit_code == 1
    assert "4 model_not_found" in nobodys.stdout


def test_a_bench_without_a_server_or_a_key_is_explained(
    beside: Ringfence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "No Ringfence answers at http://127.0.0.1:1" in explained("bench", "local", "--url", "http://127.0.0.1:1")
    monkeypatch.setenv("RINGFENCE_API_KEY", "rf-wrong")
    assert "does not take the key" in explained("bench", "local", "--url", beside.url)


def test_figures_that_cannot_be_written_are_said_before_anything_is_measured(
    beside: Ringfence, onprem: StandIn, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    onprem.clear()
    said = explained("bench", "local", "--url", beside.url, "--out", str(tmp_path / "file"), "--max-tokens", "2")
    assert "cannot be written" in said
    assert not onprem.posts
