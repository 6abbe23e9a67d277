"""The log's key files: an Ed25519 signing key and the master of the fingerprints. Different keys, different purposes.

They live in one directory of mode 0700, as files of mode 0600 that belong to the user who runs the server. The signing
key is in the text form of signed-note signers: `PRIVATE+KEY+<name>+<hash>+<base64(type byte || seed)>`.
"""

import base64
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.errors import AuditMismatch
from audit.fingerprint import MASTER_BYTES, Fingerprinter
from audit.vkey import ED25519, VerifierKey

SIGNING = "audit-signing.key"
MASTER = "audit-fingerprint.key"
UNFINISHED = "audit-first-start"
"""There between the creation of the keys and the commit of the genesis record: a first start that may be resumed."""


@dataclass(frozen=True, slots=True)
class LogKeys:
    """What was read from the key directory."""

    vkey: VerifierKey
    signing: Ed25519PrivateKey
    master: bytes

    def fingerprinter(self) -> Fingerprinter:
        """Return the fingerprints under this master."""
        return Fingerprinter(self.master)


def exist(directory: Path) -> bool:
    """Whether keys are there; raises AuditMismatch for half of them."""
    found = [(directory / name).exists() for name in (SIGNING, MASTER)]
    if any(found) and not all(found) and not unfinished(directory):
        raise AuditMismatch(f"{directory} holds only one of {SIGNING} and {MASTER}")
    return all(found)


def unfinished(directory: Path) -> bool:
    """Whether a first start was interrupted."""
    return (directory / UNFINISHED).exists()


def create(directory: Path, origin: str) -> LogKeys:
    """Create the directory and both keys, durably; the first start stays unfinished until `finish`."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)
    _write(directory / UNFINISHED, b"")
    seed = os.urandom(32)
    vkey = _vkey(origin, Ed25519PrivateKey.from_private_bytes(seed))
    text = f"PRIVATE+KEY+{origin}+{vkey.key_hash():08x}+{base64.b64encode(bytes([ED25519]) + seed).decode()}\n"
    for name, content in ((SIGNING, text.encode()), (MASTER, os.urandom(MASTER_BYTES).hex().encode() + b"\n")):
        (directory / name).unlink(missing_ok=True)
        _write(directory / name, content)
    _sync(directory)
    return load(directory)


def finish(directory: Path) -> None:
    """Mark the first start as done."""
    (directory / UNFINISHED).unlink(missing_ok=True)
    _sync(directory)


def load(directory: Path) -> LogKeys:
    """Read both keys; raises AuditMismatch when a file is malformed, or readable by others than its owner."""
    name, seed = _parse_signer(_read(directory / SIGNING))
    try:
        master = bytes.fromhex(_read(directory / MASTER))
        signing = Ed25519PrivateKey.from_private_bytes(seed)
    except ValueError:
        raise AuditMismatch(f"{directory}: a key file is malformed") from None
    if len(master) != MASTER_BYTES:
        raise AuditMismatch(f"{directory / MASTER} is malformed")
    return LogKeys(_vkey(name, signing), signing, master)


def _vkey(name: str, signing: Ed25519PrivateKey) -> VerifierKey:
    return VerifierKey(name, ED25519, signing.public_key().public_bytes_raw())


def _parse_signer(text: str) -> tuple[str, bytes]:
    malformed = AuditMismatch(f"{SIGNING} is malformed")
    try:
        private, key, name, _, encoded = text.split("+", 4)
        blob = base64.b64decode(encoded, validate=True)
    except ValueError:
        raise malformed from None
    if (private, key) != ("PRIVATE", "KEY") or len(blob) != 1 + 32 or blob[0] != ED25519:
        raise malformed
    return name, blob[1:]


def _read(path: Path) -> str:
    try:
        state = path.stat()
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise AuditMismatch(f"{path} cannot be read") from None
    if state.st_mode & 0o077 or state.st_uid != os.geteuid():
        raise AuditMismatch(f"{path} must belong to the server's user alone, with mode 0600")
    return text


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
