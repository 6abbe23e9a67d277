"""Makes keys and approvals, and says what is known of one: what the commands of `ringfence policy` are given.

The commands know policies and nothing else; keys, the configured upstream file and the log are known here.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from audit.errors import AuditError
from audit.keys import read_signer, write_secret
from audit.proofs.note import Note
from audit.proofs.vkey import Signer
from proxy.approvals.approval import Approval, decode, find
from proxy.approvals.statement import FILE, MAX_SERIAL, Statement, Subject
from proxy.errors import ConfigurationError
from proxy.files import source
from proxy.files.diagnostics import Diagnostic, FileRefused, Problems
from proxy.place import audit_place
from proxy.policy.commands.common import Wish
from proxy.policy.policy import Policy
from proxy.policy.vocabulary import PERSON
from proxy.settings import Settings

Account = Mapping[str, str | int]
MAX_NEXT = 10**12
"""The highest serial that follows from a file. Whoever can write it could use up all that there are."""


def keygen(name: str, out: Path) -> str:
    """Write a new private key to a file that was not there, and return its verifier key's line."""
    _check_person(name, "the name")
    try:
        signer = Signer.generate(name)
    except ValueError:
        raise ConfigurationError("the name of a key has no '+' in it") from None
    try:
        write_secret(out, f"{signer.encode()}\n".encode())
    except FileExistsError:
        raise ConfigurationError(f"{out} exists already; a key is never written over") from None
    except OSError as error:
        raise ConfigurationError(f"{out} cannot be written: {error.strerror}") from None
    return signer.vkey.encode()


def sign(directory: Path, policy: Policy, wish: Wish) -> Account:
    """Approve a loaded bundle with the configured upstream file, and return what was written."""
    settings = Settings.load()
    signer = _signer(wish.key) if wish.key else None
    approver = signer.name if signer else wish.approver
    for person, what in ((wish.author, "--author"), (approver, "the approver")):
        _check_person(person, what)
    if wish.ticket:
        _check_person(wish.ticket, "--ticket")
    if wish.author.casefold() == approver.casefold():
        raise ConfigurationError("nobody approves what they wrote: author and approver are the same")
    serial = _next_serial(directory / FILE) if wish.serial is None else wish.serial
    if not 1 <= serial <= MAX_SERIAL:
        raise ConfigurationError(f"a serial is a number from 1 to {MAX_SERIAL}")
    subject = Subject.of(policy, source.read(settings.upstreams))
    statement = Statement(subject, serial, wish.author, approver, wish.ticket)
    note = Note(statement.text())
    _write(directory / FILE, note.signed(signer).encode() if signer else note.text.encode())
    return {
        "approval": f"signed with {signer.vkey.encode()}" if signer else "claimed: nobody signed it",
        **_about(subject),
        "serial": serial,
        "author": wish.author,
        "approver": approver,
        **({"ticket": wish.ticket} if wish.ticket else {}),
    }


def standing(directory: Path, policy: Policy) -> tuple[Account | None, tuple[Diagnostic, ...]]:
    """Return what is known of the approval of a loaded bundle, None if nobody approved it, and what is wrong with it.

    Judged as a server with these settings would judge it, by its log if that lies here.
    """
    from audit.access import Records  # noqa: PLC0415 - nothing else of policies reads a database
    from proxy.approvals.history import History  # noqa: PLC0415 - the same

    settings = Settings.load().model_copy(update={"policies": directory})
    upstreams, log = source.read(settings.upstreams), audit_place(settings)
    try:
        remembered = None if isinstance(log, Path) and not log.is_file() else History(Records(log)).newest
        approval, said = find(settings, policy, upstreams, remembered)
    except FileRefused as error:
        return None, error.diagnostics
    except AuditError as error:
        raise ConfigurationError(f"the log at {log} cannot be read: {error}") from None
    return (None if approval is None else _account(approval, Subject.of(policy, upstreams))), said


def _account(approval: Approval, subject: Subject) -> Account:
    known = approval.record()
    rows = {"approval": known.pop("standing"), **_about(subject)} if approval.note else {"approval": known["standing"]}
    return rows | {
        name: known[name] for name in ("serial", "author", "approver", "ticket", "key", "commit") if name in known
    }


def _about(subject: Subject) -> Account:
    return {"files": subject.files, "upstreams": subject.upstreams}


def _signer(path: Path) -> Signer:
    try:
        return read_signer(path)
    except AuditError as error:
        raise ConfigurationError(str(error)) from None


def _check_person(text: str, what: str) -> None:
    if not PERSON.fullmatch(text):
        raise ConfigurationError(f"{what} must be an id such as an e-mail address, without spaces")


def _next_serial(path: Path) -> int:
    """Return one more than the present approval has; raises FileRefused for one that cannot be read."""
    if not os.path.lexists(path):
        return 1
    problems = Problems()
    read = decode(source.read(path), problems)
    problems.check()
    serial = read[0].serial + 1 if read is not None else 1
    if serial > MAX_NEXT:
        raise ConfigurationError(f"{path} has a serial so high that few are left; give one with --serial")
    return serial


def _write(path: Path, data: bytes) -> None:
    """Put a file in its place as a whole: a server may read at any moment."""
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{FILE}.") as scratch:
            made = Path(scratch) / FILE
            with made.open("xb") as file:
                file.write(data)
                file.flush()
                os.fchmod(file.fileno(), 0o644)
                os.fsync(file.fileno())
            made.replace(path)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from None
