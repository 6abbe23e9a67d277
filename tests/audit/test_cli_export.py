"""An export from the command line: asked for in the log, signed for, made, recorded, and said."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from packs import Workshop, members, signing, times
from typer.testing import CliRunner

from audit import cli, cli_export
from audit.access import Filters, Records
from audit.pack.verifying import verify_pack
from audit.records.record import REGISTRY

ACTOR = {"kind": "system", "id": "command-line"}


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop.of(tmp_path_factory.mktemp("ours"), tmp_path_factory.mktemp("theirs"))


@pytest.fixture
def told(workshop: Workshop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, dict[str, Any], bool]]:
    """Make the workshop's log that of this home; return what is told to its writer, and whether a pack was there."""
    kept: list[tuple[str, dict[str, Any], bool]] = []

    def record(kind: str, body: dict[str, Any]) -> None:
        kept.append((kind, body, (tmp_path / "a.tar").exists()))

    monkeypatch.setattr(cli, "own_place", lambda: workshop.home / "audit.db")
    monkeypatch.setattr(cli, "record_hook", record)
    monkeypatch.setattr(cli, "sign_hook", lambda: False)
    monkeypatch.setattr(cli, "manifest_hook", signing(workshop.signer))
    return kept


def run(*words: object) -> Any:
    return CliRunner().invoke(cli.app, ["export", *map(str, words)])


def test_a_pack_of_the_own_log_is_asked_for_and_recorded(told: list[Any], tmp_path: Path, workshop: Workshop) -> None:
    out, at = tmp_path / "a.tar", times(workshop.home / "audit.db")
    made = run("--out", out, "--from", at[6], "--to", at[9], "--as-of", 15)
    assert made.exit_code == 0
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    assert made.output.splitlines() == [
        f"{out}: records 6 to 8, as of 15 records",
        f"{digest}  a.tar",
        "left out: 1 records behind this checkpoint",
    ]
    (asked, read, _), (exported, body, there) = told
    assert (asked, exported, there) == ("audit.read", "audit.exported", False)
    request = read.pop("id")
    assert read == {"what": "export", "filters": ["from", "to"], "rows": 16, "from": at[6], "to": at[9], "size": 15}
    assert (body["request"], body["sha256"], body["size"], body["rows"]) == (request, digest, 15, 3)
    for kind, own in (("audit.read", read), ("audit.exported", body)):
        assert REGISTRY[kind, 2].own({"actor": ACTOR, **own}) is None
    assert verify_pack(out).signed_by == workshop.signer.vkey


def test_whoever_recorded_the_request_records_the_rest(told: list[Any], tmp_path: Path) -> None:
    out = tmp_path / "a.tar"
    made = run("--out", out, "--json", "--request", "01a1fe6d-0185-7595-b576-122b77425aaa")
    assert made.exit_code == 0
    assert told == []
    *progress, last = map(json.loads, made.output.splitlines())
    assert {line["progress"]["phase"] for line in progress} == {"records", "files"}
    assert progress[-1]["progress"]["done"] == progress[-1]["progress"]["total"]
    pack = last["pack"]
    judged = verify_pack(out)
    assert judged.manifest is not None
    assert pack == {
        "path": str(out),
        "sha256": hashlib.sha256(out.read_bytes()).hexdigest(),
        "bytes": out.stat().st_size,
        **{name: getattr(judged.manifest, name) for name in ("size", "root", "rows", "first", "last")},
        "behind": 1,
        "checkpoints": 3,
        "texts": 2,
        "signed": True,
        "recorded": False,
    }


def test_the_request_waits_for_a_checkpoint_unless_an_older_one_was_asked_for(
    told: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[object] = []
    monkeypatch.setattr(cli, "sign_hook", lambda: True)
    monkeypatch.setattr(cli_export, "until_signed", waited.append)
    assert run("--out", tmp_path / "a.tar").exit_code == 0
    assert waited
    waited.clear()
    assert run("--out", tmp_path / "b.tar", "--as-of", 15).exit_code == 0
    assert waited == []


def test_what_is_missing_is_said(told: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "manifest_hook", lambda _: "no server runs, and so no signer")
    monkeypatch.setattr(cli, "record_hook", lambda *_: "the keys cannot be read")
    made = run("--out", tmp_path / "a.tar")
    assert made.exit_code == 0
    assert "the manifest is not signed: no server runs, and so no signer" in made.output
    assert "the log has no record of this export: the keys cannot be read" in made.output
    said = json.loads(run("--out", tmp_path / "b.tar", "--json").output.splitlines()[-1])["pack"]
    assert (said["signed"], said["recorded"]) == (False, False)
    assert "manifest.note" not in members((tmp_path / "a.tar").read_bytes())


def test_a_pack_of_a_log_from_elsewhere_is_neither_signed_nor_recorded(
    told: list[Any], tmp_path: Path, workshop: Workshop
) -> None:
    made = run("--out", tmp_path / "a.tar", "--db", workshop.home / "audit.db")
    assert made.exit_code == 0
    assert told == []
    assert made.output.count("the log was named with --db") == 2
    assert Records(workshop.home / "audit.db").page(Filters(kind="audit.exported")).records == ()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--from", "yesterday"], "a time is a day"),
        (["--from", "2026-10-02", "--to", "2026-10-01"], "ends before it begins"),
        (["--from", "2001-01-01", "--to", "2001-01-02"], "no record of the log has a time in this period"),
        (["--as-of", "6"], "no checkpoint of 6 records"),
    ],
)
def test_what_cannot_be_exported_is_said_in_a_line(told: list[Any], tmp_path: Path, words: list[str], why: str) -> None:
    made = run("--out", tmp_path / "a.tar", *words)
    assert (made.exit_code, why in made.output, made.output.count("\n")) == (2, True, 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["--from", "2026-10-01"], ["--as-of", "7"], ["--request", "x"]])
def test_a_directory_is_of_everything(told: list[Any], tmp_path: Path, words: list[str]) -> None:
    made = run("--out", tmp_path / "a", *words)
    assert (made.exit_code, "only a pack" in made.output) == (2, True)


def test_a_place_that_cannot_be_written_is_named(told: list[Any], tmp_path: Path) -> None:
    made = run("--out", tmp_path / "none" / "a.tar")
    assert (made.exit_code, "cannot be written: No such file" in made.output) == (2, True)


def test_the_constants_of_a_version_are_its_verifiers_and_its_account(tmp_path: Path) -> None:
    made = cli_export.constants()
    assert made.readme.startswith(b"# ")
    assert made.verifier.startswith(b"#!/usr/bin/env python3\n")
    assert made.page.lower().startswith(b"<!doctype html>")
