"""Whatever happens to the own zone's servers, a pinned request is answered there or not at all.

Two own servers stand beside a healthy vendor that serves the very model that is asked for. The request holds a card
number, which the shipped policies keep at home; each test ends with a harmless one, which does reach the vendor.
"""

import asyncio
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from harness import QUICK, Ringfence, StandIn, chat_body, eventually, ringfence

CARD = "4929 7182 0364 " + "5103"
PINNED = f"Is {CARD} a valid number?"
READ_S = 1
BEFORE = ("refused", "reset", "hang_up", "hang", "slow", "status:500", "status:503")
"""Faults before an answer has begun: another server of the zone may be asked."""
WITHIN = ("status:501", "half_answer", "half_stream", "error_in_stream", "garbage", "wrong_model")
"""And those of an answer that has: nobody else is."""


class Faulty(StandIn):
    """A model server that also fails in ways of its own."""

    async def _answer(self, method: str, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        if method == "POST" and self.behaviour == "reset":
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
            return False
        if method == "POST" and self.behaviour == "half_answer":
            writer.write(self._head(200, {"content-type": "application/json", "content-length": "1000"}) + b'{"id":')
            await writer.drain()
            return False
        self.answer_delay_s = 3 * READ_S if self.behaviour == "slow" else 0
        self.model_reported = "gpt-4o-mini" if self.behaviour == "wrong_model" else ""
        return await super()._answer(method, path, body, writer)


@dataclass
class Zone:
    """A server with two own model servers and a vendor."""

    server: Ringfence
    own: list[Faulty]
    vendor: StandIn
    client: httpx.Client

    def mend(self) -> None:
        """Start again what was stopped; forget what arrived."""
        for number, server in enumerate(self.own):
            if not server._thread.is_alive():
                self.own[number] = Faulty(server.name, port=server.port)
        for server in (*self.own, self.vendor):
            server.clear()

    def fail(self, number: int, fault: str) -> None:
        """Make an own server fail."""
        if fault == "refused":
            self.own[number].stop()
        else:
            self.own[number].behaviour = fault

    def failures(self) -> int:
        """Return how many failures were counted at the own servers, once no place anywhere is held."""
        rows = eventually(self._at_rest)
        return sum(row["failures"] for row in rows if row["zone"] == "onprem")

    def _at_rest(self) -> list[dict[str, Any]] | None:
        rows = self.server.admin("upstreams.state")["upstreams"]
        return rows if all((row["in_flight"], row["waiting"]) == (0, 0) for row in rows) else None

    def ask(self, text: str, **fields: Any) -> httpx.Response:
        return self.client.post("/v1/chat/completions", json=chat_body(text, **fields))

    def assert_nothing_reached_the_vendor(self) -> None:
        """Not a byte, not even of a connection; then a harmless request, which does and holds what it says."""
        assert bytes(self.vendor.received) == b""
        assert self.vendor.connections == 0
        assert self.ask("Is a marmot a rodent?").headers["x-ringfence-zone"] == "cloud-us"
        assert b"marmot" in self.vendor.received
        assert CARD.encode() not in self.vendor.received


def running(home: Path, **settings: Any) -> Iterator[Zone]:
    own, vendor = [Faulty("one"), Faulty("two")], StandIn("vendor")
    rows = [{"name": at.name, "kind": "openai", "zone": "onprem", "base_url": at.url, "models": ["own"]} for at in own]
    rows.append({"name": "vendor", "kind": "openai", "zone": "cloud-us", "base_url": vendor.url, "models": ["gpt-4*"]})
    file = home / "upstreams.yaml"
    file.write_text(yaml.safe_dump({"upstreams": rows, "models": {"gpt-4o-mini": {"onprem": "own"}}}))
    chosen = {**QUICK, "upstream_read_timeout_s": READ_S, **settings}
    with ringfence(home / "home", file, **chosen) as server, server.client() as client:
        yield Zone(server, own, vendor, client)
    for standin in (*own, vendor):
        standin.stop()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zone]:
    """Never tired of a server that fails, so that each test meets its fault."""
    yield from running(tmp_path_factory.mktemp("zone"))


@pytest.fixture
def zone(shared: Zone) -> Zone:
    shared.mend()
    return shared


@pytest.fixture
def tiring(tmp_path: Path) -> Iterator[Zone]:
    """One that leaves a server alone after two failures, and looks after all of them."""
    yield from running(tmp_path, upstream_failures=2, upstream_health_s=1)


@pytest.mark.parametrize("fault", BEFORE)
def test_no_fault_of_all_own_servers_sends_a_pinned_request_to_a_vendor(zone: Zone, fault: str) -> None:
    before = zone.failures()
    for number in range(2):
        zone.fail(number, fault)
    answer = zone.ask(PINNED, stream=True)
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] in {"upstream_unavailable", "upstream_lost"}
    assert [len(server.posts) for server in zone.own] == ([0, 0] if fault == "refused" else [1, 1])
    assert zone.failures() == before + 2
    zone.assert_nothing_reached_the_vendor()


@pytest.mark.parametrize("fault", BEFORE)
def test_with_one_healthy_own_server_a_pinned_request_is_answered_there(zone: Zone, fault: str) -> None:
    zone.fail(0, fault)
    answer = zone.ask(PINNED)
    assert answer.status_code == 200
    assert (answer.headers["x-ringfence-decision"], answer.headers["x-ringfence-zone"]) == ("pin", "onprem")
    assert [len(server.posts) for server in zone.own] == [0 if fault == "refused" else 1, 1]
    assert CARD.encode() in zone.own[1].received
    zone.assert_nothing_reached_the_vendor()


@pytest.mark.parametrize("fault", WITHIN)
def test_an_answer_that_goes_wrong_is_not_asked_for_anywhere_else(zone: Zone, fault: str) -> None:
    before = zone.failures()
    zone.fail(0, fault)
    zone.fail(1, fault)
    answer = zone.ask(PINNED, stream=fault in {"half_stream", "error_in_stream"})
    assert answer.headers["x-ringfence-zone"] == "onprem"
    assert sum(len(server.posts) for server in zone.own) == 1
    if fault == "wrong_model":
        assert answer.status_code == 200
    elif fault in {"half_stream", "error_in_stream"}:
        assert '"error"' in answer.text
        assert "[DONE]" not in answer.text
    else:
        assert answer.status_code == 502
    assert zone.failures() == before + (fault != "wrong_model")
    zone.assert_nothing_reached_the_vendor()


def test_servers_that_are_left_alone_or_known_to_be_down_are_no_reason_to_leave_the_zone(tiring: Zone) -> None:
    for number in range(2):
        tiring.fail(number, "status:500")
    for _ in range(5):
        answer = tiring.ask(PINNED)
        assert answer.status_code == 503
    assert [len(server.posts) for server in tiring.own] == [2, 2], "then they were left alone"
    assert int(answer.headers["retry-after"]) >= 1
    for server in tiring.own:
        server.stop()
    eventually(lambda: tiring.server.log_path.read_text().count("is down: connect") == 2, 30)
    assert tiring.ask(PINNED).status_code == 503
    tiring.assert_nothing_reached_the_vendor()
    tiring.vendor.clear()
    tiring.own = [Faulty(server.name, port=server.port) for server in tiring.own]
    answer = eventually(lambda: (got := tiring.ask(PINNED)).status_code == 200 and got, 30)
    assert answer.headers["x-ringfence-zone"] == "onprem"
    tiring.assert_nothing_reached_the_vendor()
