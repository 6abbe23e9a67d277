"""What is known of who approved the bundle on disk, and whether that is enough for it to be used.

A statement is believed about one bundle only, that whose texts have its digests. It is `verified` when a known key with
the very name of the approver signed it, and `claimed` otherwise. With `policy_signatures_required`, nothing but a
verified statement will do, and none that is older than one that was in force.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from audit.proofs.note import MalformedNote, Note, WrongSignature
from audit.proofs.vkey import VerifierKey
from proxy.approvals import commits
from proxy.approvals.signers import read_signers
from proxy.approvals.statement import FILE, Statement, Subject, parse, place
from proxy.files import source
from proxy.files.diagnostics import Diagnostic, Place, Problems
from proxy.policy.policy import Policy
from proxy.settings import Settings

TOP = Place(FILE, 1, 1)
SIGN = "ringfence policy sign approves what lies there now"


class Standing(StrEnum):
    """Whether somebody's signature says what an approval says."""

    VERIFIED = "verified"
    CLAIMED = "claimed"


@dataclass(frozen=True, slots=True)
class Approval:
    """Who wrote and who approved a bundle, and how that is known. Only a statement of its own has a serial."""

    standing: Standing
    author: str
    approver: str
    serial: int | None = None
    ticket: str = ""
    key: VerifierKey | None = None
    note_sha256: str = ""
    note: bytes = b""
    """The file, for the archive: with `key`, anybody can check the signature."""
    commit: str = ""

    def record(self) -> dict[str, Any]:
        """Return the `approval` object of an audit record."""
        known = {
            "standing": self.standing.value,
            "author": self.author,
            "approver": self.approver,
            "serial": self.serial,
            "ticket": self.ticket,
            "note_sha256": self.note_sha256,
            "key": self.key.encode() if self.key else None,
            "commit": self.commit,
        }
        return {name: value for name, value in known.items() if value not in (None, "")}


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest verified statement that ever was in force; None where what it was about cannot be read any more."""

    serial: int
    subject: Subject | None


Remembered = Callable[[], Newest | None]
"""Returns the newest verified statement that the audit log knows of; None if there is none."""


def find(
    settings: Settings, policy: Policy, upstreams: bytes, remembered: Remembered | None = None
) -> tuple[Approval | None, tuple[Diagnostic, ...]]:
    """Return what is known of the approval of a loaded bundle, and warnings; raises FileRefused.

    `upstreams` is the text of the upstream file. Without `remembered`, age is not judged. Blocks.
    """
    problems = Problems()
    approval: Approval | None = None
    if settings.policy_approvals == "git":
        found = commits.approved(settings.policies, policy, problems)
        if found is not None:
            approval = Approval(Standing.CLAIMED, found.author, found.approver, commit=found.commit)
    elif settings.policy_approvals == "file":
        subject = Subject.of(policy, upstreams)
        approval = _from_file(settings, subject, remembered, problems)
    problems.check()
    return approval, problems.found


def decode(data: bytes, problems: Problems) -> tuple[Statement, Note] | None:
    """Read the file's bytes: a signed note, or the text of one that nobody signed yet; None if they are neither."""
    try:
        note = Note.decode(data) if b"\n\n" in data else Note(data.decode("utf-8", "replace"))
    except MalformedNote as error:
        problems.error(Place(FILE, error.line, 1), "not-an-approval", f"not a signed note: {error.what}")
        return None
    statement = parse(note.text, problems)
    return (statement, note) if statement is not None else None


def _from_file(
    settings: Settings, subject: Subject, remembered: Remembered | None, problems: Problems
) -> Approval | None:
    path, required = settings.policies / FILE, settings.policy_signatures_required
    known = read_signers(settings.policy_signers) if settings.policy_signers else ()
    if not os.path.lexists(path):
        if required:
            problems.error(TOP, "approval-missing", "policies must be signed, and no approval lies beside them", SIGN)
        return None
    data = source.read(path)
    read = decode(data, problems)
    if read is None:
        return None
    statement, note = read
    key = _judge(statement, note, known, problems)
    if not _is_about(subject, statement, required=required, problems=problems):
        return None
    if required and key is None:
        problems.error(
            place("approver"), "approval-unsigned", "policies must be signed, and no known key of the approver did"
        )
    elif required and remembered is not None:
        _judge_age(statement, remembered(), problems)
    return _approval(statement, key, data)


def _judge(statement: Statement, note: Note, known: Sequence[VerifierKey], problems: Problems) -> VerifierKey | None:
    """Return the approver's key that signed, if one did; a lie is a problem whether or not a signature is required."""
    if statement.author.casefold() == statement.approver.casefold():
        problems.error(place("approver"), "approval-self-approved", "approved by its own author", "ask somebody else")
    try:
        keys = note.verified(known)
    except WrongSignature as error:
        what = "the signature is not by the key that it names, of this text"
        problems.error(Place(FILE, error.line, 1), "approval-wrong-signature", what)
        return None
    return next((key for key in keys if key.name == statement.approver), None)


def _is_about(subject: Subject, statement: Statement, *, required: bool, problems: Problems) -> bool:
    if statement.subject.files != subject.files:
        what = "the policy files are not those that were approved"
        problems.error(place("files"), "approval-other-bundle", what, SIGN)
    if statement.subject.upstreams != subject.upstreams:
        what = "the upstream file is not the one that was approved"
        problems.error(place("upstreams"), "approval-other-bundle", what, SIGN)
    if not required:
        problems.tolerate(frozenset({"approval-other-bundle"}))
    return statement.subject == subject


def _judge_age(statement: Statement, newest: Newest | None, problems: Problems) -> None:
    if newest is None or statement.serial > newest.serial:
        return
    if statement.serial < newest.serial:
        what = f"older than serial {newest.serial}, which was in force"
    elif statement.subject != newest.subject:
        what = "another bundle with this serial was in force"
    else:
        return
    problems.error(place("serial"), "approval-older", what, "sign it again, with a higher serial")


def _approval(statement: Statement, key: VerifierKey | None, data: bytes) -> Approval:
    return Approval(
        standing=Standing.CLAIMED if key is None else Standing.VERIFIED,
        author=statement.author,
        approver=statement.approver,
        serial=statement.serial,
        ticket=statement.ticket,
        key=key,
        note_sha256=hashlib.sha256(data).hexdigest(),
        note=data,
    )
