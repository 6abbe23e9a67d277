"""How a log comes to be, and how it is taken up again: the lock, the first start, what earlier writers left open."""

import fcntl
import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from audit import keys as key_files
from audit.durable import sync_folder
from audit.errors import AuditLocked, AuditMismatch, AuditUnavailable
from audit.keys import LogKeys
from audit.place import Place, Postgres
from audit.records.introduced import INTRODUCED, missing
from audit.records.jcs import NotCanonicalError, parse
from audit.records.record import GENESIS, is_name
from audit.seen import Seen, fault
from audit.stores.lookup import Lookup, PostgresLookup, SqliteLookup
from audit.stores.migrate import migrate_sqlite, require_current
from audit.stores.postgres import require_safe
from audit.stores.sqlite import MAX_BUSY_MS, require_local, unavailable
from audit.stores.store import Head, Store, tail_is_whole
from audit.stores.store_postgres import PostgresStore
from audit.stores.store_sqlite import SqliteStore

TAIL = 64
"""How many of the last records are hashed again at start."""


class FileLock:
    """An exclusive lock on a file, held for the life of the process that writes."""

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


@dataclass(frozen=True, slots=True)
class Opened:
    """What a log is written with. `fresh`: its genesis record is still to be written."""

    store: Store
    lookup: Lookup
    keys: LogKeys
    lock: FileLock
    fresh: bool


def open_place(place: Place, keys: Path, desk: Path, origin: str, *, epoch: str, deadline_s: float) -> Opened:
    """Make database and keys ready for a writer; raises AuditLocked, AuditMismatch, AuditUnavailable, sqlite3.Error.

    One process writes a SQLite file, which is what the lock beside it says. Several write a PostgreSQL database, each
    with a folder of its own, `desk`, for its lock and for what it saw last.
    """
    lock_file = desk / "audit.lock" if isinstance(place, Postgres) else place.with_name(place.name + ".lock")
    lock_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(lock_file)
    store: Store | None = None
    seen = Seen(desk)
    try:
        if isinstance(place, Postgres):
            require_current(place, deadline_s)
            require_safe(place, deadline_s)
            store = PostgresStore(place, epoch, deadline_s, seen)
            begun = store.head() is not None
            loaded, fresh = _with_keys(place, keys, origin, begun=begun, blank=not begun)
            require_all(store, seen, place)
            return Opened(store, PostgresLookup(place, deadline_s), loaded, lock, fresh)
        loaded, fresh = establish(place, keys, origin)
        store = SqliteStore(place, min(MAX_BUSY_MS, int(deadline_s * 1000)), seen)
        require_all(store, seen, place)
        return Opened(store, SqliteLookup(place), loaded, lock, fresh)
    except BaseException:
        if store is not None:
            store.close()
        lock.release()
        raise


def establish(path: Path, keys: Path, origin: str) -> tuple[LogKeys, bool]:
    """Make a SQLite file and the keys ready; True when the genesis record is still to be written."""
    require_local(path)
    if path.is_dir():
        raise AuditMismatch(f"{path} is a directory")
    begun, blank = _look(path)
    loaded, fresh = _with_keys(path, keys, origin, begun=begun, blank=blank)
    if fresh:
        _create(path)
    migrate_sqlite(path)
    return loaded, fresh


def _with_keys(place: Place, keys: Path, origin: str, *, begun: bool, blank: bool) -> tuple[LogKeys, bool]:
    """Load the keys, or create them for a first start: True when the genesis record is still to be written.

    Both absent is a first start. One without the other is refused: a log whose database or keys have vanished must not
    silently begin again. A first start that was cut off left a mark beside the keys and is resumed.
    """
    resumed, has_keys = key_files.unfinished(keys), key_files.exist(keys)
    if not begun and (resumed or (blank and not has_keys)):
        return (key_files.load(keys) if has_keys else key_files.create(keys, origin)), True
    if not has_keys:
        raise AuditMismatch(f"{place} exists, but its keys in {keys} do not: restore them, or move the log away")
    if not begun:
        raise AuditMismatch(f"the keys in {keys} exist, but their log {place} does not: restore it, or move them away")
    return key_files.load(keys), False


def take_up(store: Store, keys: LogKeys, origin: str) -> tuple[Head, list[tuple[str, int]]]:
    """Check that head, tail, genesis, keys and settings belong together; return the schemas still to be introduced."""
    head = store.head()
    if head is None or not tail_is_whole(head, store.tail(TAIL, head.size)):
        raise AuditUnavailable("corrupt")
    try:
        first = next(iter(store.of_kind(GENESIS)))
        genesis = parse(first)
        origin_then, vkeys = genesis["origin"], genesis["vkeys"]
    except (NotCanonicalError, KeyError, StopIteration):
        raise AuditUnavailable("corrupt") from None
    if origin_then != origin:
        raise AuditMismatch("the log was begun under another origin; the setting must not change")
    if keys.vkey.encode() not in vkeys:
        raise AuditMismatch("the signing key is not the one that the log's genesis names")
    return head, missing(first, store.of_kind(INTRODUCED))


def newest_stamp(store: Store, head: Head) -> str:
    """Return the time that the log's last record says."""
    try:
        stamp: str = parse(store.tail(1, head.size)[0][4])["ts"]
    except (NotCanonicalError, IndexError, KeyError, TypeError):
        raise AuditUnavailable("corrupt") from None
    return stamp


def instance() -> str:
    """Name this machine, where its name is one that a record may hold."""
    name = os.uname().nodename
    return name if is_name(name) else "unnamed"


def require_all(store: Store, seen: Seen, place: Place) -> None:
    """Refuse a log that lacks records which this home's server saw; raises AuditMismatch, which says what to do."""
    kept = seen.load()
    if kept is None or kept == seen.lost():
        return
    head, last = store.head(), store.tail(1, kept.size)
    at_end = last[0][3] if last and last[0][0] == kept.size - 1 else None
    code = "STORE_BEHIND" if head is None else fault(kept, head, at_end)
    if code is not None:
        if head is not None and not tail_is_whole(head, store.tail(TAIL, head.size)):
            raise AuditUnavailable("corrupt")
        raise AuditMismatch(
            f"{place} lacks records that this server saw ({code}): it saw {kept.size}, there are "
            f"{head.size if head else 0}. Bring the newest copy back, or give up what is lost with "
            "`ringfence audit acknowledge`"
        )


def _create(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    sync_folder(path.parent)


def _look(path: Path) -> tuple[bool, bool]:
    """Whether there is a log in a SQLite file, and whether one may begin there: no file, or a schema without rows."""
    if not path.exists():
        return False, True
    try:
        # For writing: a first transaction that was cut off is rolled back by whoever reads, and only who may write can.
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True)) as connection:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'head'").fetchone() is None:
                return False, False
            begun = connection.execute("SELECT 1 FROM head").fetchone() is not None
            return begun, not begun and connection.execute("SELECT 1 FROM record").fetchone() is None
    except sqlite3.Error as error:
        raise unavailable(error) from None
