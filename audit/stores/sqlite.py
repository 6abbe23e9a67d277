"""Connections to SQLite that are known to be what the log relies on, and its errors in the log's words."""

import errno
import sqlite3
from pathlib import Path

from audit.errors import AuditError, AuditMismatch, AuditUnavailable, Reason

REMOTE = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "glusterfs", "lustre", "afs", "fuse.sshfs", "fuse.s3fs"),
)
"""File systems on which neither the locks nor the shared memory of WAL can be relied upon."""

MAX_BUSY_MS = 5000
"""The longest that a writer waits for another connection's transaction."""
PRAGMAS: tuple[tuple[str, str, str | int], ...] = (
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "FULL", 2),  # NORMAL loses acknowledged records on a power cut
    ("fullfsync", "ON", 1),
    ("checkpoint_fullfsync", "ON", 1),
    ("recursive_triggers", "ON", 1),
    ("foreign_keys", "ON", 1),
    ("trusted_schema", "OFF", 0),
    ("secure_delete", "ON", 1),  # what was erased or pruned is overwritten, and not only unlinked
    ("wal_autocheckpoint", "1000", 1000),
    ("temp_store", "MEMORY", 2),  # for the statement journals that the triggers need; a file costs half of an insert
)

_REASONS: dict[int, Reason] = {
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_CORRUPT: "corrupt",
    sqlite3.SQLITE_NOTADB: "corrupt",
}

_OF_FILES: dict[int | None, Reason] = {
    errno.EIO: "io",
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EROFS: "read_only",
}


def unavailable(error: sqlite3.Error) -> AuditUnavailable:
    """Translate the driver's error; its text is not passed on."""
    return AuditUnavailable(_REASONS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, "io"))


def refused(error: OSError) -> AuditError:
    """Translate the error of a file beside the database; where a person has to do something, it names the file."""
    reason = _OF_FILES.get(error.errno)
    return AuditUnavailable(reason) if reason else AuditMismatch(f"{error.filename or 'a file'}: {error.strerror}")


def open_writer(path: Path, busy_ms: int) -> sqlite3.Connection:
    """Open the one writing connection, which also runs the checkpoints. Every setting is read back.

    Raises AuditMismatch for a database that will not be durable, AuditUnavailable for one that does not answer. It
    never creates a file: one that should exist is not created by surprise.
    """
    uri = f"{path.resolve().as_uri()}?mode=rw"
    wrong = ""
    try:
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=0, check_same_thread=False)
    except sqlite3.Error as error:
        raise unavailable(error) from None
    try:
        for name, value, expected in (*PRAGMAS, ("busy_timeout", str(busy_ms), busy_ms)):
            connection.execute(f"PRAGMA {name}={value}")
            found = connection.execute(f"PRAGMA {name}").fetchone()[0]
            if found != expected:
                wrong = f"{name} is {found}, not {expected}"
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        connection.close()
        raise unavailable(error) from None
    if wrong:
        connection.close()
        raise AuditMismatch(f"{path}: {wrong}")
    return connection


def open_reader(path: Path, busy_ms: int = 200) -> sqlite3.Connection:
    """Open a connection that cannot write, nor run checkpoints; it may be used from any thread, one at a time.

    A copy on a read-only medium without a write-ahead log is read as the immutable file that it is.
    """
    uri = path.resolve().as_uri()
    wal = path.with_name(path.name + "-wal")
    modes = ("?mode=ro",) if wal.exists() else ("?mode=ro", "?mode=ro&immutable=1")
    failure: sqlite3.Error | None = None
    for mode in modes:
        try:
            return _try_reader(uri + mode, busy_ms)
        except sqlite3.Error as error:
            failure = error
    raise unavailable(failure or sqlite3.Error()) from None


def _try_reader(uri: str, busy_ms: int) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=busy_ms / 1000, check_same_thread=False)
    try:
        for statement in ("PRAGMA query_only=ON", "PRAGMA trusted_schema=OFF", "SELECT count(*) FROM sqlite_master"):
            connection.execute(statement).fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def require_local(path: Path) -> None:
    """Refuse network file systems; raises AuditMismatch. Where mounts cannot be listed, nothing is known."""
    mounts = Path("/proc/self/mounts")
    if not mounts.exists():
        return
    target = path.resolve().parent
    best, kind = "", ""
    for line in mounts.read_text(errors="replace").splitlines():
        _, point, found, *_ = line.split(" ")
        if target.is_relative_to(point) and len(point) >= len(best):
            best, kind = point, found
    if kind in REMOTE:
        raise AuditMismatch(f"{path} lies on a network file system ({kind}); SQLite needs a local one")
