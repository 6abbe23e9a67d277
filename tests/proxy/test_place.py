"""The log is a file in the home, unless a URL says where else, and so is its spool."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from audit.errors import REASONS, AuditError, AuditUnavailable
from audit.spool.spool import MAX_BYTES, SpoolPlan
from proxy.admin import open_log
from proxy.errors import ConfigurationError
from proxy.place import audit_place, given_place, spool_plan, unopened
from proxy.settings import Settings


def test_the_log_is_a_file_in_the_home_or_where_the_url_says(tmp_path: Path) -> None:
    assert audit_place(Settings(home=tmp_path)) == tmp_path / "audit.db"
    assert audit_place(Settings(home=tmp_path, audit_url="sqlite:////srv/audit.db")) == Path("/srv/audit.db")
    shared = Settings(home=tmp_path, audit_url="postgresql://jane:hunter2@db.example/logs")
    assert str(audit_place(shared)) == "postgresql://db.example/logs"


def test_a_url_that_cannot_be_read_is_a_fault_of_the_settings(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="setting audit_url: the URL") as refused:
        audit_place(Settings(home=tmp_path, audit_url="postgresql://[jane:hunter2@db.example/logs"))
    assert "hunter2" not in refused.value.message


def test_an_option_that_cannot_be_read_is_named_instead() -> None:
    assert given_place("copy.db") == Path("copy.db")
    with pytest.raises(ConfigurationError, match="--db: a log is named by a file"):
        given_place("mysql://db.example/logs")


def test_the_spool_is_in_the_home_and_closed_unless_the_settings_say_otherwise(tmp_path: Path) -> None:
    assert spool_plan(Settings(home=tmp_path)) == SpoolPlan(tmp_path / "spool", always=False, max_bytes=MAX_BYTES)
    chosen = Settings(
        home=tmp_path, audit_on_unavailable="spool_local", audit_spool=Path("/other"), audit_spool_max_bytes=2**20
    )
    assert spool_plan(chosen) == SpoolPlan(Path("/other"), always=True, max_bytes=2**20)


def test_there_is_no_way_to_spool_for_vendors(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="audit_on_unavailable"):
        Settings.model_validate({"home": tmp_path, "audit_on_unavailable": "spool_all"})


NOBODY = 65534


@contextmanager
def as_somebody_else() -> Iterator[None]:
    """Do without root's right to read and write everything."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def begun() -> Iterator[Settings]:
    """A home that belongs to somebody who is not root, with a log in it."""
    with tempfile.TemporaryDirectory(prefix="ringfence-") as folder:
        home = Path(folder)
        settings = Settings(home=home)
        open_log(settings).close()
        if os.geteuid() == 0:
            for path in (home, *home.rglob("*")):
                os.chown(path, NOBODY, NOBODY)
        yield settings


def opened(settings: Settings) -> str:
    """Open the log as a server does; return what it says if it cannot be."""
    try:
        with as_somebody_else():
            open_log(settings).close()
    except AuditError as error:
        return unopened(settings, error).message
    return ""


def garbled(path: Path) -> None:
    path.write_bytes(b"nothing of the kind" * 1000)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:8192])


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def not_readable(path: Path) -> None:
    path.chmod(0)


def not_writable(path: Path) -> None:
    path.chmod(0o400)


def without_its_folder(path: Path) -> None:
    path.parent.chmod(0)


def without_keys(path: Path) -> None:
    shutil.rmtree(path.parent / "keys")


def with_garbled_keys(path: Path) -> None:
    (path.parent / "keys" / "audit-signing.vkey").write_text("nothing of the kind")


def with_a_folder_for_a_lock(path: Path) -> None:
    a_folder(path.with_name("audit.db.lock"))


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (garbled, "it is damaged, or no log; restore the newest copy"),
        (cut, "it is damaged, or no log; restore the newest copy"),
        (a_folder, "is a directory"),
        (not_readable, "it cannot be read or written; look at the disk, and at what the server's user may do"),
        (not_writable, "it cannot be written; look at the disk, and at what the server's user may do"),
        (without_its_folder, "Permission denied"),
        (without_keys, "do not: restore them, or move the log away"),
        (with_garbled_keys, "audit-signing.vkey is malformed"),
        (with_a_folder_for_a_lock, "audit.db.lock: Is a directory"),
    ],
)
def test_a_log_that_cannot_be_opened_is_named_and_why_and_what_to_do(
    damage: Callable[[Path], None], why: str, begun: Settings
) -> None:
    assert opened(begun) == "", "the control"
    damage(begun.home / "audit.db")
    said = opened(begun)
    begun.home.chmod(0o700)
    assert said.startswith(f"The audit log at {begun.home / 'audit.db'} cannot be opened: ")
    assert why in said
    assert said.endswith(".")


def test_every_reason_is_said_in_words_where_it_can_keep_a_log_from_being_opened(tmp_path: Path) -> None:
    said = {reason: unopened(Settings(home=tmp_path), AuditUnavailable(reason)).message for reason in REASONS}
    bare = {reason for reason, text in said.items() if text.endswith(f"now: {reason}.")}
    assert bare == {"queue_full", "behind", "fork_prevented", "unsafe", "clock", "closed"}
