"""Copies files so that a copy is all of one moment, is on disk when it is there, and is what it was when it is read."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from audit.backup.manifest import Listed, listed, require_same
from audit.durable import sync_folder
from audit.errors import AuditMismatch
from audit.stores.sqlite import open_reader, unavailable

JOURNALS = ("-wal", "-shm", "-journal")
"""What SQLite reads beside a file as a part of it."""


def copy_database(source: Path, to: Path) -> None:
    """Copy a SQLite file as it is at one moment, with what its write-ahead log holds, while others read and write it.

    The copy needs no files beside it. Raises AuditUnavailable, whether it cannot be read or not be written.
    """
    create(to)
    try:
        with closing(open_reader(source)) as reading, closing(sqlite3.connect(to)) as writing:
            reading.backup(writing)  # all of it at one go: a writer goes on in the write-ahead log meanwhile
    except sqlite3.Error as error:
        raise unavailable(error) from None
    settle(to)


def create(path: Path) -> None:
    """Make an empty file, for nobody else to read; raises OSError where one is there."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def settle(path: Path) -> None:
    """Carry everything into the one file of a database that nobody else has open, and have it on disk."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            if connection.execute("PRAGMA journal_mode=DELETE").fetchone() != ("delete",):
                raise AuditMismatch(f"{path} is in use")
    except sqlite3.Error as error:
        raise unavailable(error) from None
    for emptied in ("-wal", "-shm"):  # SQLite does not say where it could not remove them
        path.with_name(path.name + emptied).unlink(missing_ok=True)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_there(one: Listed, at: Path) -> bool:
    """Whether a file of a backup has its place already; raises AuditMismatch where anything else is in the way."""
    journals = [at.with_name(at.name + more) for more in JOURNALS]
    for path in (at, *journals):
        if os.path.lexists(path) and (path != at or listed(at) != one):
            raise AuditMismatch(f"{path} is in the way: a restore replaces nothing; move it away")
    return at.exists()


def copy_file(folder: Path, one: Listed, to: Path) -> None:
    """Copy a file of a backup to its place, whole or not at all; what is read is held to the manifest once more.

    Raises AuditMismatch and OSError.
    """
    if is_there(one, to):
        return
    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = to.with_name(f".{to.name}.restoring")
    fresh.unlink(missing_ok=True)
    create(fresh)
    try:
        with fresh.open("wb") as file:
            require_same(folder, one, file.write)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(to)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    sync_folder(to.parent)
