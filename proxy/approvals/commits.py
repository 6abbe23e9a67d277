"""Approvals from git: who wrote the last commit of the policies, and whom its trailers name. A claim, never a proof.

Anybody who can commit can write any trailer. It counts only while the files are those of the commit, byte for byte; the
upstream file, which lies elsewhere, is not part of it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from proxy.errors import ConfigurationError
from proxy.files.diagnostics import Place, Problems
from proxy.policy.policy import Policy
from proxy.policy.revisions import git, read_files
from proxy.policy.vocabulary import PERSON

HEAD = "HEAD"
TRAILERS = ("approved-by", "reviewed-by")
_AUTHOR = re.compile(r"^author .*<([^<>]*)> [0-9]+ [+-][0-9]{4}$", re.MULTILINE)
_TRAILER = re.compile(r"([A-Za-z-]+): *(.*)")
_ADDRESS = re.compile(r".*<([^<>]*)>\s*")
_AT = Place(HEAD, 1, 1)


@dataclass(frozen=True, slots=True)
class Approved:
    """What a commit says."""

    commit: str
    author: str
    approver: str


def head(directory: Path) -> str:
    """Return the commit that is checked out; empty where there is none."""
    try:
        return git(directory, "rev-parse", "--verify", "--quiet", HEAD).decode().strip()
    except ConfigurationError:
        return ""


def approved(directory: Path, policy: Policy, problems: Problems) -> Approved | None:
    """Return what the last commit of these files says; None, with a warning, where there is nothing to believe."""
    try:
        commit = git(directory, "rev-list", "-1", HEAD, "--", ".").decode().strip()
        text = git(directory, "cat-file", "commit", commit).decode("utf-8", "replace") if commit else ""
        files = read_files(HEAD, lambda: directory, Problems())
    except ConfigurationError:
        problems.warning(_AT, "approval-missing", "git knows of no commit of the policies")
        return None
    if files != {name: content.encode() for name, content in policy.files}:
        problems.warning(_AT, "approval-other-bundle", "the policy files are not those that were committed")
        return None
    author, *others = _people(text)
    approver = next((one for one in others if one.casefold() != author.casefold() and PERSON.fullmatch(one)), None)
    if approver is None or not PERSON.fullmatch(author):
        what = "the last commit of the policies names nobody else who approved or reviewed it"
        problems.warning(_AT, "approval-missing", what, "add a trailer such as 'Approved-by: Name <name@host>'")
        return None
    return Approved(commit, author, approver)


def _people(commit: str) -> Iterator[str]:
    """Yield the author of a commit object, then whom its trailers name, approvers before reviewers."""
    headers, _, message = commit.partition("\n\n")
    author = _AUTHOR.search(headers)
    yield author[1] if author else ""
    last = [_TRAILER.fullmatch(line) for line in message.rstrip("\n").rpartition("\n\n")[2].split("\n")]
    for key in TRAILERS:
        for line in last:
            if line and line[1].lower() == key:
                address = _ADDRESS.fullmatch(line[2])
                yield address[1] if address else line[2].strip()
