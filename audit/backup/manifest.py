r"""What a backup consists of, said by the file in it that is written last: a folder without one is no backup.

`manifest.json` is canonical JSON (RFC 8785) and a newline: the format, when and by which version it was made, the log's
id and head, and each other file with its size and SHA-256. There are two kinds, in folders of their own: the `data`,
and the log's `keys`, for whoever holds both can forge. It is no signature: who may write the folder may write it, too.
"""

import hashlib
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, BinaryIO, Literal, Self

from audit import durable
from audit.errors import AuditMismatch
from audit.records.fields import HEX32, SHA256, STAMP
from audit.records.jcs import NotCanonicalError, canonical, parse
from audit.records.schema import Array, Enum, Int, Object, Text

Kind = Literal["data", "keys"]
FORMAT = "ringfence.backup/v1"
MANIFEST = "manifest.json"
LOG, API_KEYS, STATE = "audit.db", "state.db", "shared.db"
DATA = (LOG, API_KEYS, STATE)
MAX_BYTES = 64 * 1024
MAX_FILES = 256
CHUNK = 1024 * 1024
_is_key = re.compile(r"audit-(signing(-[0-9a-f]{8})?\.key|signing\.vkey|fingerprint\.key)").fullmatch
_FIELDS = Object(
    {
        "files": Array(Object({"name": Text(r"[a-z0-9.-]{1,64}", 64), "sha256": SHA256, "size": Int()}), MAX_FILES),
        "format": Enum((FORMAT,)),
        "hash": SHA256,
        "kind": Enum(("data", "keys")),
        "log_id": HEX32,
        "size": Int(1),
        "time": STAMP,
        "version": Text(r"(0|[1-9][0-9]{0,5})(\.(0|[1-9][0-9]{0,5})){2}", 20),
    },
)
_fault = _FIELDS.compile()


@dataclass(frozen=True, slots=True)
class Listed:
    """One file; its size in bytes."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A backup's own account: of which log, how many records it has and the last link, when it was made and by what."""

    kind: Kind
    log_id: str
    size: int
    hash: str
    time: str
    version: str
    files: tuple[Listed, ...]

    def encode(self) -> bytes:
        """Return the file."""
        files = [{"name": one.name, "sha256": one.sha256, "size": one.size} for one in self.files]
        named = {name: getattr(self, name) for name in ("kind", "log_id", "size", "hash", "time", "version")}
        return canonical({"format": FORMAT, "files": files, **named}) + b"\n"

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Parse the file; raises ValueError for any other bytes than `encode` would give."""
        try:
            found: dict[str, Any] = parse(data.removesuffix(b"\n"))
        except NotCanonicalError:
            raise ValueError("not in canonical form") from None
        if not data.endswith(b"\n") or _fault(found) is not None:
            raise ValueError("not a manifest that this version reads")
        del found["format"]
        files = tuple(Listed(one["name"], one["size"], one["sha256"]) for one in found.pop("files"))
        names = [one.name for one in files]
        known = {LOG} <= set(names) <= set(DATA) if found["kind"] == "data" else all(map(_is_key, names))
        if not known or names != sorted(set(names)):
            raise ValueError("its files are not those of a backup, in order, each once")
        return cls(**found, files=files)

    def write(self, folder: Path) -> str:
        """Complete a backup, the files of which are on disk; return the digest of this file. Raises OSError."""
        data = self.encode()
        durable.replace(folder / MANIFEST, data)
        return hashlib.sha256(data).hexdigest()


def own_version() -> str:
    """Return the version that stands in what is made now."""
    return metadata.version("ringfence")


def require_whole(folder: Path, kind: Kind) -> Manifest:
    """Return the manifest of a backup in which every byte is as it says; raises AuditMismatch, which says what is not.

    Nothing else may lie there: SQLite would read a journal beside a database as a part of it.
    """
    manifest = _read(folder)
    if manifest.kind != kind:
        raise AuditMismatch(f"{folder} holds the {manifest.kind} of a backup, and not the {kind}")
    if _number(manifest.version) > _number(own_version()):
        raise AuditMismatch(f"{folder} was made by the newer version {manifest.version}: restore it with that")
    listed = {one.name for one in manifest.files}
    for name in sorted({path.name for path in folder.iterdir()} - listed - {MANIFEST}):
        raise AuditMismatch(f"{folder / name} does not belong to the backup: move it away")
    for one in manifest.files:
        require_same(folder, one)
    return manifest


def require_same(folder: Path, one: Listed, take: Callable[[bytes], object] = len) -> None:
    """Read a file, handing each piece to `take`; raises AuditMismatch unless it is what the manifest names."""
    if listed(folder / one.name, take) != one:
        raise AuditMismatch(f"{folder / one.name} is damaged: it is not the file that the manifest names")


def listed(path: Path, take: Callable[[bytes], object] = len) -> Listed:
    """Return what a manifest says of a file as it lies there, handing each piece of it to `take`."""
    digest, size = hashlib.sha256(), 0
    with open_plain(path) as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
            size += len(piece)
            take(piece)
    return Listed(path.name, size, digest.hexdigest())


def open_plain(path: Path) -> BinaryIO:
    """Open a file for reading; raises AuditMismatch where it is not there, or is a link or anything but a file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise AuditMismatch(f"{path} cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise AuditMismatch(f"{path} is not a plain file")
    return os.fdopen(descriptor, "rb")


def _read(folder: Path) -> Manifest:
    if not folder.is_dir():
        raise AuditMismatch(f"{folder} is not a folder")
    if not (folder / MANIFEST).exists():
        raise AuditMismatch(f"{folder} is not a whole backup: it has no {MANIFEST}, which is written last")
    with open_plain(folder / MANIFEST) as file:
        data = file.read(MAX_BYTES + 1)
    try:
        return Manifest.decode(data)
    except ValueError as error:
        raise AuditMismatch(f"{folder / MANIFEST} is of another format, or damaged: {error}") from None


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
