"""A copy is of one moment, though others write; and it takes a place only where nothing else is."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from audit.backup.copying import copy_database, copy_file, is_there, settle
from audit.backup.manifest import Listed, listed
from audit.errors import AuditMismatch, AuditUnavailable
from audit.log import AuditLog
from audit.verification.verifier import verify


def test_a_log_is_copied_as_it_is_while_it_is_written(tmp_path: Path, open_log: Any) -> None:
    log: AuditLog = open_log()
    copies = []
    for n in range(20):
        log.append_sync("control.tested", {"control": f"c{n}", "passed": True})
        copies.append(tmp_path / f"{n}.db")
        copy_database(tmp_path / "home" / "audit.db", copies[-1])
    sizes = [verify(copy).size for copy in copies]
    assert all(verify(copy).ok for copy in copies)
    assert sizes == list(range(sizes[0], sizes[0] + 20))
    assert copies[0].stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.glob("*.db*")) == sorted(copy.name for copy in copies)


def test_a_copy_needs_no_files_beside_it_and_reading_it_makes_none(tmp_path: Path, open_log: Any) -> None:
    open_log()
    copy_database(tmp_path / "home" / "audit.db", tmp_path / "copy.db")
    assert verify(tmp_path / "copy.db").ok
    assert [path.name for path in tmp_path.glob("copy*")] == ["copy.db"]


def test_what_is_no_database_is_not_copied(tmp_path: Path) -> None:
    (tmp_path / "audit.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(AuditUnavailable, match="corrupt"):
        copy_database(tmp_path / "audit.db", tmp_path / "copy.db")
    with pytest.raises(AuditUnavailable):
        copy_database(tmp_path / "nowhere.db", tmp_path / "other.db")


def test_a_file_that_somebody_has_open_is_not_settled(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path, timeout=0)) as other:
        other.executescript("PRAGMA journal_mode=WAL; CREATE TABLE a (b); BEGIN; INSERT INTO a VALUES (1)")
        with pytest.raises((AuditMismatch, AuditUnavailable)):
            settle(path)


@pytest.fixture
def one(tmp_path: Path) -> Listed:
    (tmp_path / "from").mkdir()
    (tmp_path / "from" / "state.db").write_bytes(b"keys")
    return listed(tmp_path / "from" / "state.db")


def test_a_file_is_put_where_none_is_and_once_is_enough(tmp_path: Path, one: Listed) -> None:
    to = tmp_path / "home" / "state.db"
    for _ in range(2):
        copy_file(tmp_path / "from", one, to)
    assert to.read_bytes() == b"keys"
    assert to.stat().st_mode & 0o777 == 0o600
    assert list(to.parent.iterdir()) == [to]


@pytest.mark.parametrize("name", ["state.db", "state.db-wal", "state.db-journal"])
def test_nothing_is_put_over_or_beside_what_is_there(tmp_path: Path, one: Listed, name: str) -> None:
    (tmp_path / name).write_bytes(b"other")
    with pytest.raises(AuditMismatch, match=f"{name} is in the way"):
        copy_file(tmp_path / "from", one, tmp_path / "state.db")
    assert (tmp_path / name).read_bytes() == b"other"


def test_a_link_is_in_the_way_wherever_it_leads(tmp_path: Path, one: Listed) -> None:
    (tmp_path / "state.db").symlink_to(tmp_path / "from" / "state.db")
    with pytest.raises(AuditMismatch, match=r"state\.db cannot be read"):
        is_there(one, tmp_path / "state.db")


def test_what_changed_since_it_was_judged_is_not_copied(tmp_path: Path, one: Listed) -> None:
    (tmp_path / "from" / "state.db").write_bytes(b"kezs")
    with pytest.raises(AuditMismatch, match="is damaged"):
        copy_file(tmp_path / "from", one, tmp_path / "state.db")
    assert [path.name for path in tmp_path.iterdir()] == ["from"]


def test_what_sqlite_left_beside_a_file_goes_for_a_backup_that_has_more_files_is_none(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE one (two)")
    left = [tmp_path / f"state.db{more}" for more in ("-wal", "-shm")]
    for each in left:
        each.touch()
    settle(path)
    assert list(tmp_path.iterdir()) == [path]
