"""First starts, interrupted ones, and logs whose parts do not belong together."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from audit import keys as key_files
from audit import opening
from audit.errors import AuditMismatch, AuditUnavailable
from audit.log import AuditLog
from audit.records import record
from audit.verification.verifier import verify


def test_a_log_without_its_keys_is_refused_and_so_are_keys_without_their_log(open_log: Any, tmp_path: Path) -> None:
    open_log().close()
    home = tmp_path / "home"
    (home / "keys").rename(home / "away")
    with pytest.raises(AuditMismatch, match="its keys"):
        open_log()
    (home / "away").rename(home / "keys")
    (home / "audit.db").rename(home / "away.db")
    with pytest.raises(AuditMismatch, match="their log"):
        open_log()
    assert not (home / "audit.db").exists()
    (home / "away.db").rename(home / "audit.db")
    open_log().close()
    assert verify(home / "audit.db").ok


def test_another_logs_keys_are_refused(open_log: Any, tmp_path: Path) -> None:
    open_log("one").close()
    open_log("two").close()
    shutil.rmtree(tmp_path / "one" / "keys")
    shutil.copytree(tmp_path / "two" / "keys", tmp_path / "one" / "keys")
    with pytest.raises(AuditMismatch, match="signing key"):
        open_log("one")


def test_another_origin_is_refused(open_log: Any) -> None:
    open_log().close()
    with pytest.raises(AuditMismatch, match="origin"):
        open_log(origin="other.example/audit")


@pytest.mark.parametrize("step", ["migrate_sqlite", "_create"])
def test_a_first_start_that_was_cut_off_is_resumed(
    step: str,
    open_log: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def cut(_: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(opening, step, cut)
        with pytest.raises(KeyboardInterrupt):
            open_log()
    assert key_files.unfinished(tmp_path / "home" / "keys")
    open_log().close()
    assert not key_files.unfinished(tmp_path / "home" / "keys")
    assert verify(tmp_path / "home" / "audit.db").ok


def test_a_first_start_cut_off_inside_its_first_transaction_is_resumed(open_log: Any, tmp_path: Path) -> None:
    home, writing = tmp_path / "home", tmp_path / "writing.db"
    key_files.create(home / "keys", "log.example/audit")
    with closing(sqlite3.connect(writing, isolation_level=None)) as connection:
        for statement in ("PRAGMA cache_size = 1", "BEGIN IMMEDIATE", "CREATE TABLE head (size)"):
            connection.execute(statement)
        connection.executemany("INSERT INTO head VALUES (zeroblob(?))", [(3000,)] * 50)
        for suffix in ("", "-journal"):  # as they are on the disk now
            shutil.copy(f"{writing}{suffix}", home / f"audit.db{suffix}")
    assert (home / "audit.db").stat().st_size > 0
    assert (home / "audit.db-journal").stat().st_size > 0
    open_log().close()
    assert verify(home / "audit.db").ok


def test_a_file_that_cannot_be_made_is_a_refusal_that_names_it(open_log: Any, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder")
    with pytest.raises(AuditMismatch, match="home"):
        open_log()


@pytest.mark.parametrize("before", [True, False])
def test_a_first_start_cut_off_around_its_genesis_is_resumed(
    before: bool,
    open_log: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    genesis = AuditLog._genesis

    def cut(log: AuditLog, origin: str) -> None:
        if not before:
            genesis(log, origin)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(AuditLog, "_genesis", cut)
        with pytest.raises(KeyboardInterrupt):
            open_log()
    open_log().close()
    assert verify(tmp_path / "home" / "audit.db").ok


def test_a_damaged_tail_is_not_built_upon(open_log: Any, decision: Any) -> None:
    log = open_log()
    log.append_sync("route.decision", decision())
    log.close()
    with closing(sqlite3.connect(log.place)) as other, other:
        other.execute("DROP TRIGGER head_only_grows")
        other.execute("UPDATE head SET size = size - 1")
    with pytest.raises(AuditUnavailable, match="corrupt"):
        open_log()


def test_a_newer_schema_of_the_database_is_refused(open_log: Any) -> None:
    log = open_log()
    log.close()
    with closing(sqlite3.connect(log.place)) as other, other:
        other.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(AuditMismatch, match="newer"):
        open_log()


def test_schemas_that_are_new_to_a_log_are_introduced_on_it(open_log: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    newest = dict(record.REGISTRY)
    old = dict(list(newest.items())[:-2])
    for module in ("audit.records.record", "audit.records.introduced", "audit.verification.checks"):
        monkeypatch.setattr(f"{module}.REGISTRY", old)
    with monkeypatch.context() as patch:
        patch.setattr("audit.log.registry_sha256", lambda: record.registry_sha256(len(old)))
        log = open_log()
        log.close()
    for module in ("audit.records.record", "audit.records.introduced", "audit.verification.checks"):
        monkeypatch.setattr(f"{module}.REGISTRY", newest)
    for _ in range(2):
        open_log().close()
    with closing(sqlite3.connect(log.place)) as connection:
        query = "SELECT body FROM record WHERE kind = 'schema.introduced' ORDER BY seq"
        introduced = [json.loads(body) for (body,) in connection.execute(query)]
    assert [(body["schema_kind"], body["schema_v"]) for body in introduced] == list(newest)[-2:]
    assert verify(log.place).ok
