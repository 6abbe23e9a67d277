"""The log's key files: an Ed25519 signing key and the master of the fingerprints. Different keys, different purposes.

They live in one directory of mode 0700, as files of mode 0600 that belong to the user who runs the server. The signing
key is in the text form of signed-note signers. Only the signer reads it: the server knows the log's first key by the
verifier key that lies beside it, from the first start on.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from audit.durable import sync_folder
from audit.errors import AuditMismatch
from audit.proofs.vkey import Signer, VerifierKey
from audit.records.fingerprint import MASTER_BYTES, Fingerprinter

SIGNING = "audit-signing.key"
VERIFYING = "audit-signing.vkey"
FURTHER = "audit-signing-*.key"
"""Keys that came later, by their ids."""
MASTER = "audit-fingerprint.key"
UNFINISHED = "audit-first-start"
"""There between the creation of the keys and the commit of the genesis record: a first start that may be resumed."""


@dataclass(frozen=True, slots=True)
class LogKeys:
    """What a server needs of the key directory: the key that verifies what this log signs, and a secret."""

    vkey: VerifierKey
    master: bytes

    def fingerprinter(self) -> Fingerprinter:
        """Return the fingerprints under this master."""
        return Fingerprinter(self.master)


def exist(directory: Path) -> bool:
    """Whether keys are there; raises AuditMismatch for half of them."""
    signing = any((directory / name).exists() for name in (SIGNING, VERIFYING))
    master = (directory / MASTER).exists()
    if signing != master and not unfinished(directory):
        raise AuditMismatch(f"{directory} holds only one of {SIGNING} and {MASTER}")
    return signing and master


def unfinished(directory: Path) -> bool:
    """Whether a first start was interrupted."""
    return (directory / UNFINISHED).exists()


def create(directory: Path, origin: str) -> LogKeys:
    """Create the directory and both keys, durably; the first start stays unfinished until `finish`."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)
    if not unfinished(directory):
        write_secret(directory / UNFINISHED, b"")
    signer, master = Signer.generate(origin), os.urandom(MASTER_BYTES)
    texts = {SIGNING: signer.encode(), VERIFYING: signer.vkey.encode(), MASTER: master.hex()}
    for name, text in texts.items():
        (directory / name).unlink(missing_ok=True)
        write_secret(directory / name, text.encode() + b"\n")
    sync_folder(directory)
    return load(directory)


def finish(directory: Path) -> None:
    """Mark the first start as done; later, nothing is written, for keys may lie where nothing can be."""
    if unfinished(directory):
        (directory / UNFINISHED).unlink()
        sync_folder(directory)


def load(directory: Path) -> LogKeys:
    """Read what a server needs; raises AuditMismatch when a file is malformed, or readable by others than its owner.

    Where the verifier key is not there yet, it is made of the signing key, once.
    """
    path = directory / VERIFYING
    if not path.exists():
        write_secret(path, read_signer(directory / SIGNING).vkey.encode().encode() + b"\n")
        sync_folder(directory)
    try:
        vkey = VerifierKey.decode(read_secret(path))
    except ValueError:
        raise AuditMismatch(f"{path} is malformed") from None
    try:
        master = bytes.fromhex(read_secret(directory / MASTER))
    except ValueError:
        master = b""
    if len(master) != MASTER_BYTES:
        raise AuditMismatch(f"{directory / MASTER} is malformed")
    return LogKeys(vkey, master)


def read_signer(path: Path) -> Signer:
    """Read a signing key; raises AuditMismatch when it is malformed, or readable by others than its owner."""
    try:
        return Signer.decode(read_secret(path))
    except ValueError:
        raise AuditMismatch(f"{path} is malformed") from None


def read_signers(directory: Path) -> tuple[Signer, ...]:
    """Read every signing key of the log that is at hand, the first one first; raises AuditMismatch."""
    return tuple(read_signer(path) for path in (directory / SIGNING, *sorted(directory.glob(FURTHER))))


def files(directory: Path) -> list[Path]:
    """Return every file that has to be copied for somebody else to go on with the log."""
    return [directory / name for name in (SIGNING, VERIFYING, MASTER)] + sorted(directory.glob(FURTHER))


def read_secret(path: Path) -> str:
    """Read a file that only its owner, who asks, may read; raises AuditMismatch for any other."""
    try:
        state = path.stat()
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise AuditMismatch(f"{path} cannot be read") from None
    if state.st_mode & 0o077 or state.st_uid != os.geteuid():
        raise AuditMismatch(f"{path} must belong to the user who runs this alone, with mode 0600")
    return text


def write_secret(path: Path, content: bytes) -> None:
    """Write a new file of mode 0600, whole or not at all; raises FileExistsError rather than replace one."""
    fresh = path.with_name(f".{path.name}")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(fresh)  # a rename would replace
    finally:
        fresh.unlink()
