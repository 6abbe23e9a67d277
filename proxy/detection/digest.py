"""Digests of what decides a finding: this package's own files, a folder of weights, the versions of libraries."""

import hashlib
import platform
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGE = Path(__file__).parent
LIBRARIES = ("numpy", "phonenumbers", "python-stdnum", "regex", "spacy")
"""Those that decide what is found; those of detectors that are optional tell their own."""


def of_folder(folder: Path) -> str:
    """Return a digest of the names and contents of all files below a folder, but for hidden and compiled ones."""
    return of_files(folder, (path for path in folder.rglob("*") if path.is_file() and _counts(path, folder)))


def _counts(path: Path, folder: Path) -> bool:
    return not any(part.startswith(".") or part == "__pycache__" for part in path.relative_to(folder).parts)


def of_files(folder: Path, files: Iterable[Path]) -> str:
    """Return a digest of some files of a folder, the same wherever the folder is."""
    total = hashlib.sha256()
    for name, path in sorted((path.relative_to(folder).as_posix(), path) for path in files):
        with path.open("rb") as stream:
            total.update(f"{name}\0{hashlib.file_digest(stream, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()


@cache
def of_package() -> str:
    """Return the digest of the rules, lists and code of detection: any change of them is another set of detectors."""
    return of_folder(PACKAGE)


def versions() -> dict[str, str]:
    """Return the versions of everything else that decides what a text is read as."""
    found = {"python": platform.python_version(), "unicode": unicodedata.unidata_version}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = ""
    return found
