"""Connections are what the log relies on, or there are none."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from audit.errors import AuditMismatch, AuditUnavailable
from audit.stores import sqlite as audit_sqlite
from audit.stores.sqlite import open_reader, open_writer, require_local


@pytest.fixture
def path(specimens: Any, tmp_path: Path) -> Path:
    return specimens[0].copy(tmp_path)  # type: ignore[no-any-return]


def test_every_setting_of_the_writer_is_in_force(path: Path) -> None:
    with closing(open_writer(path, 1234)) as connection:
        found = {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "recursive_triggers", "foreign_keys", "trusted_schema")
        }
        assert found == {
            "journal_mode": "wal",
            "synchronous": 2,
            "recursive_triggers": 1,
            "foreign_keys": 1,
            "trusted_schema": 0,
        }
        assert connection.execute("PRAGMA busy_timeout").fetchone()[0] == 1234


def test_a_setting_that_does_not_take_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_sqlite, "PRAGMAS", (("synchronous", "NORMAL", 2),))
    with pytest.raises(AuditMismatch, match="synchronous is 1, not 2"):
        open_writer(path, 100)


def test_a_reader_cannot_write(path: Path) -> None:
    with closing(open_reader(path)) as connection, pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DROP TABLE record_label")


@pytest.mark.parametrize("opener", [lambda path: open_writer(path, 100), open_reader])
def test_what_is_no_database_is_refused(opener: Any, tmp_path: Path) -> None:
    with pytest.raises(AuditUnavailable, match="io"):
        opener(tmp_path / "none.db")
    (tmp_path / "text.db").write_text("not a database, but long enough to look at" * 100)
    with pytest.raises(AuditUnavailable, match="corrupt"):
        opener(tmp_path / "text.db")


def test_a_network_file_system_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = f"/dev/root / ext4 rw 0 0\nserver:/export {path.parent} nfs4 rw 0 0\n"
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: mounts)
    with pytest.raises(AuditMismatch, match="nfs4"):
        require_local(path)
    require_local(Path("/elsewhere/audit.db"))
