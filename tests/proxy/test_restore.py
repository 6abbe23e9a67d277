"""A backup becomes an installation where none is, all of it or nothing, and nothing that is known is forgotten."""

import fcntl
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from databases import new_database

from audit.access import Records
from audit.backup.manifest import MANIFEST, Manifest, listed, require_whole
from audit.errors import AuditMismatch
from audit.incidents import RESTORED, still_open
from audit.place import Place, Postgres
from audit.sources.postgres import open_source
from audit.verification.verifier import verify, verify_source
from proxy import admin
from proxy import restore as module
from proxy.backup import back_up
from proxy.errors import ConfigurationError
from proxy.identity import KeyStore
from proxy.restore import restore
from proxy.settings import Settings
from proxy.state.keys import keys_place


class Installation:
    """A home with a log and keys, and a backup of both."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.folder = folder
        self.settings = Settings(home=folder / "home", audit_url=url)
        self.active = self.key("crm")
        self.revoked = self.key("old")
        self.revoke("old")
        back_up(self.settings, self.copy, self.keys)

    @property
    def copy(self) -> Path:
        return self.folder / "copy"

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    def key(self, app: str) -> str:
        return str(admin.call(self.settings, "key.create", app=app, team="sales", role="app")["secret"])

    def revoke(self, app: str) -> None:
        (row,) = [one for one in admin.call(self.settings, "key.list")["keys"] if one["app"] == app]
        admin.call(self.settings, "key.revoke", key_id=row["id"])

    def lets_in(self, settings: Settings, secret: str) -> bool:
        """Whether a server lets a caller in, once it has started."""
        audit = admin.open_log(settings)
        try:
            with closing(KeyStore(keys_place(settings))) as keys:
                admin.Admin(audit, keys).repair(settings.home)
                return keys.authenticate(secret) is not None
        finally:
            audit.close()


@pytest.fixture
def made(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


@pytest.fixture
def new(tmp_path: Path) -> Settings:
    """Return the settings of another machine."""
    return Settings(home=tmp_path / "new")


def assert_restored(place: Place, manifest: Manifest) -> None:
    with closing(open_source(place)) as source:
        assert verify_source(source).ok
    (incident,) = still_open(Records(place))
    assert (incident.body["what"], incident.body["from_seq"]) == (RESTORED, manifest.size)


def files_in(home: Path) -> set[str]:
    return {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}


def test_a_backup_becomes_a_home_with_its_log_its_keys_and_its_state(made: Installation, new: Settings) -> None:
    done = restore(new, made.copy, made.keys)
    assert_restored(new.home / "audit.db", done.manifest)
    assert made.lets_in(new, made.active)
    assert not made.lets_in(new, made.revoked)
    assert {path.name for path in new.home.iterdir()} >= {"audit-head.json", "audit.db", "keys", "state.db"}
    for path in new.home.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
    assert not [path for path in new.home.iterdir() if "restoring" in path.name]


def test_without_the_keys_nothing_is_restored(made: Installation, new: Settings) -> None:
    with pytest.raises(ConfigurationError, match="keys holds no keys: name the folder that --keys-to made"):
        restore(new, made.copy)
    assert not (new.home / "audit.db").exists()


def test_a_home_that_has_the_keys_needs_no_others(made: Installation, new: Settings) -> None:
    shutil.copytree(made.settings.home / "keys", new.home / "keys")
    restore(new, made.copy)
    assert made.lets_in(new, made.active)


def test_the_keys_of_another_log_are_refused(made: Installation, new: Settings, tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    other = Installation(tmp_path / "second")
    with pytest.raises(ConfigurationError, match="holds the keys of another log"):
        restore(new, made.copy, other.keys)
    shutil.copytree(other.settings.home / "keys", new.home / "keys")
    with pytest.raises(ConfigurationError, match="not the one that the log's genesis names"):
        restore(new, made.copy)
    with pytest.raises(ConfigurationError, match=r"audit-fingerprint\.key is in the way"):
        restore(new, made.copy, made.keys)
    assert files_in(new.home) <= {
        "audit.db.lock",
        "signer/lock",
        *(f"keys/{path.name}" for path in other.keys.iterdir()),
    }


def test_another_origin_is_refused(made: Installation, tmp_path: Path) -> None:
    new = Settings(home=tmp_path / "new", origin="log.example/other")
    with pytest.raises(ConfigurationError, match="another origin"):
        restore(new, made.copy, made.keys)


@pytest.mark.parametrize("name", ["audit.db", "audit.db-wal", "audit.db-journal"])
def test_a_log_that_is_there_is_never_replaced(made: Installation, new: Settings, name: str) -> None:
    new.home.mkdir()
    (new.home / name).touch()
    with pytest.raises(ConfigurationError, match=f"{name} is there: a restore replaces no log"):
        restore(new, made.copy, made.keys)
    assert (new.home / name).read_bytes() == b""


@pytest.mark.parametrize("name", ["state.db", "state.db-wal"])
def test_the_state_of_somebody_else_is_in_the_way(made: Installation, new: Settings, name: str) -> None:
    new.home.mkdir()
    (new.home / name).write_bytes(b"other")
    with pytest.raises(ConfigurationError, match=f"{name} is in the way"):
        restore(new, made.copy, made.keys)
    assert files_in(new.home) <= {name, "audit.db.lock", "signer/lock"}


def test_a_home_that_lost_its_log_alone_keeps_its_own_newer_state(made: Installation) -> None:
    made.revoke("crm")
    for path in made.settings.home.glob("audit.db*"):
        path.unlink()
    done = restore(made.settings, made.copy)
    assert done.stays == {"state.db"}
    with closing(KeyStore(made.settings.home / "state.db")) as keys:
        assert keys.authenticate(made.active) is None  # the copy says otherwise


def test_what_the_home_saw_of_its_log_stays_and_refuses_the_copy(made: Installation) -> None:
    for n in range(5):
        made.key(f"later-{n}")
    seen = (made.settings.home / "audit-head.json").read_bytes()
    for path in made.settings.home.glob("audit.db*"):
        path.unlink()
    restore(made.settings, made.copy)
    assert (made.settings.home / "audit-head.json").read_bytes() == seen
    with pytest.raises(AuditMismatch, match="STORE_BEHIND"):
        admin.open_log(made.settings)


def test_a_revocation_that_the_log_knows_is_not_undone_by_a_state_that_was_copied_before(
    made: Installation, new: Settings, tmp_path: Path
) -> None:
    """Between the copy of the state and that of the log, somebody revoked a key."""
    old = (made.copy / "state.db").read_bytes()
    made.revoke("crm")
    later = back_up(made.settings, tmp_path / "later").manifest
    (tmp_path / "later" / "state.db").write_bytes(old)
    files = tuple(listed(tmp_path / "later" / one.name) for one in later.files)
    Manifest("data", later.log_id, later.size, later.hash, later.time, later.version, files).write(tmp_path / "later")
    restore(new, tmp_path / "later", made.keys)
    with closing(KeyStore(new.home / "state.db")) as keys:
        assert keys.authenticate(made.active) is not None  # or this would show nothing
    assert not made.lets_in(new, made.active)


@pytest.mark.parametrize("held", ["audit.db.lock", "signer/lock"])
def test_a_home_in_which_a_server_or_signer_runs_is_refused(made: Installation, new: Settings, held: str) -> None:
    path = new.home / held
    path.parent.mkdir(parents=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(ConfigurationError, match="A server or signer runs here"):
            restore(new, made.copy, made.keys)
    restore(new, made.copy, made.keys)


def bits(folder: Path) -> list[tuple[str, int]]:
    """Return a place in each part of each file."""
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    return [(name, at) for name, size in sorted(sizes.items()) for at in sorted({0, size // 3, size // 2, size - 1})]


@pytest.mark.parametrize("which", ["copy", "keys"])
def test_one_bit_in_any_file_of_a_backup_is_enough_to_refuse_it(made: Installation, new: Settings, which: str) -> None:
    folder: Path = getattr(made, which)
    for name, at in bits(folder):
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises(ConfigurationError):
            restore(new, made.copy, made.keys)
        assert files_in(new.home) <= {"audit.db.lock", "signer/lock"}, name if new.home.exists() else ""
        (folder / name).write_bytes(content)
    restore(new, made.copy, made.keys)  # or something else would be the reason


def test_a_forged_log_with_a_manifest_that_agrees_is_refused_all_the_same(made: Installation, new: Settings) -> None:
    with closing(sqlite3.connect(made.copy / "audit.db")) as connection, connection:
        connection.execute("DROP TRIGGER record_no_update")
        connection.execute("UPDATE record SET app = 'other' WHERE seq = (SELECT max(seq) FROM record)")
    agree(made.copy)
    with pytest.raises(ConfigurationError, match=r"does not verify \([A-Z_]+ at record"):
        restore(new, made.copy, made.keys)


def test_a_backup_without_a_log_is_none(made: Installation, new: Settings) -> None:
    (made.copy / "audit.db").unlink()
    agree(made.copy)
    with pytest.raises(ConfigurationError, match="its files are not those of a backup"):
        restore(new, made.copy, made.keys)


def agree(folder: Path) -> None:
    """Make a manifest say what lies there, as whoever may write it can."""
    old = Manifest.decode((folder / MANIFEST).read_bytes())
    files = tuple(listed(path) for path in sorted(folder.iterdir()) if path.name != MANIFEST)
    Manifest(old.kind, old.log_id, old.size, old.hash, old.time, old.version, files).write(folder)


def test_a_log_elsewhere_than_in_the_home_is_restored_there(made: Installation, tmp_path: Path) -> None:
    new = Settings(home=tmp_path / "new", audit_url=f"sqlite:///{tmp_path}/elsewhere/log.db")
    done = restore(new, made.copy, made.keys)
    assert_restored(tmp_path / "elsewhere" / "log.db", done.manifest)
    assert made.lets_in(new, made.active)


def test_a_log_in_postgresql_is_restored_to_an_empty_database_with_all_that_servers_share(
    database: Postgres, tmp_path: Path, postgres_server: str
) -> None:
    made = Installation(tmp_path, database.url)
    with new_database(postgres_server) as place:
        new = Settings(home=tmp_path / "new", audit_url=place.url)
        done = restore(new, made.copy, made.keys)
        assert_restored(place, done.manifest)
        assert made.lets_in(new, made.active)
        assert not made.lets_in(new, made.revoked)
        for home in ("new", "third"):
            with pytest.raises(ConfigurationError, match="is not empty: a restore replaces nothing"):
                restore(Settings(home=tmp_path / home, audit_url=place.url), made.copy, made.keys)


def test_a_restore_to_postgresql_that_fails_leaves_no_log_and_can_be_run_again(
    database: Postgres, tmp_path: Path, postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Installation(tmp_path, database.url)
    move = module.transfer.from_file

    def fails(*_: object) -> None:
        raise AuditMismatch("the machine goes down")

    with new_database(postgres_server) as place:
        new = Settings(home=tmp_path / "new", audit_url=place.url)
        monkeypatch.setattr(module.transfer, "from_file", fails)
        with pytest.raises(ConfigurationError, match="the machine goes down"):
            restore(new, made.copy, made.keys)
        with pytest.raises(ConfigurationError, match=r"the keys in .* exist, but their log"):
            admin.call(new, "key.list")  # nobody begins another log meanwhile
        monkeypatch.setattr(module.transfer, "from_file", move)
        restore(new, made.copy, made.keys)
        assert made.lets_in(new, made.active)


def test_a_backup_of_files_can_go_on_in_postgresql(made: Installation, tmp_path: Path, postgres_server: str) -> None:
    with new_database(postgres_server) as place:
        new = Settings(home=tmp_path / "new", audit_url=place.url)
        done = restore(new, made.copy, made.keys)
        assert_restored(place, done.manifest)
        assert made.lets_in(new, made.active)


def test_a_manifest_is_judged_before_anything_is_made(new: Settings, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is not a folder"):
        restore(new, tmp_path / "nowhere")
    assert not new.home.exists()


def test_a_restored_log_can_be_backed_up_and_restored_again(made: Installation, new: Settings, tmp_path: Path) -> None:
    restore(new, made.copy, made.keys)
    back_up(new, tmp_path / "second")
    assert require_whole(tmp_path / "second", "data").size > require_whole(made.copy, "data").size
    restore(Settings(home=tmp_path / "third"), tmp_path / "second", made.keys)
    assert verify(tmp_path / "third" / "audit.db").ok
