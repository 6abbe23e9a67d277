import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from proxy.errors import RequestRefused
from proxy.policy import cli
from proxy.policy.labels import Scanned

Run = Callable[..., tuple[int, str]]


def ill(raw: bytes, request: bool) -> Scanned:
    """Find an illness in the word ache, and a model in a request."""
    found = {"ILLNESS": (13,)} if b"ache" in raw else {}
    return Scanned(found, (), "gpt-5-mini", "gpt-5*") if request else Scanned(found, ("deadline",))


@pytest.fixture
def detector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli.injected, "scan", ill)


@pytest.mark.usefixtures("detector")
def test_a_text_is_scanned_and_decided(folder: Path, run: Run, tmp_path: Path) -> None:
    (tmp_path / "note").write_text("a head ache")
    code, output = run("explain", folder, "--text", tmp_path / "note")
    assert code == 0
    assert output.startswith("type      ILLNESS x1 at 0.65\nmissing   deadline\nzone")
    assert "decision  pin -> home" in output
    assert "head" not in output
    (tmp_path / "note").write_text("hello")
    assert "decision  allow -> us" in run("explain", folder, "--text", tmp_path / "note")[1]


@pytest.mark.usefixtures("detector")
def test_a_request_brings_its_model_unless_another_is_asked_about(
    folder: Path, run: Run, tmp_path: Path, edit: Callable[[str, str], None]
) -> None:
    edit("if: {class: health}, then: pin", "what: {models: [gpt-5-mini]}, if: {class: health}, then: pin")
    edit("endpoint: chat", "endpoint: chat, model: gpt-5-mini")
    edit("claims:\n  - {never: health, in: [us]}\n", "")
    (tmp_path / "body").write_text("ache")
    code, output = run("explain", folder, "--request", tmp_path / "body", "--format", "json")
    assert code == 0
    assert (json.loads(output)["model"], json.loads(output)["decision"]) == ("gpt-5-mini", "pin")
    assert "decision  allow" in run("explain", folder, "--request", tmp_path / "body", "--model", "gpt-4o")[1]


@pytest.mark.usefixtures("detector")
def test_standard_input_can_be_scanned(folder: Path) -> None:
    result = CliRunner().invoke(cli.app, ["explain", str(folder), "--text", "-"], input="ache")
    assert "decision  pin -> home" in result.output


@pytest.mark.usefixtures("detector")
def test_a_file_that_is_not_there_is_explained(folder: Path, run: Run, tmp_path: Path) -> None:
    code, output = run("explain", folder, "--text", tmp_path / "none")
    assert code == 2
    assert "cannot be read" in output


def test_what_cannot_be_scanned_is_said_without_quoting_it(
    folder: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(raw: bytes, request: bool) -> Scanned:
        raise RequestRefused("The body is not valid JSON.")

    monkeypatch.setattr(cli.injected, "scan", refuse)
    (tmp_path / "body").write_text("my secret")
    assert run("explain", folder, "--request", tmp_path / "body") == (2, "The body is not valid JSON.\n")


def test_without_a_composition_root_there_is_no_detector(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli.injected, "scan", None)
    assert run("explain", folder, "--text", "-") == (2, "there is no detector here\n")
