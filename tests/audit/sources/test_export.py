"""An export is whole or not there, is the same from every store, and says what it leaves out."""

import hashlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from audit.errors import AuditMismatch, AuditUnavailable
from audit.keys import read_signers
from audit.place import Place, Postgres
from audit.signing.signer import CheckpointSigner, StateFile
from audit.sources import export as module
from audit.sources import source
from audit.sources.export import Exported, export
from audit.sources.postgres import open_source
from audit.sources.source import SqliteSource
from audit.verification.verifier import verify

ROOT = Path(__file__).parents[3]
TEXT = b"policies, as they were"
TEXT_SHA256 = hashlib.sha256(TEXT).hexdigest()


def sign(place: Place, home: Path) -> None:
    """Do as the signer and the server do together."""
    with closing(StateFile(home / "signer")) as state, closing(open_source(place)) as log:
        note = CheckpointSigner(state, lambda: read_signers(home / "keys")).sign(log)
        size = log.claim().size
    assert isinstance(place, Path)
    with closing(sqlite3.connect(place)) as connection, connection:
        connection.execute("INSERT INTO checkpoint (size, note) VALUES (?, ?)", (size, note))


@pytest.fixture
def home(tmp_path: Path, open_log: Any, decision: Any, outcome: Any) -> Path:
    """Write a log of two checkpoints and two texts; what is behind the second is not signed."""
    log = open_log()
    place: Path = log.place
    for turn in range(3):
        log.store_bundle(TEXT_SHA256, TEXT)
        body = decision()
        body["bundle"]["upstreams_sha256"] = TEXT_SHA256
        made = log.append_sync("route.decision", body)
        log.append_sync("route.outcome", outcome(made.id))
        if turn < 2:
            sign(place, tmp_path / "home")
    log.store_bundle(hashlib.sha256(b"later").hexdigest(), b"later")
    return tmp_path / "home"


def write(place: Place, out: Path, **options: Any) -> Exported:
    with closing(open_source(place)) as log:
        return export(log, out, options.pop("recorded", lambda _: None), **options)


def content(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_what_is_behind_the_newest_checkpoint_is_left_out_and_said(home: Path, tmp_path: Path) -> None:
    made = write(home / "audit.db", tmp_path / "out")
    files = content(tmp_path / "out")
    assert (made.size, made.rows, made.behind, made.checkpoints, made.texts) == (6, 6, 2, 2, 1)
    assert files["records.jsonl"].count(b"\n") == 6
    assert hashlib.sha256(files["records.jsonl"]).hexdigest() == made.sha256
    assert files[f"texts/{TEXT_SHA256}"] == TEXT
    report = verify(tmp_path / "out")
    assert (report.findings, report.grade, report.size, report.signed, report.checkpoints) == ((), "signed", 6, 6, 2)


def test_the_same_log_up_to_the_same_size_is_exported_to_the_same_bytes(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home / "audit.db", tmp_path / "first")
    with closing(sqlite3.connect(home / "audit.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    monkeypatch.setattr(module, "PAGE", 2)
    write(home / "audit.db", tmp_path / "second")
    write(tmp_path / "first", tmp_path / "third")
    assert content(tmp_path / "first") == content(tmp_path / "second") == content(tmp_path / "third")


def test_an_export_from_postgresql_is_judged_as_one_from_a_file(
    open_shared: Any, decision: Any, tmp_path: Path
) -> None:
    log = open_shared()
    log.append_sync("route.decision", decision())
    place: Postgres = log.place
    keys = next(tmp_path.rglob("keys"))
    with closing(StateFile(tmp_path / "signer")) as state, closing(open_source(place)) as reader:
        note = CheckpointSigner(state, lambda: read_signers(keys)).sign(reader)
    assert note is not None
    log.store_checkpoint(note)
    made = write(place, tmp_path / "out")
    report = verify(tmp_path / "out")
    assert (report.findings, report.grade, report.size) == ((), "signed", made.size)


def test_nothing_is_left_of_an_export_that_could_not_be_recorded(home: Path, tmp_path: Path) -> None:
    def refuse(_: Exported) -> None:
        raise AuditUnavailable("full")

    before = set(tmp_path.iterdir())
    with pytest.raises(AuditUnavailable):
        write(home / "audit.db", tmp_path / "out", recorded=refuse)
    assert set(tmp_path.iterdir()) == before


def test_a_killed_export_leaves_nothing_under_its_name(home: Path, tmp_path: Path) -> None:
    program = """
import os, signal, sys
from pathlib import Path
from audit.sources.export import export
from audit.sources.source import SqliteSource
export(SqliteSource(Path(sys.argv[1])), Path(sys.argv[2]), lambda _: os.kill(os.getpid(), signal.SIGKILL))
"""
    arguments = [sys.executable, "-c", program, str(home / "audit.db"), str(tmp_path / "out")]
    assert subprocess.run(arguments, cwd=ROOT, check=False).returncode == -9
    left = [path.name for path in tmp_path.iterdir() if path.name != "home"]
    assert len(left) == 1
    assert left[0].startswith(".out.")


@pytest.mark.parametrize("there", [Path.touch, Path.mkdir, lambda out: out.symlink_to("nowhere")])
def test_nothing_is_ever_written_over(there: Callable[[Path], None], home: Path, tmp_path: Path) -> None:
    there(tmp_path / "out")
    with pytest.raises(AuditMismatch, match="exists already"):
        write(home / "audit.db", tmp_path / "out")


def test_a_log_without_a_checkpoint_is_not_exported(specimens: Any, tmp_path: Path) -> None:
    with pytest.raises(AuditMismatch, match="no checkpoint"):
        write(specimens[0].path, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("body", [b'{"a":1}\n{"b":2}', b"x" * 16385], ids=["two lines", "too long"])
def test_a_body_that_cannot_be_a_line_is_named_instead_of_written(
    body: bytes, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = SqliteSource.rows

    def rows(self: SqliteSource, start: int | None, count: int) -> list[source.Raw]:
        found = read(self, start, count)
        return [source.Raw(r.seq, r.prev, r.bh, r.link, body if r.seq == 4 else r.body, r.columns) for r in found]

    monkeypatch.setattr(SqliteSource, "rows", rows)
    with pytest.raises(AuditMismatch, match="record 4 cannot be exported"):
        write(home / "audit.db", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_export_is_private_to_whoever_made_it(home: Path, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write(home / "audit.db", tmp_path / "out")
    finally:
        os.umask(before)
    paths = [tmp_path / "out", *(tmp_path / "out").rglob("*")]
    assert {path.stat().st_mode & 0o777 for path in paths} == {0o700, 0o600}


def test_its_progress_ends_at_the_end(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 4)
    told: list[tuple[int, int]] = []
    write(home / "audit.db", tmp_path / "out", progress=lambda done, total: told.append((done, total)))
    assert told == [(4, 6), (6, 6)]


def test_its_record_is_one_that_the_log_takes(home: Path, tmp_path: Path, open_log: Any) -> None:
    made = write(home / "audit.db", tmp_path / "out")
    actor = {"kind": "system", "id": "command-line"}
    open_log("other").append_sync("audit.exported", {"actor": actor, **made.record()})
