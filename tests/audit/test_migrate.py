"""The schema comes from versioned migrations, each whole or not at all."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from audit import migrate
from audit.migrate import migrate_sqlite
from audit.migrations.versions import r0001_first


def objects(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}


def test_a_new_file_gets_the_newest_schema_and_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "audit.db"
    migrate_sqlite(path)
    made = objects(path)
    assert {"record", "record_label", "head", "bundle_text", "record_no_replace", "head_only_grows"} <= made
    migrate_sqlite(path)
    assert objects(path) == made


def test_a_migration_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "audit.db"
    source = Path(migrate.__file__).parent / "migrations"
    copy = tmp_path / "package"
    (copy / "migrations" / "versions").mkdir(parents=True)
    (copy / "migrations" / "env.py").write_text((source / "env.py").read_text())
    text = (source / "versions" / "r0001_first.py").read_text()
    broken = text.replace("def downgrade", '    op.execute("CREATE NONSENSE")\n\n\ndef downgrade')
    assert broken != text
    (copy / "migrations" / "versions" / "r0001_first.py").write_text(broken)
    monkeypatch.setattr(migrate, "__file__", str(copy / "migrate.py"))
    with pytest.raises(Exception, match="NONSENSE"):
        migrate_sqlite(path)
    assert objects(path) == set()


def test_there_is_no_way_back() -> None:
    with pytest.raises(NotImplementedError):
        r0001_first.downgrade()
