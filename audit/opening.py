"""How a log comes to be, and how it is taken up again: the lock, the first start, what earlier writers left open."""

import fcntl
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from audit import keys as key_files
from audit.errors import AuditLocked, AuditMismatch, AuditUnavailable
from audit.jcs import NotCanonicalError, parse
from audit.keys import LogKeys
from audit.migrate import migrate_sqlite
from audit.record import REGISTRY, known_at
from audit.sqlite import open_reader, require_local
from audit.store import Head
from audit.store_sqlite import SqliteStore, tail_is_whole

TAIL = 64
"""How many of the last records are hashed again at start."""


class FileLock:
    """An exclusive lock beside the database, held for the life of the process that writes."""

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise AuditLocked(f"another process holds {path}") from None
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Let another process write; once is enough."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


def establish(path: Path, keys: Path, origin: str) -> tuple[LogKeys, bool]:
    """Make database and keys ready; True when the genesis record is still to be written.

    Both absent is a first start. One without the other is refused: a log whose database or keys have vanished must not
    silently begin again. A first start that was cut off left a mark beside the keys and is resumed.
    """
    require_local(path)
    resumed = key_files.unfinished(keys)
    has_keys, has_log = key_files.exist(keys), _has_head(path)
    if resumed and has_log:
        key_files.finish(keys)
    elif resumed or (not has_keys and not path.exists()):
        made = key_files.load(keys) if resumed and has_keys else key_files.create(keys, origin)
        _create(path)
        migrate_sqlite(path)
        return made, True
    if not has_keys:
        raise AuditMismatch(f"{path} exists, but its keys in {keys} do not: restore them, or move the log away")
    if not has_log:
        raise AuditMismatch(f"the keys in {keys} exist, but their log {path} does not: restore it, or move them away")
    migrate_sqlite(path)
    return key_files.load(keys), False


def take_up(store: SqliteStore, keys: LogKeys, origin: str) -> tuple[Head, list[tuple[str, int]]]:
    """Check that head, tail, genesis, keys and settings belong together; return the schemas still to be introduced."""
    head, tail, known = store.head(), store.tail(TAIL), None
    if head is None or not tail_is_whole(head, tail):
        raise AuditUnavailable("corrupt")
    try:
        genesis = parse(next(iter(store.of_kind("genesis"))))
        introduced = [parse(body) for body in store.of_kind("schema.introduced")]
        known = known_at(genesis["schema_sha256"])
    except (NotCanonicalError, KeyError, StopIteration):
        raise AuditUnavailable("corrupt") from None
    if genesis["origin"] != origin:
        raise AuditMismatch("the log was begun under another origin; the setting must not change")
    if keys.vkey.encode() not in genesis["vkeys"]:
        raise AuditMismatch("the signing key is not the one that the log's genesis names")
    if known is None:
        raise AuditMismatch("the log was begun by a version with other record schemas")
    known |= {(body["schema_kind"], body["schema_v"]) for body in introduced}
    if known - set(REGISTRY):
        raise AuditMismatch("the log holds record schemas of a newer version")
    return head, [name for name in REGISTRY if name not in known]


def _create(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _has_head(path: Path) -> bool:
    if not path.exists():
        return False
    try:
        with closing(open_reader(path)) as connection:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'head'").fetchone() is None:
                return False
            return connection.execute("SELECT 1 FROM head").fetchone() is not None
    except sqlite3.Error:
        raise AuditUnavailable("corrupt") from None
