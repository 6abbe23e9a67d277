"""A certificate authority of a test's own, and a model server that speaks TLS; all is made at run time."""

import asyncio
import datetime as dt
import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from harness import StandIn

PEM = serialization.Encoding.PEM


class CertificateAuthority:
    """Signs certificates; whoever trusts `ca` takes them."""

    def __init__(self, folder: Path, name: str = "test authority") -> None:
        self.ca = folder / f"{name.replace(' ', '-')}.pem"
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(name)
        self.ca.write_bytes(self._sign(self._name, self._key.public_key(), (), 1, authority=True))

    def issue(self, name: str, hosts: Sequence[str] = (), *, days: int = 1) -> Path:
        """Return a file with a new key and its certificate for these hosts; `days` below 0 have passed already."""
        key = ec.generate_private_key(ec.SECP256R1())
        private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path = self._folder / f"{name}.pem"
        path.write_bytes(private + self._sign(_named(name), key.public_key(), hosts, days, authority=False))
        return path

    def _sign(
        self, name: x509.Name, public: ec.EllipticCurvePublicKey, hosts: Sequence[str], days: int, *, authority: bool
    ) -> bytes:
        now = dt.datetime.now(dt.UTC)
        made = x509.CertificateBuilder().subject_name(name).issuer_name(self._name).public_key(public)
        made = made.serial_number(x509.random_serial_number())
        made = made.not_valid_before(now - dt.timedelta(days=30)).not_valid_after(now + dt.timedelta(days=days))
        made = made.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        made = made.add_extension(issuer, critical=False)
        if authority:
            made = made.add_extension(_signs(), critical=True)
        if hosts:
            names = [x509.IPAddress(ipaddress.ip_address(host)) for host in hosts]
            made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return made.sign(self._key, hashes.SHA256()).public_bytes(PEM)


@dataclass
class TlsStandIn(StandIn):
    """Speaks TLS on these terms. `received` is what got through it, `connections` counts those it agreed to."""

    terms: ssl.SSLContext | None = None

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}/v1"

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_exception_handler(lambda *_: None)  # connections that fail are what is tested
        server = await asyncio.start_server(self._handle, "127.0.0.1", self.port, ssl=self.terms)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()


def terms(chain: Path, clients: Path | None = None, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    """Return what a server speaks TLS with: its key and certificate, and the authority that its clients need."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.maximum_version = version
    made.load_cert_chain(chain)
    if clients is not None:
        made.verify_mode = ssl.CERT_REQUIRED
        made.load_verify_locations(clients)
    return made


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _signs() -> x509.KeyUsage:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    others = dict.fromkeys((*names, "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(**others, key_cert_sign=True, crl_sign=True)
