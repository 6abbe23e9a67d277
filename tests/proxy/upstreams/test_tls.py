import asyncio
import logging
import os
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from certificates import CertificateAuthority, TlsStandIn, terms
from harness import StandIn

from proxy.files.diagnostics import FileRefused
from proxy.upstreams.client import Timeouts, UpstreamClient
from proxy.upstreams.errors import Lost, NotSent, UpstreamError
from proxy.upstreams.permit import EgressPermit, Outgoing
from proxy.upstreams.reading import load_registry
from proxy.upstreams.tls import Tls
from proxy.upstreams.upstream import Upstream

BODY = b'{"model":"m","messages":[{"role":"user","content":"Jane Doe"}]}'
ASKED = Outgoing("chat", "POST", "/chat/completions", BODY)
HOST = ("127.0.0.1",)
RECORD = {
    "kind": "route.decision",
    "zone": "z",
    "zones_left": ["z"],
    "dry_run": False,
    "req": {"endpoint": "chat"},
    "up": {"id": "u", "zone": "z", "body_fp": "fp"},
}


@pytest.fixture
def ours(tmp_path: Path) -> CertificateAuthority:
    return CertificateAuthority(tmp_path)


@pytest.fixture
def others(tmp_path: Path) -> CertificateAuthority:
    return CertificateAuthority(tmp_path, "others")


@pytest.fixture(params=[ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["TLS 1.2", "TLS 1.3"])
def demanding(ours: CertificateAuthority, request: pytest.FixtureRequest) -> Iterator[TlsStandIn]:
    """A model server that answers nobody without a certificate of our authority's."""
    made = TlsStandIn(terms=terms(ours.issue("server", HOST), ours.ca, request.param))
    yield made
    made.stop()


async def attempt(client: UpstreamClient) -> UpstreamError | None:
    """Send once; return how it failed, which agrees with what its record would say was sent."""
    permit = EgressPermit("r", "team", "u", "z", ASKED)
    failure: UpstreamError | None = None
    try:
        response = await client.send(permit, ASKED)
        response.close()
    except UpstreamError as error:
        failure = error
    assert permit.written is isinstance(failure, Lost)
    return failure


def send(server: StandIn, tls: Tls | None, **more: bool) -> UpstreamError | None:
    return send_to(Upstream("u", "openai", "z", server.url, tls=tls, **more))


def send_to(upstream: Upstream) -> UpstreamError | None:
    async def run() -> UpstreamError | None:
        client = UpstreamClient(upstream, Timeouts(5, 5), lambda _: RECORD, lambda *_: "fp")
        try:
            return await attempt(client)
        finally:
            await client.close()

    return asyncio.run(run())


def why(server: StandIn, tls: Tls | None) -> str:
    """Return why nothing was sent, and make sure that nothing was."""
    error = send(server, tls)
    assert isinstance(error, NotSent)
    assert (server.connections, bytes(server.received)) == (0, b"")
    return error.reason


@pytest.mark.parametrize("vendor", [True, False])
def test_our_authority_and_our_certificate_lead_to_a_server_that_demands_both(
    ours: CertificateAuthority, demanding: TlsStandIn, vendor: bool
) -> None:
    assert send(demanding, Tls(ours.ca.read_text(), str(ours.issue("us"))), vendor=vendor) is None
    assert demanding.posts[0].body == BODY


def test_a_server_of_another_authority_gets_nothing(
    ours: CertificateAuthority, others: CertificateAuthority, demanding: TlsStandIn
) -> None:
    ours_to_show = str(ours.issue("us"))
    assert why(demanding, Tls(others.ca.read_text(), ours_to_show)) == "tls"
    assert why(demanding, Tls("", ours_to_show)) == "tls"
    assert why(demanding, None) == "tls"


@pytest.mark.parametrize(("hosts", "days"), [(HOST, -1), (("127.0.0.2",), 1), ((), 1)], ids=["expired", "host", "none"])
def test_a_certificate_that_is_not_good_for_the_server_gets_nothing(
    ours: CertificateAuthority, hosts: tuple[str, ...], days: int
) -> None:
    server = TlsStandIn(terms=terms(ours.issue("server", hosts, days=days)))
    assert why(server, Tls(ours.ca.read_text())) == "tls"
    server.stop()


@pytest.mark.parametrize("shown", ["nothing", "of others", "expired"])
def test_a_server_that_does_not_take_our_certificate_gets_nothing_through(
    ours: CertificateAuthority, others: CertificateAuthority, demanding: TlsStandIn, shown: str
) -> None:
    """In TLS 1.3 a client learns of it only after it has begun to write, into a connection that nobody reads."""
    given = {
        "nothing": lambda: "",
        "of others": lambda: str(others.issue("them")),
        "expired": lambda: str(ours.issue("us", days=-1)),
    }[shown]()
    error = send(demanding, Tls(ours.ca.read_text(), given))
    assert (demanding.connections, bytes(demanding.received)) == (0, b"")
    assert demanding.terms is not None
    if demanding.terms.maximum_version == ssl.TLSVersion.TLSv1_2:
        assert isinstance(error, NotSent)
        assert error.reason == "tls"
    else:
        assert isinstance(error, Lost)


@contextmanager
def speaking(answer: bytes | None) -> Iterator[tuple[str, bytearray]]:
    """Take one connection and answer these bytes, or nothing ever; gives the URL and all that arrives."""
    arrived = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as thread:

        def take() -> None:
            with suppress(ConnectionError), listening.accept()[0] as connection:
                arrived.extend(connection.recv(10_000))
                if answer is not None:
                    connection.sendall(answer)
                    connection.shutdown(socket.SHUT_WR)
                while piece := connection.recv(10_000):
                    arrived.extend(piece)

        taken = thread.submit(take)
        yield f"https://127.0.0.1:{listening.getsockname()[1]}/v1", arrived
        taken.result(10)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(b"HTTP/1.1 400 Bad Request\r\n\r\n", "tls"), (b"", "tls"), (None, "timeout")],
    ids=["speaks plain http", "hangs up", "says nothing"],
)
def test_what_agrees_on_no_tls_gets_nothing_of_a_request(answer: bytes | None, reason: str) -> None:
    with speaking(answer) as (url, arrived):
        error = send_to(Upstream("u", "openai", "z", url, connect_s=1))
    assert isinstance(error, NotSent)
    assert error.reason == reason
    assert arrived.startswith(b"\x16\x03")  # the first word of a handshake
    assert b"Jane" not in arrived


def test_a_renewed_certificate_is_shown_at_the_next_request(
    ours: CertificateAuthority, others: CertificateAuthority, demanding: TlsStandIn
) -> None:
    path = others.issue("us")
    upstream = Upstream("u", "openai", "z", demanding.url, tls=Tls(ours.ca.read_text(), str(path)))

    async def run() -> list[UpstreamError | None]:
        client = UpstreamClient(upstream, Timeouts(5, 5), lambda _: RECORD, lambda *_: "fp")
        found = [await attempt(client)]
        renewed = ours.issue("renewed")
        await asyncio.to_thread(os.replace, renewed, path)
        found.append(await attempt(client))
        await asyncio.to_thread(path.unlink)
        found.append(await attempt(client))
        await client.close()
        return found

    before, after, gone = asyncio.run(run())
    assert before is not None
    assert after is None
    assert isinstance(gone, NotSent)
    assert gone.reason == "tls"
    assert len(demanding.posts) == 1


def test_what_is_logged_of_a_failure_holds_no_content(
    others: CertificateAuthority, demanding: TlsStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        error = send(demanding, Tls(others.ca.read_text()))
    assert error is not None
    assert error.__suppress_context__
    assert "Jane" not in f"{caplog.text}{error!r}{error.__cause__!r}"
    assert "Traceback" not in caplog.text


def test_the_same_files_make_one_context_and_others_another(ours: CertificateAuthority) -> None:
    made = Tls(ours.ca.read_text(), str(ours.issue("us")))
    assert made.context() is made.context()
    assert made.context() is not Tls(ours.ca.read_text()).context()
    assert made.context().verify_mode is ssl.CERT_REQUIRED
    assert made.context().check_hostname
    assert made.context().minimum_version >= ssl.TLSVersion.TLSv1_2


ROW = 'name: a, kind: openai, zone: z, base_url: "https://h/v1", default_model: m'


def read(folder: Path, tls: str, row: str = ROW) -> Tls:
    (folder / "upstreams.yaml").write_text(f"upstreams:\n  - {{{row}, tls: {tls}}}")
    found = load_registry(folder / "upstreams.yaml").upstreams[0].tls
    assert found is not None
    return found


def test_files_are_named_from_where_the_file_of_upstreams_lies(tmp_path: Path, ours: CertificateAuthority) -> None:
    shown = ours.issue("us")
    found = read(tmp_path, "{ca: test-authority.pem, certificate: us.pem, key: us.pem}")
    assert found == Tls(ours.ca.read_text(), str(shown), str(shown))


@pytest.mark.parametrize(
    ("tls", "expected"),
    [
        ("{}", "2:87: error[missing-key]"),
        ("{key: us.pem}", "error[missing-key]"),
        ("{ca: none.pem}", "2:92: error[bad-certificate]"),
        ("{ca: upstreams.yaml}", "2:92: error[bad-certificate]"),
        ("{ca: empty.pem}", "2:92: error[bad-certificate]"),
        ("{ca: latin.pem}", "2:92: error[bad-certificate]"),
        ("{ca: pipe.pem}", "2:92: error[bad-certificate]"),
        ("{ca: .}", "2:92: error[bad-certificate]"),
        ("{certificate: test-authority.pem}", "2:101: error[bad-certificate]"),
        ("{certificate: us.pem, key: other.pem}", "2:101: error[bad-certificate]"),
        ("{certificate: none.pem}", "2:101: error[bad-certificate]"),
        ("{ca: us.pem, verify: false}", "2:100: error[unknown-key]"),
        ("yes", "2:87: error[wrong-type]"),
    ],
)
def test_a_mistake_is_refused_with_its_place(
    tmp_path: Path, ours: CertificateAuthority, tls: str, expected: str
) -> None:
    ours.issue("us")
    ours.issue("other")
    (tmp_path / "empty.pem").touch()
    (tmp_path / "latin.pem").write_bytes(b"\xe9")
    os.mkfifo(tmp_path / "pipe.pem")
    with pytest.raises(FileRefused) as refused:
        read(tmp_path, tls)
    said = "\n".join(map(str, refused.value.diagnostics))
    assert expected in said
    assert "PRIVATE" not in said


def test_tls_without_https_is_refused(tmp_path: Path, ours: CertificateAuthority) -> None:
    with pytest.raises(FileRefused, match="no-tls"):
        read(tmp_path, "{ca: test-authority.pem}", ROW.replace("https://h", "http://127.0.0.1"))
    assert read(tmp_path, "{ca: test-authority.pem}").sha256 == Tls(ours.ca.read_text()).sha256
