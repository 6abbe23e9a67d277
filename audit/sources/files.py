"""The files of an export, wherever they lie: in a directory, or side by side in one file, as in a pack.

Only the standard library is used.
"""

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from audit.errors import AuditMismatch

TEXTS = "texts"


class Files(Protocol):
    """Where the files of an export are read. Whatever cannot be opened raises AuditMismatch."""

    def open(self, name: str) -> BinaryIO:
        """Open a file that every export has."""

    def size(self, name: str) -> int:
        """Return how many bytes it has."""

    def texts(self) -> Sequence[str]:
        """Return the names of the archived texts, sorted."""

    def open_text(self, name: str) -> BinaryIO:
        """Open one of them."""

    def close(self) -> None:
        """Release what is open."""

    def __str__(self) -> str:
        """Return the name that a person knows it by."""


class Folder:
    """An export in a directory. Nothing outside it is opened: no link is followed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise AuditMismatch(f"{path} cannot be read: {error.strerror}") from None

    def open(self, name: str) -> BinaryIO:
        """Open a file that every export has."""
        return self._open(name, self._directory)

    def size(self, name: str) -> int:
        """Return how many bytes it has."""
        with self.open(name) as file:
            return os.fstat(file.fileno()).st_size

    def texts(self) -> Sequence[str]:
        """Return the names of what lies beside the archived texts, and theirs."""
        folder = self._open_folder()
        try:
            return sorted(os.listdir(folder))  # noqa: PTH208 - a path could lead elsewhere by now
        finally:
            os.close(folder)

    def open_text(self, name: str) -> BinaryIO:
        """Open one of them."""
        folder = self._open_folder()
        try:
            return self._open(name, folder)
        finally:
            os.close(folder)

    def close(self) -> None:
        """Release the directory."""
        os.close(self._directory)

    def __str__(self) -> str:
        """Return the path."""
        return str(self._path)

    def _open(self, name: str, folder: int) -> BinaryIO:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            descriptor = os.open(name, flags, dir_fd=folder)
        except OSError as error:
            raise AuditMismatch(f"{self._path} is not a whole export: {name}: {error.strerror}") from None
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise AuditMismatch(f"{self._path} is not a whole export: {name} is not a plain file")
        return os.fdopen(descriptor, "rb")

    def _open_folder(self) -> int:
        try:
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC
            return os.open(TEXTS, flags, dir_fd=self._directory)
        except OSError as error:
            raise AuditMismatch(f"{self._path} is not a whole export: {TEXTS}: {error.strerror}") from None
