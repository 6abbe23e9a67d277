"""What this version cannot go on with is refused in words that say what to do, and left as it was: another can."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from upgrades.homes import Old

from audit.log import AuditLog
from audit.place import Postgres
from audit.records import record

NEWER = {
    "the log": (
        "audit.db",
        "UPDATE alembic_version SET version_num = '0099'",
        "audit.db was written by a newer version",
    ),
    "the state": (
        "shared.db",
        "UPDATE revision SET number = 99",
        "are of a newer version; this server must be upgraded",
    ),
    "the keys": ("state.db", "PRAGMA user_version = 99", "state.db were written by a newer version"),
}
NEWER_SHARED = {
    "the log": ("UPDATE ringfence_audit.alembic_version SET version_num = 'p0099'", "was written by a newer version"),
    "the state": ("UPDATE ringfence_state.revision SET number = 99", "are of a newer version"),
}


def refused(old: Old) -> str:
    """Start a server that does not, and return what it says."""
    server = old.start(wait=False)
    assert server.process.wait(timeout=90) == 78
    server.stop()
    return server.log_path.read_text()


def rows(place: Postgres) -> list[Any]:
    """Return what a migration would change of a database: its tables, its triggers and the two numbers."""
    with psycopg.connect(place.url) as reader:
        found = reader.execute(
            "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema LIKE 'ringfence%' "
            "UNION SELECT event_object_table, trigger_name FROM information_schema.triggers ORDER BY 1, 2"
        ).fetchall()
        found += reader.execute("SELECT version_num FROM ringfence_audit.alembic_version").fetchall()
        if reader.execute("SELECT to_regnamespace('ringfence_state')").fetchone() != (None,):
            found += reader.execute("SELECT number FROM ringfence_state.revision").fetchall()
        return found + reader.execute("SELECT size, hash FROM ringfence_audit.head").fetchall()


@pytest.mark.parametrize("old", ["log3-state3-sqlite ended"], indirect=True)
@pytest.mark.parametrize("what", NEWER)
def test_a_file_of_a_newer_version_is_refused_and_not_changed(old: Old, what: str) -> None:
    name, bump, said = NEWER[what]
    with closing(sqlite3.connect(old.home / name, isolation_level=None)) as writer:
        writer.execute(bump)
    before = old.bytes()
    assert said in refused(old)
    after = old.bytes()
    assert after[name] == before[name]
    if what != "the keys":
        assert after == before, "nor is anything else"


@pytest.mark.parametrize("old", ["log3-state3-postgres ended"], indirect=True)
@pytest.mark.parametrize("what", NEWER_SHARED)
def test_a_database_of_a_newer_version_is_refused_by_server_and_command_and_not_changed(old: Old, what: str) -> None:
    assert isinstance(old.place, Postgres)
    bump, said = NEWER_SHARED[what]
    old.migrate()
    with psycopg.connect(old.place.url) as owner:
        owner.execute(bump)  # type: ignore[arg-type]
    before = rows(old.place)
    assert said in refused(old)
    asked = old.ringfence("audit", "migrate")
    assert asked.returncode != 0
    assert said in asked.stderr
    assert rows(old.place) == before


@pytest.mark.parametrize("old", ["log1-sqlite ended", "log3-state3-sqlite ended"], indirect=True)
def test_a_log_with_records_of_a_newer_version_is_refused_and_not_changed(
    old: Old, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newer version is this one with a further kind of record, which the log gets to know."""
    assert isinstance(old.place, Path)
    newer = {**record.REGISTRY, ("tea.served", 1): record._schema("tea.served", 1, record.Object({}))}
    with monkeypatch.context() as patch:
        for module in ("audit.records.record", "audit.records.introduced"):
            patch.setattr(f"{module}.REGISTRY", newer)
        log = AuditLog.open(old.place, keys=old.home / "keys", origin="ringfence.local/audit", deadline_s=10)
        log.close()
    before = old.bytes()
    assert "the log holds record schemas of a newer version; this server must be upgraded" in refused(old)
    assert old.bytes() == before


@pytest.mark.parametrize("old", ["log2-state2-sqlite ended"], indirect=True)
def test_a_log_of_record_schemas_that_were_never_released_is_left_to_the_version_that_wrote_it(old: Old) -> None:
    before = old.bytes()
    assert "go on with the version that wrote it" in refused(old)
    asked = old.ringfence("audit", "migrate")
    assert (asked.returncode, "go on with the version that wrote it" in asked.stderr) == (2, True)
    assert old.bytes() == before


@pytest.mark.parametrize("old", ["log2-state2-postgres ended"], indirect=True)
def test_a_database_with_such_a_log_is_left_to_that_version_as_well(old: Old) -> None:
    assert isinstance(old.place, Postgres)
    before = rows(old.place)
    asked = old.ringfence("audit", "migrate")
    assert (asked.returncode, "go on with the version that wrote it" in asked.stderr) == (2, True)
    assert rows(old.place) == before
