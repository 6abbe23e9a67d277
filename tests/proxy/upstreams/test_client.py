import asyncio
import hashlib
import ipaddress
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from harness import StandIn

from proxy.upstreams import client as door
from proxy.upstreams.client import Timeouts, UpstreamClient
from proxy.upstreams.connection import Response
from proxy.upstreams.errors import Lost, NotSent
from proxy.upstreams.permit import Confirm, EgressPermit, Outgoing, PermitError
from proxy.upstreams.upstream import Upstream

BODY = b'{"model":"m","messages":[]}'
ASKED = Outgoing("chat", "POST", "/chat/completions", BODY)


def fingerprint(tenant: str, endpoint: str, told: bytes) -> str:
    return hashlib.sha256(tenant.encode() + endpoint.encode() + told).hexdigest()


def record(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "kind": "route.decision",
        "zone": "cloud-us",
        "zones_left": ["cloud-us"],
        "dry_run": False,
        "req": {"endpoint": "chat"},
        "up": {"id": "vendor", "zone": "cloud-us", "body_fp": fingerprint("team", "chat", BODY)},
    }
    return {**made, **changes}


IMPATIENT = Timeouts(1.0, 0.3)


@dataclass
class Raw(StandIn):
    """Answers everything with these very bytes, a little later `more`, and keeps the connection open."""

    answer: bytes = b""
    more: bytes = b""

    async def _answer(self, method: str, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(self.answer)
        await writer.drain()
        if self.more:
            await asyncio.sleep(0.1)
            writer.write(self.more)
        return True


@pytest.fixture
def server() -> Iterator[StandIn]:
    made = StandIn()
    yield made
    made.stop()


def upstream_of(server: StandIn, **changes: Any) -> Upstream:
    return replace(Upstream("vendor", "openai", "cloud-us", server.url, "VENDOR_KEY"), **changes)


async def read(response: Response) -> bytes:
    """Read a body to its end."""
    body = bytearray()
    while piece := await response.read():
        body += piece
    return bytes(body)


def send(
    upstream: Upstream,
    permit: EgressPermit | None = None,
    stored: Mapping[str, Any] | None = None,
    *,
    times: int = 1,
    outgoing: Outgoing = ASKED,
    within: Timeouts = Timeouts(1.0, 1.0),  # noqa: B008 - a frozen value
) -> list[tuple[int, bytes]]:
    async def run() -> list[tuple[int, bytes]]:
        client = UpstreamClient(upstream, within, lambda _: stored or record(), fingerprint)
        answers = []
        try:
            for _ in range(times):
                response = await client.send(permit or EgressPermit("r", "team", "vendor", "cloud-us", ASKED), outgoing)
                try:
                    answers.append((response.status_code, await read(response)))
                finally:
                    response.close()
        finally:
            await client.close()
        return answers

    return asyncio.run(run())


def test_a_permitted_body_arrives_with_our_headers_only(server: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENDOR_KEY", "k-1")
    assert send(upstream_of(server))[0][0] == 200
    seen = server.posts[0]
    assert seen.body == BODY
    assert set(seen.headers) == {
        *("host", "accept", "accept-encoding", "content-type", "content-length", "user-agent", "authorization")
    }
    assert seen.headers["accept-encoding"] == "identity"
    assert seen.headers["authorization"] == "Bearer k-1"


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("http://127.0.0.1/v1", "127.0.0.1"),
        ("http://[::1]:8080/v1", "[::1]:8080"),
        ("https://Example.ORG:443", "example.org:443"),
        ("https://b\u00fccher.example:8443/v1", "xn--bcher-kva.example:8443"),
        ("http://a..b/v1", "a..b"),
    ],
)
def test_a_server_is_called_by_the_name_that_is_configured(url: str, named: str) -> None:
    client = UpstreamClient(Upstream("u", "openai", "z", url), Timeouts(1, 1), lambda _: None, fingerprint)
    assert f"\r\nhost: {named}\r\n".encode() in client._written(ASKED)


@pytest.mark.parametrize(
    ("path", "target"),
    [("/responses/a?b=%41", "/v1/responses/a?b=%41"), ("/a b\r\nx: y#\u00e9", "/v1/a%20b%0D%0Ax:%20y%23%C3%A9")],
)
def test_no_path_can_be_more_than_a_path(path: str, target: str) -> None:
    at = Upstream("u", "openai", "z", "http://h/v1")
    client = UpstreamClient(at, Timeouts(1, 1), lambda _: None, fingerprint)
    written = client._written(Outgoing("responses", "GET", path, b""))
    assert written.startswith(f"GET {target} HTTP/1.1\r\n".encode())
    assert written.count(b"\r\n\r\n") == 1


@pytest.mark.parametrize("known", [True, False])
def test_a_permit_whose_record_is_at_hand_is_redeemed_at_once_and_any_other_by_asking(
    server: StandIn, *, known: bool
) -> None:
    asked: list[str] = []

    def confirm(record_id: str) -> Mapping[str, Any]:
        asked.append(record_id)
        return record()

    async def run(at_hand: Confirm) -> None:
        client = UpstreamClient(upstream_of(server), Timeouts(1, 1), confirm, fingerprint, at_hand)
        try:
            (await client.send(EgressPermit("r", "team", "vendor", "cloud-us", ASKED), ASKED)).close()
        finally:
            await client.close()

    asyncio.run(run({"r": record()}.get if known else {}.get))
    assert asked == ([] if known else ["r"])
    asked.clear()
    with pytest.raises(PermitError, match="does not allow this zone"):
        asyncio.run(run({"r": record(zones_left=["onprem"])}.get))
    assert (asked, len(server.posts)) == ([], 1)


@pytest.mark.parametrize("key", ["k-1", ""])
def test_anthropic_gets_its_key_and_a_version_of_ours_in_its_own_headers(
    server: StandIn, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("VENDOR_KEY", key)
    assert send(upstream_of(server, kind="anthropic"))[0][0] == 200
    headers = server.posts[0].headers
    assert headers["anthropic-version"] == "2023-06-01"
    assert headers.get("x-api-key", "") == key
    assert not headers.keys() & {"authorization", "anthropic-beta"}


@pytest.mark.parametrize(
    "stored",
    [
        record(kind="route.outcome"),
        record(dry_run=True),
        record(zone="onprem"),
        record(req={"endpoint": "responses"}),
        record(zones_left=["onprem"]),
        record(up={"id": "other", "zone": "cloud-us", "body_fp": fingerprint("team", "chat", BODY)}),
        record(up={"id": "vendor", "zone": "onprem", "body_fp": fingerprint("team", "chat", BODY)}),
        record(up={"id": "vendor", "zone": "cloud-us", "body_fp": fingerprint("team", "chat", b"other")}),
        record(up={}),
    ],
)
def test_a_record_that_does_not_say_the_same_opens_nothing(server: StandIn, stored: dict[str, Any]) -> None:
    with pytest.raises(PermitError):
        send(upstream_of(server), stored=stored)
    assert server.connections == 0


def test_without_a_durable_record_nothing_is_opened(server: StandIn) -> None:
    async def run() -> None:
        client = UpstreamClient(upstream_of(server), Timeouts(1, 1), lambda _: None, fingerprint)
        await client.send(EgressPermit("r", "team", "vendor", "cloud-us", ASKED), ASKED)

    with pytest.raises(PermitError):
        asyncio.run(run())
    assert server.connections == 0


@pytest.mark.parametrize(
    "permit",
    [
        EgressPermit("r", "team", "other", "cloud-us", ASKED),
        EgressPermit("r", "team", "vendor", "onprem", ASKED),
        EgressPermit("r", "team", "vendor", "cloud-us", replace(ASKED, body=b"other")),
        EgressPermit("r", "other-team", "vendor", "cloud-us", ASKED),
    ],
)
def test_a_permit_for_something_else_opens_nothing(server: StandIn, permit: EgressPermit) -> None:
    with pytest.raises(PermitError):
        send(upstream_of(server), permit)
    assert server.connections == 0


@pytest.mark.parametrize("other", [{"method": "DELETE"}, {"path": "/responses"}, {"endpoint": "responses"}])
def test_a_permit_is_for_one_method_path_and_endpoint(server: StandIn, other: dict[str, str]) -> None:
    with pytest.raises(PermitError):
        send(upstream_of(server), outgoing=replace(ASKED, **other))
    assert server.connections == 0


def test_a_request_without_a_body_needs_a_permit_and_a_record_of_its_method_and_path(server: StandIn) -> None:
    bare = Outgoing("responses", "GET", "/responses/resp_1", b"")
    told = fingerprint("team", "responses", b"GET /responses/resp_1")
    stored = record(req={"endpoint": "responses"}, up={"id": "vendor", "zone": "cloud-us", "body_fp": told})
    permit = EgressPermit("r", "team", "vendor", "cloud-us", bare)
    with pytest.raises(PermitError):
        send(upstream_of(server), EgressPermit("r", "team", "vendor", "cloud-us", bare), outgoing=bare)
    assert server.connections == 0
    assert send(upstream_of(server), permit, stored, outgoing=bare)[0][0] == 200
    assert (server.requests[0].method, server.requests[0].path) == ("GET", "/v1/responses/resp_1")


def test_a_permit_serves_once(server: StandIn) -> None:
    with pytest.raises(PermitError, match="used before"):
        send(upstream_of(server), EgressPermit("r", "team", "vendor", "cloud-us", ASKED), times=2)
    assert len(server.posts) == 1


def test_a_permit_expires(server: StandIn) -> None:
    permit = EgressPermit("r", "team", "vendor", "cloud-us", ASKED)
    permit.expires -= 10
    with pytest.raises(PermitError, match="expired"):
        send(upstream_of(server), permit)
    assert server.connections == 0


def test_what_uses_a_connection_sends_nothing_without_a_permit(server: StandIn) -> None:
    async def run() -> None:
        client = UpstreamClient(upstream_of(server), Timeouts(1, 1), lambda _: record(), fingerprint)
        await client._exchange(ASKED, None)

    with pytest.raises(PermitError):
        asyncio.run(run())
    assert server.connections == 0


def probe(upstream: Upstream, read_s: float = 60.0) -> Any:
    async def run() -> Any:
        client = UpstreamClient(upstream, Timeouts(1, read_s), lambda _: None, fingerprint)
        try:
            return await client.probe("/models")
        finally:
            await client.close()

    return asyncio.run(run())


def test_a_probe_has_a_time_limit_of_its_own(server: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    assert door.PROBE_S == 5.0
    monkeypatch.setattr(door, "PROBE_S", 0.3)
    started = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as hung:
        silent = upstream_of(server, base_url=f"http://127.0.0.1:{hung.getsockname()[1]}/v1")
        with pytest.raises(NotSent) as failure:
            probe(silent)
    assert failure.value.reason == "timeout"
    assert time.monotonic() - started < 5


def test_only_what_needs_no_permit_is_asked_again_where_a_kept_connection_is_gone() -> None:
    asked: list[bytes] = []

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", b""):
            head = await reader.readuntil(b"\r\n\r\n")
            asked.append(head.partition(b" ")[0])
            if b"content-length" in head:
                await reader.readexactly(len(BODY))
            writer.write(answer)
        writer.close()

    async def run() -> None:
        async with await asyncio.start_server(once, "127.0.0.1", 0) as listening:
            url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
            at = Upstream("vendor", "openai", "cloud-us", url)
            client = UpstreamClient(at, Timeouts(1, 1), lambda _: record(), fingerprint)
            assert [await client.probe("/models") for _ in range(2)] == [{}, {}]
            with pytest.raises(Lost, match="connection_lost"):
                await client.send(EgressPermit("r", "team", "vendor", "cloud-us", ASKED), ASKED)
            assert client.idle
            await client.close()

    asyncio.run(run())
    assert asked == [b"GET", b"GET", b"GET", b"POST"]


def test_only_constant_paths_can_be_probed(server: StandIn) -> None:
    async def run(path: str) -> Any:
        client = UpstreamClient(upstream_of(server), Timeouts(1, 1), lambda _: None, fingerprint)
        try:
            return await client.probe(path)
        finally:
            await client.close()

    with pytest.raises(PermitError):
        asyncio.run(run("/models?q=content"))
    assert server.connections == 0
    assert asyncio.run(run("/models"))["object"] == "list"


def test_the_environment_cannot_bend_the_way(server: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    trap = StandIn("trap")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{trap.port}")
    monkeypatch.setenv("NO_PROXY", "")
    assert send(upstream_of(server))[0][0] == 200
    assert trap.connections == 0
    assert len(server.posts) == 1
    trap.stop()


def test_a_cookie_is_never_sent_back(server: StandIn) -> None:
    server.extra_headers = {"set-cookie": "tenant=one; Path=/"}
    send(upstream_of(server), times=2)
    assert len(server.posts) == 2
    assert not any("cookie" in seen.headers for seen in server.posts)


def test_a_redirect_is_an_answer_and_not_followed(server: StandIn) -> None:
    trap = StandIn("trap")
    server.behaviour = "redirect"
    server.extra_headers = {"location": trap.url}
    assert send(upstream_of(server))[0][0] == 307
    assert trap.connections == 0
    trap.stop()


def test_a_server_that_reads_the_body_and_hangs_up_is_lost_and_asked_once(server: StandIn) -> None:
    server.behaviour = "hang_up"
    with pytest.raises(Lost):
        send(upstream_of(server))
    assert len(server.posts) == 1


def test_a_server_that_never_answers_is_lost(server: StandIn) -> None:
    server.behaviour = "hang"
    with pytest.raises(Lost) as lost:
        send(upstream_of(server), within=IMPATIENT)
    assert lost.value.reason == "timeout"


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "more"),
    [
        (CHUNKED + b"5\r\nhello\r\n", b"zz\r\nmore\r\n"),
        (CHUNKED, b"zz\r\nmore\r\n"),
        (CHUNKED + b"-1\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", b""),
        (b"HTTP/1.1 200 OK\r\nContent-", b""),
    ],
)
def test_an_answer_that_breaks_or_stalls_is_lost_after_the_read_timeout(answer: bytes, more: bytes) -> None:
    odd = Raw(answer=answer, more=more)
    started = time.monotonic()
    with pytest.raises(Lost):
        send(upstream_of(odd), within=IMPATIENT)
    odd.stop()
    assert time.monotonic() - started < 5


@dataclass
class Flood(Raw):
    """Answers with these very bytes, and then sends `more` without end, until it is cut off."""

    cut: threading.Event = field(default_factory=threading.Event)

    async def _answer(self, method: str, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        writer.write(self.answer)
        try:
            await writer.drain()
            await asyncio.sleep(0.1)
            while True:
                writer.write(self.more * 1000)
                await writer.drain()
        except ConnectionError:
            self.cut.set()
        return False


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.mark.parametrize(
    ("answer", "more"),
    [(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), (b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"), (OK, OK)],
    ids=["interim answers", "headers", "answers to nothing"],
)
def test_a_server_that_sends_without_end_what_is_no_answer_is_cut_off(answer: bytes, more: bytes) -> None:
    """Each would be parsed and kept: the event loop of all requests would do nothing else."""
    flood = Flood(answer=answer, more=more)

    async def run() -> None:
        client = UpstreamClient(upstream_of(flood), Timeouts(60.0, 60.0), lambda _: record(), fingerprint)
        try:
            async with asyncio.timeout(20):
                response = await client.send(EgressPermit("r", "team", "vendor", "cloud-us", ASKED), ASKED)
                assert await read(response) == b"{}"
                response.close()
                assert await asyncio.to_thread(flood.cut.wait, 15)
        finally:
            await client.close()

    if answer == OK:
        asyncio.run(run())
    else:
        with pytest.raises(Lost):
            asyncio.run(run())
        assert flood.cut.wait(15)
    flood.stop()


def test_a_long_answer_that_comes_at_once_is_read_whole() -> None:
    body = b"x" * 3_000_000
    odd = Raw(
        answer=b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    )
    assert send(upstream_of(odd), times=1) == [(200, body)]
    odd.stop()


def test_a_header_that_is_no_text_does_not_spoil_the_answer() -> None:
    odd = Raw(answer=b"HTTP/1.1 200 OK\r\nX-Odd: \xff\xfe\r\nContent-Length: 2\r\n\r\n{}")
    assert send(upstream_of(odd)) == [(200, b"{}")]
    odd.stop()


@pytest.mark.parametrize(
    "body", [b"[" * 200_000, b"\xff\xfe", b"{", b"", b'{"a": NaN}', b'"' + b"x" * door.MAX_PROBE_BYTES + b'"']
)
def test_a_probe_that_answers_nonsense_is_a_failed_probe(body: bytes) -> None:
    odd = Raw(answer=b"HTTP/1.1 200 OK\r\nX-Odd: \xff\xfe\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    with pytest.raises(Lost):
        probe(upstream_of(odd))
    odd.stop()


def test_a_refused_connection_is_proof_that_nothing_was_sent(server: StandIn) -> None:
    upstream = upstream_of(server)
    server.stop()
    with pytest.raises(NotSent) as failure:
        send(upstream)
    assert failure.value.reason == "connect"


def test_an_address_outside_the_zone_is_not_connected_to(server: StandIn) -> None:
    elsewhere = (ipaddress.ip_network("10.1.0.0/16"),)
    with pytest.raises(NotSent):
        send(upstream_of(server, networks=elsewhere))
    assert server.connections == 0
    assert send(upstream_of(server, networks=(ipaddress.ip_network("127.0.0.0/8"),)))[0][0] == 200


def test_a_name_that_resolves_outside_the_zone_is_not_connected_to(server: StandIn) -> None:
    named = upstream_of(
        server, base_url=f"http://localhost:{server.port}/v1", networks=(ipaddress.ip_network("10.0.0.0/8"),)
    )
    with pytest.raises(NotSent):
        send(named)
    assert server.connections == 0


def test_a_large_body_arrives_whole(server: StandIn) -> None:
    body = b'{"model":"m","messages":["' + b"x" * 3_000_000 + b'"]}'
    stored = record(up={"id": "vendor", "zone": "cloud-us", "body_fp": fingerprint("team", "chat", body)})
    asked = replace(ASKED, body=body)
    permit = EgressPermit("r", "team", "vendor", "cloud-us", asked)
    assert send(upstream_of(server), permit, stored, outgoing=asked)[0][0] == 200
    assert server.posts[0].body == body


@pytest.mark.parametrize("key", ["k\r\nx-injected: 1", "k\u00e9", "k k"], ids=["two lines", "a letter", "a space"])
def test_a_key_that_cannot_be_one_opens_nothing(server: StandIn, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("VENDOR_KEY", key)
    for attempt in (lambda: send(upstream_of(server)), lambda: probe(upstream_of(server))):
        with pytest.raises(NotSent) as failure:
            attempt()
        assert failure.value.reason == "key_unusable"
    assert server.connections == 0


def test_a_key_from_a_file_is_sent(server: StandIn, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-a-file\n")
    send(upstream_of(server, api_key_env="", api_key_file=str(tmp_path / "key")))
    assert server.posts[0].headers["authorization"] == "Bearer from-a-file"


def test_an_upstream_may_be_waited_for_shorter_or_longer_than_others(server: StandIn) -> None:
    server.answer_delay_s = 0.5
    assert send(upstream_of(server, read_s=60), within=IMPATIENT)[0][0] == 200
    server.behaviour = "hang"
    with pytest.raises(Lost) as lost:
        send(upstream_of(server, connect_s=1, read_s=0.3), within=Timeouts(600.0, 600.0))
    assert lost.value.reason == "timeout"
