"""How an upstream is recognised, and how it recognises us, where the system's certificates do not do."""

import hashlib
import ssl
from dataclasses import dataclass
from pathlib import Path

from proxy.files.diagnostics import Problems
from proxy.files.node import Node

MAX_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Tls:
    """Certificates for one upstream: a CA of one's own in place of the system's, and a certificate to show it."""

    ca: str = ""
    """PEM, as read when the file of upstreams was."""
    certificate: str = ""
    """Path of a PEM file; with it goes `key`."""
    key: str = ""

    @property
    def sha256(self) -> str:
        """Digest of what an upstream is recognised by."""
        return hashlib.sha256(self.ca.encode()).hexdigest()

    def context(self) -> ssl.SSLContext:
        """Return what a connection is made with; raises OSError or ssl.SSLError where a file cannot be used."""
        made = ssl.create_default_context(cadata=self.ca or None)
        if self.certificate:
            made.load_cert_chain(self.certificate, self.key or None, _no_password)
        return made


def read_tls(node: Node, folder: Path, problems: Problems) -> Tls | None:
    """Read `tls`: `ca`, `certificate` and `key`, paths of PEM files beside the file of upstreams."""
    if not node.present:
        return None
    keys = node.fields(problems, optional=["ca", "certificate", "key"])
    ca, certificate, key = (keys[name].text(problems, wanted="a path") for name in ("ca", "certificate", "key"))
    if node.kind == "mapping" and not (ca or certificate):
        problems.error(node, "missing-key", "'ca' or 'certificate' is missing here")
    if key and not certificate:
        problems.error(keys["key"], "missing-key", "a key needs the 'certificate' that it belongs to")
    found = Tls(certificate=str(folder / certificate) if certificate else "", key=str(folder / key) if key else "")
    try:
        found.context()
    except (OSError, ssl.SSLError):
        problems.error(keys["certificate"], "bad-certificate", "this is no PEM certificate with its key, or unreadable")
    if not ca:
        return found
    try:
        path = folder / ca
        text = path.read_text(encoding="ascii") if path.stat().st_size <= MAX_BYTES else ""
        with_ca = Tls(text, found.certificate, found.key)
        Tls(text).context()
    except (OSError, ValueError, ssl.SSLError):
        problems.error(keys["ca"], "bad-certificate", "this is no PEM file of certificates, or it cannot be read")
        return found
    if not text:
        problems.error(keys["ca"], "bad-certificate", "this is no PEM file of certificates, or it cannot be read")
    return with_ca


def _no_password() -> str:
    """Refuse to ask: a server has nobody to type one."""
    return ""
