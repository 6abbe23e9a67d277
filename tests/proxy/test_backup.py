"""A backup has all that an installation lives on, of one moment, in files that nobody else can read, or is none."""

import secrets
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from attacks.fortress import small_disk
from databases import migrate
from harness import QUICK, StandIn, chat_body, ringfence, upstreams_file

from audit.backup.manifest import MANIFEST, require_whole
from audit.place import Postgres
from audit.sources.postgres import open_source
from audit.verification.verifier import verify
from proxy import admin
from proxy.backup import TABLES, back_up
from proxy.errors import ConfigurationError
from proxy.place import audit_place
from proxy.settings import Settings
from proxy.state.engines import SCHEMA

LEFT = {"revision", "bucket", "key_change"}
"""Which revision the tables are of; limits, which are of a minute; and a count of changes, for servers that run."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return those of a home with a log and two API keys, one of them revoked."""
    made = Settings(home=tmp_path / "home")
    admin.call(made, "key.create", app="crm", team="sales", role="app")
    gone = admin.call(made, "key.create", app="old", team="sales", role="app")
    admin.call(made, "key.revoke", key_id=gone["key"]["id"])
    return made


@pytest.fixture
def shared(database: Postgres, tmp_path: Path) -> Settings:
    """Return those of a home whose log is in PostgreSQL."""
    made = Settings(home=tmp_path / "home", audit_url=database.url)
    admin.call(made, "key.create", app="crm", team="sales", role="app")
    return made


def keys_in(path: Path) -> list[tuple[str, bool]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute("SELECT app, revoked IS NULL FROM api_key ORDER BY app").fetchall()


def test_a_backup_has_log_and_state_and_nothing_that_signs(settings: Settings, tmp_path: Path) -> None:
    made = back_up(settings, tmp_path / "copy")
    assert [one.name for one in made.manifest.files] == ["audit.db", "state.db"]
    assert require_whole(tmp_path / "copy", "data") == made.manifest
    report = verify(tmp_path / "copy" / "audit.db")
    assert (report.ok, report.size, report.head) == (True, made.manifest.size, made.manifest.hash)
    assert keys_in(tmp_path / "copy" / "state.db") == [("crm", 1), ("old", 0)]
    signing = (settings.home / "keys" / "audit-signing.key").read_bytes().strip()
    for path in (tmp_path / "copy").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
        assert signing not in path.read_bytes()
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o700


def test_the_keys_go_where_they_are_told_to_and_are_the_same(settings: Settings, tmp_path: Path) -> None:
    made = back_up(settings, tmp_path / "copy", tmp_path / "keys")
    manifest = require_whole(tmp_path / "keys", "keys")
    assert manifest.log_id == made.manifest.log_id
    assert [one.name for one in manifest.files] == sorted(path.name for path in (settings.home / "keys").iterdir())
    for one in manifest.files:
        copied, own = (folder / one.name for folder in (tmp_path / "keys", settings.home / "keys"))
        assert copied.read_bytes() == own.read_bytes()
        assert copied.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["copy", "copy/keys", "."])
def test_keys_are_not_put_with_the_log(settings: Settings, tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="whoever holds both can forge the log"):
        back_up(settings, tmp_path / "copy", tmp_path / name)
    assert not (tmp_path / "copy").exists()


def test_nothing_is_written_into_a_folder_with_anything_in_it(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    back_up(settings, tmp_path / "copy")
    before = (tmp_path / "copy" / MANIFEST).read_bytes()
    for keys in (None, tmp_path / "keys"):
        with pytest.raises(ConfigurationError, match="is not empty"):
            back_up(settings, tmp_path / "copy", keys)
    with pytest.raises(ConfigurationError, match="is not empty"):
        back_up(settings, tmp_path / "other", tmp_path / "copy")
    assert (tmp_path / "copy" / MANIFEST).read_bytes() == before
    assert not (tmp_path / "other").exists()
    assert not (tmp_path / "keys").exists()


def test_where_there_is_no_log_there_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="There is no audit log at"):
        back_up(Settings(home=tmp_path / "home"), tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_target_that_cannot_be_written_is_named(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="file/copy cannot be written: Not a directory"):
        back_up(settings, tmp_path / "file" / "copy")


def test_a_target_that_is_full_leaves_no_backup_and_says_so(settings: Settings, tmp_path: Path) -> None:
    target = tmp_path / "small"
    with small_disk(target, "128k"):
        if not target.is_mount():
            pytest.skip("mounting a small file system takes root")
        (target / "filler").write_bytes(b"x" * 60_000)
        with pytest.raises(ConfigurationError, match=r"cannot be copied to .* \(full\)"):
            back_up(settings, target / "copy")
        assert [path.name for path in target.iterdir()] == ["filler"]
        (target / "filler").unlink()
        small = Settings(home=settings.home)
        (settings.home / "state.db").unlink()
        assert back_up(small, target / "copy").manifest.size > 0


def test_what_the_spool_holds_is_said_to_be_missing(settings: Settings, tmp_path: Path) -> None:
    assert back_up(settings, tmp_path / "one").spooled == 0
    (settings.home / "spool").mkdir()
    (settings.home / "spool" / "spool-1").write_bytes(b"a line\n")
    assert back_up(settings, tmp_path / "two").spooled == 1


def test_a_log_in_postgresql_becomes_the_same_files(shared: Settings, tmp_path: Path) -> None:
    made = back_up(shared, tmp_path / "copy", tmp_path / "keys")
    assert [one.name for one in made.manifest.files] == ["audit.db", "shared.db", "state.db"]
    assert require_whole(tmp_path / "copy", "data") == made.manifest
    assert keys_in(tmp_path / "copy" / "state.db") == [("crm", 1)]
    assert verify(tmp_path / "copy" / "audit.db").head == made.manifest.hash
    with closing(open_source(audit_place(shared))) as source:
        assert source.claim().hash.hex() == made.manifest.hash


def test_whoever_may_write_the_log_may_copy_it(shared: Settings, tmp_path: Path) -> None:
    name, url = f"ringfence_test_{secrets.token_hex(6)}", str(shared.audit_url)
    parts = urlsplit(url)
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {name} LOGIN IN ROLE ringfence_writer")
        try:
            server = parts._replace(netloc=f"{name}@{parts.hostname}:{parts.port}").geturl()
            assert back_up(Settings(home=shared.home, audit_url=server), tmp_path / "copy").manifest.size
        finally:
            owner.execute(f"DROP ROLE {name}")


def test_every_table_of_the_state_is_copied_or_left_for_a_reason(database: Postgres) -> None:
    query = "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r'"
    with psycopg.connect(database.url) as connection:
        found = {name for (name,) in connection.execute(query, (SCHEMA,))}
    assert found == LEFT.union(*TABLES.values())


def test_a_database_of_an_older_version_is_upgraded_first(empty_database: Postgres, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", audit_url=empty_database.url)
    with pytest.raises(ConfigurationError, match="create it with `ringfence audit migrate`"):
        back_up(settings, tmp_path / "copy")
    migrate(empty_database)
    with pytest.raises(ConfigurationError, match=r"cannot be copied to .* \(corrupt\)"):  # no log was begun in it
        back_up(settings, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_backup_of_a_server_under_load_is_of_one_moment_and_its_keys_are_those_that_the_log_granted(
    tmp_path: Path, cloud: StandIn
) -> None:
    upstreams = upstreams_file(tmp_path / "upstreams.yaml", cloud, None)
    with ringfence(tmp_path / "home", upstreams, **QUICK) as server, server.client() as client:
        assert client.post("/v1/chat/completions", json=chat_body()).status_code == 200
        made = back_up(server.settings, tmp_path / "copy")
        assert client.post("/v1/chat/completions", json=chat_body()).status_code == 200
    assert [one.name for one in made.manifest.files] == ["audit.db", "shared.db", "state.db"]
    assert verify(tmp_path / "copy" / "audit.db").size == made.manifest.size
