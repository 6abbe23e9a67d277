"""How an upstream is recognised, and how it recognises us, where the system's certificates do not do."""

import functools
import hashlib
import ssl
from dataclasses import dataclass
from pathlib import Path

from proxy.files.diagnostics import Problems
from proxy.files.node import Node
from proxy.files.source import at_once

MAX_BYTES = 4 * 1024 * 1024
KEPT = 64
NO_CERTIFICATES = "this is no PEM file of certificates, or it cannot be read"


@dataclass(frozen=True, slots=True)
class Tls:
    """Certificates for one upstream: a CA of one's own in place of the system's, and a certificate to show it."""

    ca: str = ""
    """PEM, as read when the file of upstreams was."""
    certificate: str = ""
    """Path of a PEM file; with it goes `key`, unless the key is in it too."""
    key: str = ""

    @property
    def sha256(self) -> str:
        """Digest of what an upstream is recognised by."""
        return hashlib.sha256(self.ca.encode()).hexdigest()

    def context(self) -> ssl.SSLContext:
        """Return what a connection is made with; raises OSError, of which ssl.SSLError is one, for an unusable file.

        It is another one as soon as the certificate or its key is: they are renewed in place.
        """
        return _context(self, _state(self.certificate), _state(self.key))


def read_tls(node: Node, folder: Path, problems: Problems) -> Tls | None:
    """Read `tls`: `ca`, `certificate` and `key`, paths of PEM files beside the file of upstreams."""
    if not node.present:
        return None
    keys = node.fields(problems, optional=["ca", "certificate", "key"])
    certificate, key = (keys[name].text(problems, wanted="a path") for name in ("certificate", "key"))
    if node.kind == "mapping" and not (keys["ca"].present or certificate):
        problems.error(node, "missing-key", "'ca' or 'certificate' is missing here")
    if key and not certificate:
        problems.error(keys["key"], "missing-key", "a key needs the 'certificate' that it belongs to")
    paths = [str(folder / path) if path else "" for path in (certificate, key)]
    try:
        Tls("", *paths).context()
    except OSError:
        problems.error(keys["certificate"], "bad-certificate", "this is no PEM certificate with its key, or unreadable")
    return Tls(_authorities(keys["ca"], folder, problems), *paths)


def _authorities(node: Node, folder: Path, problems: Problems) -> str:
    name = node.text(problems, wanted="a path")
    if not name:
        return ""
    try:
        with open(folder / name, "rb", opener=at_once) as stream:
            text = stream.read(MAX_BYTES).decode("ascii")
        ssl.create_default_context(cadata=text or " ")
    except (OSError, ValueError):
        problems.error(node, "bad-certificate", NO_CERTIFICATES)
        return ""
    return text


@functools.lru_cache(maxsize=KEPT)
def _context(tls: Tls, *_states: tuple[int, ...]) -> ssl.SSLContext:
    """Make it once for the files in the states in which they were seen."""
    made = ssl.create_default_context(cadata=tls.ca or None)
    if tls.certificate:
        made.load_cert_chain(tls.certificate, tls.key or None, _no_password)
    return made


def _state(path: str) -> tuple[int, ...]:
    if not path:
        return ()
    state = Path(path).stat()
    return state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns


def _no_password() -> str:
    """Refuse to ask: a server has nobody to type one."""
    return ""
