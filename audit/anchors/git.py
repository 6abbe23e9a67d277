"""Keeps the newest head in a git repository elsewhere: one commit after another on a branch of the log's own.

It is worth as much as the rule of the repository's host that nobody may rewrite or delete this branch. A copy in the
signer's directory remembers what was there: a branch that went backwards is not followed.
"""

import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from audit.errors import AuditError
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.note import Note
from audit.witness.request import digest_of

WITHIN_S = 60.0
FILE = "checkpoint"
NO_SUCH_BRANCH = 2
_THERE = "refs/elsewhere"
_UNSET = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE")
_SET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
    "GIT_AUTHOR_NAME": "ringfence",
    "GIT_AUTHOR_EMAIL": "audit@ringfence.invalid",
    "GIT_COMMITTER_NAME": "ringfence",
    "GIT_COMMITTER_EMAIL": "audit@ringfence.invalid",
    "LC_ALL": "C",
}
_SSH = "ssh -o BatchMode=yes -o ConnectTimeout=10"


class GitFailed(OSError):
    """A command failed; `status` is git's. What git says is not repeated: it may hold a URL."""

    def __init__(self, what: str, status: int = 0) -> None:
        super().__init__(what)
        self.status = status


class GitKeeper:
    """One log's branch. Used by one thread at a time; `origin` may fail before a log has keys."""

    every = False

    def __init__(self, remote: str, copy: Path, origin: Callable[[], str]) -> None:
        self._remote, self._copy, self._origin = remote, copy, origin

    def newest(self) -> bytes | None:
        """Return the newest head of the branch, or of the copy where the branch went backwards; raises OSError."""
        _, known = self._look()
        return None if known is None else self._git("cat-file", "blob", f"{known}:{FILE}")

    def keep(self, notes: Sequence[bytes]) -> None:
        """Commit the last of these heads, and push it; raises OSError."""
        there, known = self._look()
        if there != known:
            raise GitFailed("the branch went backwards: its history is not what it was")
        stated = Checkpoint.of(Note.decode(notes[-1]))
        blob = self._hash("hash-object", "-w", "--stdin", said=notes[-1])
        tree = self._hash("mktree", said=f"100644 blob {blob}\t{FILE}\n".encode())
        parent = () if known is None else ("-p", known)
        message = f"{stated.origin}: {stated.size} records\n"
        commit = self._hash("commit-tree", tree, *parent, said=message.encode())
        self._git("push", "--quiet", "--", self._remote, f"{commit}:refs/heads/{self._branch()}")
        self._git("update-ref", f"refs/heads/{self._branch()}", commit)

    def _look(self) -> tuple[str | None, str | None]:
        """Return the commit that is there, and the newest that ever was, as far as is known here."""
        if not (self._copy / "HEAD").exists():
            self._copy.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._git("init", "--quiet", "--bare")
        branch = f"refs/heads/{self._branch()}"
        known = self._commit(branch)
        try:
            self._git("ls-remote", "--quiet", "--exit-code", "--", self._remote, branch)
        except GitFailed as failed:
            if failed.status != NO_SUCH_BRANCH:
                raise
            return None, known
        self._git("fetch", "--quiet", "--no-tags", "--", self._remote, f"+{branch}:{_THERE}")
        there = self._commit(_THERE)
        if known is None or (there != known and self._extends(known)):
            self._git("update-ref", branch, _THERE)
            return there, there
        return there, known

    def _extends(self, known: str) -> bool:
        try:
            self._git("merge-base", "--is-ancestor", known, _THERE)
        except GitFailed as failed:
            if failed.status != 1:
                raise
            return False
        return True

    def _commit(self, name: str) -> str | None:
        try:
            return self._hash("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        except GitFailed:
            return None

    def _branch(self) -> str:
        try:
            return f"ringfence-{digest_of(self._origin())[:16]}"
        except AuditError as error:
            raise GitFailed(str(error)) from None

    def _hash(self, *arguments: str, said: bytes = b"") -> str:
        return self._git(*arguments, said=said).decode("ascii").strip()

    def _git(self, *arguments: str, said: bytes = b"") -> bytes:
        environ = {name: value for name, value in os.environ.items() if name not in _UNSET}
        command = ["git", "-C", str(self._copy), *arguments]
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"GIT_SSH_COMMAND": _SSH, **environ, **_SET},
            process_group=0,
        ) as running:
            try:
                printed, _ = running.communicate(said, timeout=WITHIN_S)
            except subprocess.TimeoutExpired:
                os.killpg(running.pid, signal.SIGKILL)  # with what it started itself
                raise GitFailed(f"git {arguments[0]} does not end") from None
        if running.returncode:
            raise GitFailed(f"git {arguments[0]} fails with status {running.returncode}", running.returncode)
        return printed
