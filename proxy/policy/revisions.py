"""Reads a bundle from where it lies: a directory, or a directory of a git revision.

Git is asked for objects only (`rev-parse`, `ls-tree`, `cat-file`): no shell, no checkout, no filter or text conversion,
nothing written. Neither the revision nor the path can be taken for an option.
"""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from proxy.errors import ConfigurationError
from proxy.files import source
from proxy.files.diagnostics import Place, Problems
from proxy.policy.load import MAX_FILES, is_policy_file, read_directory

_TIMEOUT_S = 60
_TREE, _BLOB, _FILE_MODES = "tree", "blob", ("100644", "100755")


def read_files(given: str, configured: Callable[[], Path], problems: Problems) -> dict[str, bytes]:
    """Return the files of `DIR`, of `REV:path`, or of `REV`, which means the configured directory at that revision.

    Raises ConfigurationError where there is no such thing, or no git to ask.
    """
    if Path(given).is_dir():
        return read_directory(Path(given), problems)
    if given.startswith("-"):
        raise ConfigurationError("neither a directory nor a git revision")
    revision, sign, path = given.partition(":")
    at = Path()
    if not sign:
        folder = configured()
        at = folder if folder.is_dir() else folder.parent
        path = _inside(at, folder)
    return dict(_files(at, f"{revision}:{path}", problems))


def _inside(at: Path, folder: Path) -> str:
    """Return a folder's path as its repository has it."""
    top = Path(os.fsdecode(git(at, "rev-parse", "--show-toplevel").removesuffix(b"\n"))).resolve()
    try:
        return folder.resolve().relative_to(top).as_posix()
    except ValueError:
        raise ConfigurationError("the configured policies are not in the git repository around them") from None


def _files(at: Path, name: str, problems: Problems) -> Iterator[tuple[str, bytes]]:
    tree = git(at, "rev-parse", "--verify", "--quiet", name).decode().strip()
    if not tree or git(at, "cat-file", "-t", tree).decode().strip() != _TREE:
        raise ConfigurationError("neither a directory nor a directory of a git revision")
    count = 0
    for entry in filter(None, git(at, "ls-tree", "--full-tree", "-z", "-l", tree).split(b"\0")):
        described, _, raw = entry.partition(b"\t")
        mode, kind, blob, size = described.decode().split()
        file = os.fsdecode(raw)
        if kind != _BLOB or not is_policy_file(file, problems):
            continue
        count += 1
        if mode not in _FILE_MODES:
            problems.error(Place(file, 1, 1), "not-read", "a link is not followed in a revision")
        elif int(size) > source.MAX_BYTES or count > MAX_FILES:
            problems.error(Place(file, 1, 1), "too-large", f"more than {source.MAX_BYTES} bytes or {MAX_FILES} files")
        else:
            yield file, git(at, "cat-file", "blob", blob)


def git(at: Path, *arguments: str) -> bytes:
    """Return what git prints in a directory; raises ConfigurationError where it fails or is not there.

    For commands that only ask for objects, with arguments of which none can be taken for an option.
    """
    quiet = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
    try:
        ran = subprocess.run(
            ["git", "-C", str(at), *arguments], capture_output=True, check=False, timeout=_TIMEOUT_S, env=quiet
        )
    except (OSError, subprocess.TimeoutExpired):
        raise ConfigurationError("git cannot be run here, so only directories can be compared") from None
    if ran.returncode:
        raise ConfigurationError("neither a directory nor a directory of a git revision")
    return ran.stdout
