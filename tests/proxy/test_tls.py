import asyncio
import contextlib
import ssl
from pathlib import Path

import httpx
import pytest
import uvloop
from certificates import CertificateAuthority
from cryptography.hazmat.primitives import serialization
from harness import QUICK, StandIn, chat_body, ringfence, upstreams_file

from proxy import tls
from proxy.errors import ConfigurationError
from proxy.seat import listen
from proxy.settings import Settings
from proxy.tls import Certificate


@pytest.fixture
def authority(tmp_path: Path) -> CertificateAuthority:
    return CertificateAuthority(tmp_path)


def test_a_server_speaks_tls_and_nothing_else(tmp_path: Path, authority: CertificateAuthority, cloud: StandIn) -> None:
    file = upstreams_file(tmp_path / "upstreams.yaml", cloud, None)
    own = authority.issue("ringfence", ["127.0.0.1"])
    with ringfence(tmp_path / "home", file, tls_certificate=own, **QUICK) as server:
        assert server.url.startswith("https://")
        trusting = ssl.create_default_context(cafile=str(authority.ca))
        headers = {"authorization": f"Bearer {server.key()}"}
        with httpx.Client(verify=trusting, headers=headers, base_url=server.url, trust_env=False) as client:
            assert client.post("/v1/chat/completions", json=chat_body()).status_code == 200
        with pytest.raises(httpx.HTTPError):
            httpx.get(server.url.replace("https", "http") + "/livez", trust_env=False)
        with pytest.raises(httpx.ConnectError, match="certificate"):
            httpx.get(f"{server.url}/livez", trust_env=False)


def shown(certificate: Certificate, trusted: CertificateAuthority) -> bytes:
    """Return the certificate that a caller sees, after a handshake in memory."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = certificate.context.wrap_bio(there, back, server_side=True)
    trusting = ssl.create_default_context(cafile=str(trusted.ca))
    caller = trusting.wrap_bio(back, there, server_hostname="127.0.0.1")
    for side in (caller, server, caller, server):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    seen = caller.getpeercert(binary_form=True)
    assert seen is not None
    return seen


def test_who_does_not_end_the_handshake_is_not_waited_for(
    authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "HANDSHAKE_S", 0.2)
    context = Certificate(authority.issue("ringfence", ["127.0.0.1"]), None).context

    async def run() -> None:
        sock = listen("127.0.0.1", 0)
        server = await tls.accept(asyncio.Protocol, sock, context, 10)
        reader, writer = await asyncio.open_connection(*sock.getsockname())
        with contextlib.suppress(ConnectionResetError):
            assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
        server.close()

    uvloop.run(run())


def test_a_renewed_certificate_is_taken_up_and_a_broken_one_is_not(authority: CertificateAuthority) -> None:
    path = authority.issue("ringfence", ["127.0.0.1"])
    certificate = Certificate(path, None)
    first = shown(certificate, authority)
    assert certificate.context.minimum_version is ssl.TLSVersion.TLSv1_2
    certificate.renew()
    assert shown(certificate, authority) == first
    path.write_text(path.read_text().partition("-----BEGIN CERTIFICATE")[0])
    certificate.renew()
    assert shown(certificate, authority) == first
    authority.issue("ringfence", ["127.0.0.1"])
    certificate.renew()
    assert shown(certificate, authority) != first


def test_what_cannot_be_used_is_named(tmp_path: Path, authority: CertificateAuthority) -> None:
    path = authority.issue("ringfence", ["127.0.0.1"])
    other = authority.issue("other", ["127.0.0.1"])
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    secret = serialization.BestAvailableEncryption(b"a password")
    locked = tmp_path / "locked.pem"
    locked.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, secret)
        + path.read_bytes().partition(b"-----END PRIVATE KEY-----\n")[2]
    )
    for settings, why in (
        (Settings(tls_certificate=tmp_path / "none.pem"), "none.pem cannot be used: No such file"),
        (Settings(tls_certificate=authority.ca), "cannot be used: it is no PEM certificate with its key"),
        (Settings(tls_certificate=path, tls_key=other), "cannot be used: it is no PEM certificate with its key"),
        (Settings(tls_certificate=locked), "cannot be used: it is no PEM certificate with its key"),
        (Settings(tls_key=path), "tls_key: a key needs the tls_certificate"),
    ):
        with pytest.raises(ConfigurationError, match=why):
            Certificate.of(settings)
    assert Certificate.of(Settings()) is None
