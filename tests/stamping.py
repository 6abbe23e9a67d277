"""A time-stamp authority for tests: certificates made here, stamps by `openssl ts`, and an HTTP server before it.

Where there is no `openssl`, the tests that ask for one are skipped, which CI does not accept.
"""

import datetime as dt
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from audit.anchors.stamp import request

NOW = dt.datetime.now(dt.UTC)
STAMPS = (ExtendedKeyUsageOID.TIME_STAMPING,)
TST_INFO = "1.2.840.113549.1.9.16.1.4"
GRANTED = b"\x30\x03\x02\x01\x00"
CONFIG = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


@dataclass(frozen=True)
class Issued:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def name(self) -> str:
        return self.certificate.subject.rfc4514_string().removeprefix("CN=")

    def private(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def issue(
        self,
        name: str,
        *,
        usage: Sequence[x509.ObjectIdentifier] | None = STAMPS,
        critical: bool = True,
        ends: dt.timedelta = dt.timedelta(days=400),
        serial: int | None = None,
    ) -> "Issued":
        """Certify a new key; without `usage`, one that may certify others."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _begun(name, key, ends, serial, certifies=usage is None).issuer_name(self.certificate.subject)
        if usage:
            builder = builder.add_extension(x509.ExtendedKeyUsage(usage), critical=critical)
        return Issued(builder.sign(self.key, hashes.SHA256()), key)


def root(name: str = "Stamps Root") -> Issued:
    """Make somebody who certifies, of whom nobody else has to say so."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _begun(name, key, dt.timedelta(days=4000), None, certifies=True).issuer_name(_named(name))
    return Issued(builder.sign(key, hashes.SHA256()), key)


def _begun(
    name: str, key: ec.EllipticCurvePrivateKey, ends: dt.timedelta, serial: int | None, *, certifies: bool
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder(subject_name=_named(name), serial_number=serial or x509.random_serial_number())
        .public_key(key.public_key())
        .not_valid_before(NOW - dt.timedelta(days=4000))
        .not_valid_after(NOW + ends)
        .add_extension(x509.BasicConstraints(ca=certifies, path_length=None), critical=True)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


class Authority:
    """Stamps what it is asked to; its certificate is by `root`."""

    def __init__(self, folder: Path, by: Issued | None = None, signer: Issued | None = None) -> None:
        if shutil.which("openssl") is None:
            pytest.skip("these tests need the program openssl")
        folder.mkdir(parents=True)
        self.folder, self.root = folder, by or root()
        self.signer = signer or self.root.issue("Stamps Nordwind")
        self.pem = self.root.pem
        (folder / "tsa.pem").write_bytes(self.signer.pem + self.signer.private())
        (folder / "chain.pem").write_bytes(self.root.pem)
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))

    def stamp(self, text: bytes) -> bytes:
        """Answer a request to stamp a text."""
        return self.answer(request(text)[0])

    def answer(self, asked: bytes) -> bytes:
        """Answer a request as `openssl` does."""
        (self.folder / "request").write_bytes(asked)
        config = ["-config", str(self.folder / "tsa.cnf"), "-section", "here"]
        signer = ["-signer", str(self.folder / "tsa.pem"), "-inkey", str(self.folder / "tsa.pem")]
        asked = ["-queryfile", str(self.folder / "request"), "-out", str(self.folder / "answer")]
        self._openssl("ts", "-reply", *config, *signer, "-chain", str(self.folder / "chain.pem"), *asked)
        return (self.folder / "answer").read_bytes()

    def _openssl(self, *arguments: str, said: bytes = b"") -> bytes:
        ran = subprocess.run(["openssl", *arguments], input=said, capture_output=True, check=False)
        assert ran.returncode == 0, ran.stderr.decode()
        return ran.stdout

    def at(self, response: bytes, when: dt.datetime, by: Issued | None = None, more: Sequence[Issued] = ()) -> bytes:
        """Sign what a response says once more, as of another time, and by whoever else."""
        info = self._info(response)
        start = info.index(b"\x18\x0f") + 2
        info = info[:start] + when.strftime("%Y%m%d%H%M%SZ").encode() + info[start + 15 :]
        signer = by or self.signer
        (self.folder / "by.pem").write_bytes(signer.pem + signer.private())
        (self.folder / "more.pem").write_bytes(b"".join(one.pem for one in (*more, self.root)))
        files = ["-signer", str(self.folder / "by.pem"), "-certfile", str(self.folder / "more.pem")]
        form = ["-outform", "DER", "-nodetach", "-binary", "-md", "sha256", "-econtent_type", TST_INFO]
        return granted(self._openssl("cms", "-sign", *files, *form, "-cades", "-nosmimecap", said=info))

    def _info(self, response: bytes) -> bytes:
        (self.folder / "answer").write_bytes(response)
        token = self._openssl("ts", "-reply", "-in", str(self.folder / "answer"), "-token_out")
        return self._openssl("cms", "-verify", "-noverify", "-inform", "DER", said=token)


def granted(token: bytes) -> bytes:
    """Wrap a token into a response."""
    return der(0x30, GRANTED + token)


def der(tag: int, content: bytes) -> bytes:
    """Encode one value."""
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content


class Office(ThreadingHTTPServer):
    """Answers requests over HTTP as `answer` does, with a status and a body."""

    def __init__(self, answer: Callable[[bytes], tuple[int, bytes]]) -> None:
        super().__init__(("127.0.0.1", 0), _Counter)
        self.answer = answer
        self.asked: list[tuple[str, str | None]] = []
        """The path and the type of each request."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/tsr"

    @contextmanager
    def open(self) -> Iterator["Office"]:
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            thread.join()
            self.server_close()


class _Counter(BaseHTTPRequestHandler):
    server: Office

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.asked.append((self.path, self.headers["Content-Type"]))
        status, said = self.server.answer(asked)
        self.send_response(status)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST  # noqa: N815 - the name is the server's

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""
