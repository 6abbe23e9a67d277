"""Whoever goes away at any point, at any endpoint: the model server is let go, and the record says how it ended."""

import json
import socket
import struct
from typing import Any
from urllib.parse import urlsplit

import pytest
from harness import Ringfence, StandIn, chat_body, eventually
from properties.translating import SAID_AT

from audit.access import Filters, Records

pytestmark = pytest.mark.usefixtures("quiet")

BODIES = {"chat/completions": lambda body: body, **{at: said for at, said in SAID_AT.items() if at != "embeddings"}}
EVENTS = 8
"""What the scripted model server streams: a comment, a role, five words and an end."""


def request(server: Ringfence, key: str, at: str) -> bytes:
    body = json.dumps(BODIES[at](chat_body("How many lanterns are there?", stream=True))).encode()
    head = f"POST /v1/{at} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def connected(server: Ringfence) -> socket.socket:
    at = urlsplit(server.url)
    return socket.create_connection((at.hostname or "", at.port or 0), timeout=20)


def leave(connection: socket.socket, *, rudely: bool) -> None:
    if rudely:  # a reset instead of an end
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def decided_and_ended(server: Ringfence, after: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return decisions behind a record, and their outcomes: those of others may come late."""
    page = Records(server.home / "audit.db").page(Filters(), after=after, limit=1000)
    decisions, outcomes = (
        [record.body for record in page.records if record.body["kind"] == kind]
        for kind in ("route.decision", "route.outcome")
    )
    made = {decision["id"] for decision in decisions}
    return decisions, [outcome for outcome in outcomes if outcome["dec"] in made]


def last_seq(server: Ringfence) -> int:
    found, after = -1, -1
    while True:
        page = Records(server.home / "audit.db").page(Filters(), after=after, limit=1000)
        found = page.records[-1].seq if page.records else found
        if page.next is None:
            return found
        after = page.next


@pytest.mark.parametrize("at", BODIES)
@pytest.mark.parametrize("rudely", [False, True], ids=["closing", "resetting"])
def test_whoever_leaves_before_the_request_is_whole_leaves_no_trace(
    server: Ringfence, app_key: str, cloud: StandIn, at: str, *, rudely: bool
) -> None:
    whole, before = request(server, app_key, at), last_seq(server)
    for length in (1, 40, len(whole) // 2, len(whole) - 1):
        connection = connected(server)
        connection.sendall(whole[:length])
        leave(connection, rudely=rudely)
    with connected(server) as connection:
        connection.sendall(whole)
        eventually(lambda: decided_and_ended(server, before)[1])
    decisions, _ = decided_and_ended(server, before)
    assert len(decisions) == len(cloud.posts) == 1, "only the whole one was judged and sent"


@pytest.mark.parametrize("at", BODIES)
@pytest.mark.parametrize("rudely", [False, True], ids=["closing", "resetting"])
def test_whoever_leaves_after_any_event_lets_the_model_server_go_and_is_recorded(
    server: Ringfence, app_key: str, cloud: StandIn, at: str, *, rudely: bool
) -> None:
    cloud.chunk_delay_s = 0.05
    try:
        for events in range(1, EVENTS):
            before = last_seq(server)
            connection = connected(server)
            connection.sendall(request(server, app_key, at))
            seen = b""
            while seen.count(b"\n\n") < events:
                seen += connection.recv(4096)
            leave(connection, rudely=rudely)
            (outcome,) = eventually(lambda since=before: decided_and_ended(server, since)[1])
            (decision,) = decided_and_ended(server, before)[0]
            assert outcome["dec"] == decision["id"]
            assert outcome["status"] in ({"client_abort"} if events < EVENTS - 2 else {"client_abort", "ok"})
            assert outcome["bytes_sent"] == len(cloud.posts[-1].body)
    finally:
        cloud.chunk_delay_s = 0.0


@pytest.mark.parametrize("at", BODIES)
def test_whoever_leaves_without_waiting_leaves_no_decision_open(
    server: Ringfence, app_key: str, cloud: StandIn, at: str
) -> None:
    before = last_seq(server)
    for rudely in (True, False) * 5:
        connection = connected(server)
        connection.sendall(request(server, app_key, at))
        leave(connection, rudely=rudely)
    with connected(server) as connection:
        connection.sendall(request(server, app_key, at))
        eventually(lambda: any(ended["status"] == "ok" for ended in decided_and_ended(server, before)[1]))
    decisions, outcomes = eventually(lambda: all_closed(*decided_and_ended(server, before)))
    sent = [ended for ended in outcomes if ended["status"] != "not_sent"]
    assert len(cloud.posts) <= len(sent) <= len(decisions)


def all_closed(decisions: list[dict[str, Any]], outcomes: list[dict[str, Any]]) -> Any:
    made, closed = ([body[name] for body in bodies] for name, bodies in (("id", decisions), ("dec", outcomes)))
    return (decisions, outcomes) if sorted(made) == sorted(closed) else None
