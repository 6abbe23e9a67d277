"""A log in a pack, as a `Source`: the files of its export are ranges of one file, and nothing is ever extracted.

Only the standard library and `cryptography` are used.
"""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import BinaryIO

from audit.errors import AuditMismatch
from audit.pack import tar
from audit.pack.manifest import LOG, MANIFEST, MAX_BYTES, NOTE
from audit.pack.tar import MalformedTar, Range
from audit.sources.files import TEXTS

MAX_NOTE_BYTES = 64 * 1024
_TEXTS = f"{LOG}{TEXTS}/"
_FLAGS = os.O_RDONLY
for _name in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
    _FLAGS |= getattr(os, _name, 0)  # not every system has each


class Packed:
    """A pack that is open for reading. Raises MalformedTar for a file of another form, AuditMismatch for none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._descriptor = os.open(path, _FLAGS)
        except OSError as error:
            raise AuditMismatch(f"{path} cannot be read: {error.strerror}") from None
        try:
            self._judge_kind()
            with os.fdopen(self._descriptor, "rb", closefd=False) as file:
                self.members: Mapping[str, Range] = tar.read(file)
            self._judge_order()
        except BaseException:
            self.close()
            raise

    def read(self, name: str, most: int) -> bytes | None:
        """Return a member; None where there is none, or a larger one."""
        where = self.members.get(name)
        if where is None or where.size > most:
            return None
        with tar.content(self._descriptor, where) as file:
            return file.read()

    def manifest(self) -> bytes | None:
        """Return the bytes of the manifest; None for one that is too long."""
        return self.read(MANIFEST, MAX_BYTES)

    def note(self) -> bytes | None:
        """Return the bytes of the manifest's note; None where there is none, empty for one that is too long."""
        return (self.read(NOTE, MAX_NOTE_BYTES) or b"") if NOTE in self.members else None

    def digests(self) -> Iterator[tuple[str, tuple[int, str]]]:
        """Yield each member but the manifest and its note, with its size and its SHA-256."""
        for name, where in self.members.items():
            if name not in {MANIFEST, NOTE}:
                digest = hashlib.sha256()
                with tar.content(self._descriptor, where) as file:
                    for piece in tar.pieces(file):
                        digest.update(piece)
                yield name, (where.size, digest.hexdigest())

    def open(self, name: str) -> BinaryIO:
        """Open a file that every export has."""
        return self._open(f"{LOG}{name}")

    def size(self, name: str) -> int:
        """Return how many bytes it has."""
        return self.members[f"{LOG}{name}"].size

    def texts(self) -> Sequence[str]:
        """Return the names of the archived texts, sorted."""
        return sorted(name.removeprefix(_TEXTS) for name in self.members if name.startswith(_TEXTS))

    def open_text(self, name: str) -> BinaryIO:
        """Open one of them."""
        return self._open(f"{_TEXTS}{name}")

    def close(self) -> None:
        """Close the file, if it is open."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __str__(self) -> str:
        """Return the path."""
        return str(self._path)

    def _judge_kind(self) -> None:
        if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
            raise AuditMismatch(f"{self._path} is not a plain file")

    def _judge_order(self) -> None:
        first = [MANIFEST, NOTE] if NOTE in self.members else [MANIFEST]
        ordered = first + sorted(name for name in self.members if name not in first)
        for name, expected in zip_longest(self.members, ordered):
            if name != expected:
                at = self.members[name].offset - tar.BLOCK if name in self.members else 0
                raise MalformedTar(at, "the manifest, its note and then the other files by name are expected")

    def _open(self, name: str) -> BinaryIO:
        where = self.members.get(name)
        if where is None:
            raise AuditMismatch(f"{self._path} is not a whole pack: {name} is not in it")
        return tar.content(self._descriptor, where)


@contextmanager
def opened(path: Path) -> Iterator[Packed]:
    """Open a pack for a while."""
    packed = Packed(path)
    try:
        yield packed
    finally:
        packed.close()
