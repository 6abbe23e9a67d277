"""Verifying from the command line: logs and packs alike, and the digests to publish."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from packs import Workshop
from typer.testing import CliRunner

from audit import cli
from audit.pack import single
from audit.pack.command import main


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop.of(tmp_path_factory.mktemp("ours"), tmp_path_factory.mktemp("theirs"))


def run(*words: object) -> Any:
    return CliRunner().invoke(cli.app, list(map(str, words)))


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_pack_is_judged_in_the_words_of_the_single_file(
    options: list[str], workshop: Workshop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = tmp_path / "a.tar"
    for content in (workshop.whole, workshop.month, workshop.whole[:-1]):
        pack.write_bytes(content)
        code = main([str(pack), *options])
        ran = run("verify", pack, *options)
        assert (ran.exit_code, ran.output) == (code, capsys.readouterr().out)
    sampled = ["sample", str(workshop.home / "month.tar"), "--nonce", "x", "--count", "2", *options]
    assert (main(sampled), run(*sampled).output) == (0, capsys.readouterr().out)


def test_a_pack_is_known_by_its_name_or_by_how_it_begins(workshop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "evidence").write_bytes(workshop.whole)
    assert "pack       records 0 to" in run("verify", tmp_path / "evidence").output
    (tmp_path / "a.tar").write_bytes(b"")
    ran = run("verify", tmp_path / "a.tar")
    assert (ran.exit_code, "PACK" in ran.output) == (1, True)


def test_a_verification_of_a_pack_is_not_one_of_the_own_log(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(cli, "record_hook", lambda *said: told.append(said))
    assert run("verify", workshop.home / "whole.tar").exit_code == 0
    assert told == []


def test_the_digests_of_the_verifiers_are_those_of_the_files_in_a_pack() -> None:
    lines = dict(reversed(line.split("  ")) for line in run("verifiers").output.splitlines())  # type: ignore[arg-type]
    assert lines.keys() == {"verify.py", "verify.html"}
    assert lines["verify.py"] == hashlib.sha256(single.build()).hexdigest()


def test_a_sample_of_what_does_not_verify_or_cannot_be_asked_for_says_why(workshop: Workshop, tmp_path: Path) -> None:
    pack = tmp_path / "a.tar"
    pack.write_bytes(workshop.whole + b"x")
    ran = run("sample", pack, "--nonce", "x", "--count", 1, "--json")
    assert (ran.exit_code, json.loads(ran.output)["ok"]) == (1, False)
    pack.write_bytes(workshop.whole)
    for words, why in (
        (["--count", 0], "a sample has"),
        (["--count", 1, "--where", "x"], "NAME=VALUE"),
        (["--count", 1, "--out", tmp_path], "cannot be written"),
        (["--count", 1, "--trust", tmp_path / "none"], "cannot be read"),
    ):
        ran = run("sample", pack, "--nonce", "x", *words)
        assert (ran.exit_code, why in ran.output) == (2, True)
    assert run("sample", tmp_path / "none.tar", "--nonce", "x", "--count", 1).exit_code == 2
