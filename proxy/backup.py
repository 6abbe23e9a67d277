"""Copies what an installation lives on, while it serves, into a folder that is a backup once its manifest is there.

    audit.db        the log
    state.db        the API keys, as hashes
    shared.db       the rest of the proxy's own state
    manifest.json   see `audit.backup.manifest`; written last

The same files of a log in PostgreSQL. There, one snapshot has all of it; of files, the log is copied last, so that no
copy of the state knows of what its log does not. What was revoked between the two, the log knows, and a server that
starts revokes it again: see `Admin.repair`.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from audit import durable
from audit import keys as key_files
from audit.backup import manifest as backup
from audit.backup.copying import copy_database, create, settle
from audit.backup.manifest import API_KEYS, LOG, STATE, Kind, Manifest
from audit.errors import AuditError, AuditUnavailable
from audit.place import Place, Postgres
from audit.records.times import now
from audit.sources.source import Claim, SqliteSource
from audit.spool.spool import NAME as SPOOLED
from audit.stores import transfer
from audit.stores.migrate import migrate_sqlite, require_current
from proxy.errors import ConfigurationError
from proxy.place import audit_place, spool_plan
from proxy.seat import desks
from proxy.settings import Settings
from proxy.state.database import Database
from proxy.state.engines import SCHEMA
from proxy.state.keys import KeyRows

WITHIN_S = 10.0
TABLES = {API_KEYS: ("api_key",), STATE: ("held", "idempotency", "spending")}
"""Of the schema `ringfence_state`, by the file that has them where each server has its own."""


@dataclass(frozen=True, slots=True)
class Made:
    """A backup; the digest of its manifest stands for every byte of it. `spooled` counts files of records it lacks."""

    manifest: Manifest
    sha256: str
    keys: Path | None
    spooled: int


def back_up(settings: Settings, folder: Path, keys_to: Path | None = None) -> Made:
    """Copy an installation into one folder, and the log's keys into another, if one is named.

    Raises ConfigurationError, and leaves nothing behind then, where it could not be done.
    """
    place = audit_place(settings)
    if keys_to is not None and _nested(folder.resolve(), keys_to.resolve()):
        raise ConfigurationError("--keys-to lies with the backup: whoever holds both can forge the log; name another.")
    try:
        with ExitStack() as folders:
            fresh = folders.enter_context(_new(folder))
            apart = folders.enter_context(_new(keys_to)) if keys_to is not None else None
            _copy(place, settings.home, fresh)
            with closing(SqliteSource(fresh / LOG)) as source:
                claim = source.claim()
            if apart is not None:  # after the log: a key is there before the log names it
                _copy_keys(settings.home / "keys", apart)
                _complete(apart, "keys", claim)
            manifest, sha256 = _complete(fresh, "data", claim)
    except AuditUnavailable as error:
        raise ConfigurationError(f"{place} cannot be copied to {folder} ({error.reason}).") from None
    except AuditError as error:
        raise ConfigurationError(f"{error}.") from None
    except OSError as error:
        raise ConfigurationError(f"{error.filename or folder} cannot be written: {error.strerror}.") from None
    return Made(manifest, sha256, keys_to, _spooled(settings))


def make_empty(folder: Path, name: str) -> Path:
    """Make a file of this version with no rows in it, or bring one that is there to this version."""
    path = folder / name
    if not path.exists():
        create(path)
    if name == LOG:
        migrate_sqlite(path)
    elif name == API_KEYS:
        KeyRows(path, WITHIN_S).close()
    else:
        Database.open(path, WITHIN_S).close()
    settle(path)
    return path


def _copy(place: Place, home: Path, to: Path) -> None:
    if isinstance(place, Postgres):
        require_current(place, WITHIN_S)
        with transfer.snapshot(place) as connection:
            transfer.log_to_file(connection, make_empty(to, LOG))
            for name, tables in TABLES.items():
                transfer.to_file(connection, SCHEMA, tables, make_empty(to, name))
        for name in backup.DATA:
            settle(to / name)
        return
    if not place.exists():
        raise ConfigurationError(f"There is no audit log at {place}: begin one with `ringfence serve`.")
    for name in (API_KEYS, STATE):
        if (home / name).exists():
            copy_database(home / name, to / name)
    copy_database(place, to / LOG)


def _copy_keys(keys: Path, to: Path) -> None:
    key_files.load(keys)  # who may read them, and whether they are any
    for path in key_files.files(keys):
        durable.replace(to / path.name, key_files.read_secret(path).encode() + b"\n")


def _complete(folder: Path, kind: Kind, claim: Claim) -> tuple[Manifest, str]:
    files = tuple(backup.listed(path) for path in sorted(folder.iterdir()))
    made = Manifest(kind, claim.log_id.hex(), claim.size, claim.hash.hex(), now(), backup.own_version(), files)
    return made, made.write(folder)


@contextmanager
def _new(folder: Path) -> Iterator[Path]:
    """Make a folder, or take an empty one; what was written into it goes where the block fails."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise ConfigurationError(f"{folder} is not empty: a backup is written into a new folder.")
    folder.chmod(0o700)
    durable.sync_folder(folder.parent)
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _nested(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def _spooled(settings: Settings) -> int:
    """Count what waits to be imported, of this home's servers."""
    folders = [spool_plan(settings, desk).folder for desk in desks(settings.home)]
    return sum(path.stat().st_size > 0 for folder in folders for path in folder.glob(f"{SPOOLED}*"))
