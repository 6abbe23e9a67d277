"""The schema comes from versioned migrations, each whole or not at all."""

import re
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from alembic.script import ScriptDirectory

from audit.errors import AuditMismatch, AuditUnavailable
from audit.place import Postgres
from audit.stores import migrate, roles
from audit.stores.migrate import migrate_postgres, migrate_sqlite, require_current
from audit.stores.migrations.versions import r0001_first
from audit.stores.migrations.versions_postgres import p0001_first


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


def test_a_file_of_the_newest_schema_is_opened_without_what_migrates(tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from audit.stores.migrate import migrate_sqlite
migrate_sqlite(Path({str(tmp_path / "audit.db")!r}))
print({{"alembic", "sqlalchemy"}} & set(sys.modules))
"""
    said = [subprocess.run([sys.executable, "-c", program], check=True, capture_output=True).stdout for _ in range(2)]
    assert b"alembic" in said[0]  # or this would not show anything
    assert said[1] == b"set()\n"


def test_a_database_of_the_newest_schema_is_found_good_without_what_migrates(database: Postgres) -> None:
    migrate_postgres(database)
    program = f"""
import sys
from audit.place import place_of
from audit.stores.migrate import require_current
require_current(place_of({database.url!r}), 10)
print({{"alembic", "sqlalchemy"}} & set(sys.modules))
"""
    assert subprocess.run([sys.executable, "-c", program], check=True, capture_output=True).stdout == b"set()\n"


@pytest.mark.parametrize("schema", [None, "any"])
def test_files_are_named_by_their_revisions(schema: str | None) -> None:
    scripts = ScriptDirectory.from_config(migrate._config(schema))
    known = [script.revision for script in scripts.walk_revisions()]
    assert migrate.revisions(schema) == known[::-1]
    assert migrate.revisions(schema)[-1] == scripts.get_current_head()


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
    monkeypatch.setattr(migrate, "FOLDER", copy / "migrations")
    with pytest.raises(AuditUnavailable) as caught:
        migrate_sqlite(path)
    assert "NONSENSE" in str(caught.value.__cause__)
    assert objects(path) == set()


def test_there_is_no_way_back() -> None:
    for revision in (r0001_first, p0001_first):
        with pytest.raises(NotImplementedError):
            revision.downgrade()


def test_a_database_is_refused_until_it_was_migrated_and_each_refusal_says_what_to_do(empty_database: Postgres) -> None:
    with pytest.raises(AuditMismatch, match="create it with `ringfence audit migrate`"):
        require_current(empty_database, 5.0)
    assert migrate_postgres(empty_database) == []
    require_current(empty_database, 5.0)
    with psycopg.connect(empty_database.url, autocommit=True) as owner:
        owner.execute("UPDATE ringfence_audit.alembic_version SET version_num = '9999'")
    with pytest.raises(AuditMismatch, match="newer version"):
        require_current(empty_database, 5.0)
    with pytest.raises(AuditMismatch, match="newer version"):
        migrate_postgres(empty_database)


def test_an_older_database_is_refused_until_it_was_upgraded(
    empty_database: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate_postgres(empty_database)
    source = Path(migrate.__file__).parent / "migrations"
    copy = tmp_path / "package"
    shutil.copytree(source, copy / "migrations")
    last = max((source / "versions_postgres").glob("p*.py")).read_text()
    (head,) = re.findall(r'^revision = "(p\d+)"', last, re.MULTILINE)
    next_one = f"""
from alembic import op
revision, down_revision = "p9998", "{head}"
def upgrade(): op.execute("CREATE TABLE ringfence_audit.added (x int)")
"""
    (copy / "migrations" / "versions_postgres" / "p9998_next.py").write_text(next_one)
    monkeypatch.setattr(migrate, "FOLDER", copy / "migrations")
    with pytest.raises(AuditMismatch, match="older version; upgrade it with `ringfence audit migrate`"):
        require_current(empty_database, 5.0)
    migrate_postgres(empty_database)
    require_current(empty_database, 5.0)


def test_a_migration_of_a_database_that_fails_leaves_nothing(
    empty_database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> list[str]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(roles, "arrange", broken)
        with pytest.raises(KeyboardInterrupt):
            migrate_postgres(empty_database)
    with psycopg.connect(empty_database.url, autocommit=True) as owner:
        assert owner.execute("SELECT to_regnamespace('ringfence_audit')").fetchone() == (None,)


def test_two_who_migrate_at_once_do_it_once(empty_database: Postgres) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(migrate_postgres, [empty_database] * 4)) == [[]] * 4
    require_current(empty_database, 5.0)
