"""Certificates of one's own, between Ringfence and its upstreams: whoever fails either gets not a byte."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from certificates import CertificateAuthority, TlsStandIn, terms
from harness import chat_body
from inside import Scripted, inside

SECRET = "Maria Gonzalez"


@dataclass(frozen=True)
class Answered:
    status: int
    body: Any
    outcomes: list[dict[str, Any]]


@pytest.fixture
def ours(tmp_path: Path) -> CertificateAuthority:
    return CertificateAuthority(tmp_path)


@pytest.fixture
def server(ours: CertificateAuthority) -> Iterator[TlsStandIn]:
    """A model server that demands a certificate of our authority's."""
    made = TlsStandIn(terms=terms(ours.issue("server", ["127.0.0.1"]), ours.ca))
    yield made
    made.stop()


def asked(tmp_path: Path, server: TlsStandIn, zone: str, tls: dict[str, str]) -> Answered:
    """Ask once, with a finding that pins the request where the zone is an own one."""
    row = {"name": "u", "kind": "openai", "zone": zone, "base_url": server.url, "default_model": "m", "tls": tls}
    file = tmp_path / "upstreams.yaml"
    file.write_text(yaml.safe_dump({"upstreams": [row]}))
    found = {SECRET: "PERSON"} if zone == "onprem" else {}

    async def run() -> Answered:
        async with inside(tmp_path / "home", upstreams=file, detector=Scripted(found)) as ring:
            key = ring.key()
            answer = await ring.client.post(
                "/v1/chat/completions", json=chat_body(f"Who is {SECRET}?", "m"), headers=key
            )
            return Answered(answer.status_code, answer.json(), await ring.records("route.outcome"))

    return asyncio.run(run())


ZONES = pytest.mark.parametrize("zone", ["onprem", "cloud-us"])


@ZONES
def test_with_our_authority_and_our_certificate_it_is_answered(
    tmp_path: Path, ours: CertificateAuthority, server: TlsStandIn, zone: str
) -> None:
    ours.issue("us")
    answered = asked(tmp_path, server, zone, {"ca": ours.ca.name, "certificate": "us.pem"})
    assert answered.status == 200
    assert SECRET in server.received.decode()
    assert [outcome["status"] for outcome in answered.outcomes] == ["ok"]


@ZONES
def test_a_server_that_another_authority_vouches_for_gets_nothing_and_the_record_says_so(
    tmp_path: Path, ours: CertificateAuthority, server: TlsStandIn, zone: str, caplog: pytest.LogCaptureFixture
) -> None:
    ours.issue("us")
    others = CertificateAuthority(tmp_path, "others")
    answered = asked(tmp_path, server, zone, {"ca": others.ca.name, "certificate": "us.pem"})
    assert (answered.status, answered.body["error"]["code"]) == (503, "upstream_unavailable")
    assert answered.body["error"]["message"].endswith("tls.")
    assert (server.connections, bytes(server.received)) == (0, b"")
    assert [(outcome["status"], outcome["bytes_sent"]) for outcome in answered.outcomes] == [("not_sent", 0)]
    assert SECRET not in f"{answered.body}{caplog.text}{answered.outcomes}"
    assert "Traceback" not in caplog.text


@ZONES
def test_a_server_that_wants_a_certificate_that_there_is_none_of_gets_nothing(
    tmp_path: Path, ours: CertificateAuthority, server: TlsStandIn, zone: str, caplog: pytest.LogCaptureFixture
) -> None:
    answered = asked(tmp_path, server, zone, {"ca": ours.ca.name})
    assert (answered.status, answered.body["error"]["type"]) == (503, "service_unavailable")
    assert (server.connections, bytes(server.received)) == (0, b"")
    assert SECRET not in f"{answered.body}{caplog.text}{answered.outcomes}"
    assert "Traceback" not in caplog.text
