"""Puts a backup in the place of an installation that is gone: all of it or nothing, and never over anything.

Everything is verified first. Then the log's copy is made one that says of itself that it was restored, under another
name; keys and state are put where they belong; and last the log gets its name, or is committed. Until then no server
begins: a home with keys and no log is refused. So whoever is killed in between runs it again. What the home remembers
of its log (`audit-head.json`, the signer's directory, the spool) is left as it is.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from audit import durable
from audit import keys as key_files
from audit.backup.copying import JOURNALS, copy_file, is_there
from audit.backup.manifest import LOG, Listed, Manifest, require_whole
from audit.backup.taking_in import declare, require_log
from audit.errors import AuditError, AuditLocked, AuditMismatch, AuditUnavailable
from audit.opening import FileLock
from audit.place import Place, Postgres
from audit.seen import FILE as SEEN
from audit.signing.signer import StateFile
from audit.stores import transfer
from audit.stores.migrate import migrate_postgres, require_current
from audit.stores.postgres import SCHEMA as LOG_SCHEMA
from audit.stores.postgres import require_safe
from proxy.backup import TABLES, WITHIN_S, make_empty
from proxy.errors import ConfigurationError
from proxy.place import UNOPENED, audit_place
from proxy.settings import Settings
from proxy.state import schema as state
from proxy.state.engines import SCHEMA

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be restored, and where to."""

    settings: Settings
    folder: Path
    manifest: Manifest
    keys_from: Path | None
    stays: frozenset[str] = frozenset()
    """Files of the state that a home with this log's keys has itself: it knows, too, what was revoked since."""

    @property
    def log(self) -> Listed:
        """Return what the manifest says of the log."""
        return next(one for one in self.manifest.files if one.name == LOG)

    @property
    def state(self) -> list[Listed]:
        """Return the files of the proxy's own state that are to be restored."""
        return [one for one in self.manifest.files if one.name != LOG and one.name not in self.stays]

    @property
    def place(self) -> Place:
        """Return where the log is to be."""
        return audit_place(self.settings)

    @property
    def staged(self) -> Path:
        """Return where its copy is made ready: beside the place that it gets in the end, or in the home."""
        at = self.settings.home / LOG if isinstance(self.place, Postgres) else self.place
        return at.with_name(f".{at.name}.restoring") / LOG


def restore(settings: Settings, folder: Path, keys_from: Path | None = None, progress: Progress | None = None) -> Order:
    """Restore a backup, and return what was done; raises ConfigurationError where it cannot, or must not, be done."""
    try:
        manifest = require_whole(folder, "data")
        order = Order(settings, folder, manifest, keys_from)
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(order):
            order = replace(order, stays=_stays(order))
            _require_free(order)
            keys = _keys(order)
            require_log(folder / LOG, manifest, progress)
            with _staging(order):
                declare(order.staged, keys, settings.origin, manifest)
                _place(order)
    except AuditLocked as error:
        raise ConfigurationError(f"A server or signer runs here ({error}): stop it first.") from None
    except AuditUnavailable as error:
        why = UNOPENED.get(error.reason, error.reason)
        raise ConfigurationError(f"{folder} cannot be restored to {audit_place(settings)}: {why}.") from None
    except AuditError as error:
        raise ConfigurationError(f"{error}.") from None
    except OSError as error:
        raise ConfigurationError(f"{error.filename or folder}: {error.strerror}.") from None
    return order


@contextmanager
def _alone(order: Order) -> Iterator[None]:
    """Hold what a server and a signer hold that run here."""
    home, place = order.settings.home, order.place
    path = home / "audit.lock" if isinstance(place, Postgres) else place.with_name(place.name + ".lock")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        signer = StateFile(home / "signer")
        try:
            yield
        finally:
            signer.close()
    finally:
        lock.release()


def _require_free(order: Order) -> None:
    """Refuse a place where a log is already."""
    place = order.place
    if isinstance(place, Postgres):
        require_safe(place, WITHIN_S)
        with transfer.snapshot(place) as connection:
            transfer.require_empty(connection, LOG_SCHEMA, transfer.LOG)
            for tables in TABLES.values():
                transfer.require_empty(connection, SCHEMA, tables)
        return
    for path in [place.with_name(place.name + more) for more in ("", *JOURNALS)]:
        if os.path.lexists(path):
            raise AuditMismatch(f"{path} is there: a restore replaces no log and adds to none; move it away")
    for one in order.state:
        is_there(one, order.settings.home / one.name)


def _stays(order: Order) -> frozenset[str]:
    home = order.settings.home
    if isinstance(order.place, Postgres) or not key_files.exist(home / "keys"):
        return frozenset()
    return frozenset(one.name for one in order.state if (home / one.name).exists())


def _keys(order: Order) -> Path:
    """Return where the log's keys are: in the home already, or in a folder that was named."""
    own = order.settings.home / "keys"
    if order.keys_from is None:
        if key_files.exist(own):
            return own
        raise AuditMismatch(f"{own} holds no keys: name the folder that --keys-to made with --keys-from")
    manifest = require_whole(order.keys_from, "keys")
    if manifest.log_id != order.manifest.log_id:
        raise AuditMismatch(f"{order.keys_from} holds the keys of another log")
    if key_files.exist(own):
        for one in manifest.files:
            is_there(one, own / one.name)
    return order.keys_from


@contextmanager
def _staging(order: Order) -> Iterator[None]:
    """Copy the log to where it is made ready, and leave nothing of that."""
    folder = order.staged.parent
    shutil.rmtree(folder, ignore_errors=True)  # of one that was killed
    try:
        copy_file(order.folder, order.log, order.staged)
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _place(order: Order) -> None:
    """Put everything where it belongs, what makes a server begin last."""
    home, place = order.settings.home, order.place
    if order.keys_from is not None and not key_files.exist(home / "keys"):
        fresh = home / ".keys.restoring"
        shutil.rmtree(fresh, ignore_errors=True)
        for one in require_whole(order.keys_from, "keys").files:
            copy_file(order.keys_from, one, fresh / one.name)
        fresh.rename(home / "keys")
        durable.sync_folder(home)
    if isinstance(place, Postgres):
        _fill(place, order)
    else:
        for one in order.state:
            copy_file(order.folder, one, home / one.name)
        order.staged.rename(place)
        durable.sync_folder(place.parent)
    if not (home / SEEN).exists():
        order.staged.with_name(SEEN).rename(home / SEEN)
        durable.sync_folder(home)


def _fill(place: Postgres, order: Order) -> None:
    """Load everything in one transaction, into tables that this version makes: its triggers, roles and grants."""
    for one in order.state:
        copy_file(order.folder, one, order.staged.with_name(one.name))
        make_empty(order.staged.parent, one.name)
    migrate_postgres(place)
    state.migrate_postgres(place)
    require_current(place, WITHIN_S)
    with transfer.filling(place) as connection:
        transfer.log_from_file(connection, order.staged)
        for one in order.state:
            transfer.require_empty(connection, SCHEMA, TABLES[one.name])
            transfer.from_file(connection, SCHEMA, TABLES[one.name], order.staged.with_name(one.name))
