import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness import StandIn, chat_body
from inside import Inside, Scripted, inside


async def call_and_leave(
    ring: Inside, headers: Mapping[str, str], body: Mapping[str, Any], *, after: float
) -> list[Any]:
    """Call the application as a server would, and go away after some seconds; return what was sent until then."""
    sent: list[Any] = []
    raw = json.dumps(body).encode()
    messages = [{"type": "http.request", "body": raw, "more_body": False}]

    async def receive() -> Any:
        if messages:
            return messages.pop()
        if after:
            await asyncio.sleep(after)
        return {"type": "http.disconnect"}  # a server that knows it already does not wait

    async def send(message: Any) -> None:
        sent.append(message)

    given = {**headers, "content-type": "application/json"}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/v1/chat/completions",
        "raw_path": b"/v1/chat/completions",
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    await asyncio.wait_for(ring.app(scope, receive, send), 20)
    return sent


def test_a_caller_who_leaves_in_mid_stream_closes_the_upstream_and_is_recorded(
    tmp_path: Path, vendor: StandIn, own: StandIn
) -> None:
    async def run() -> list[dict[str, Any]]:
        async with inside(tmp_path, vendor, own) as ring:
            vendor.chunk_delay_s = 0.3
            sent = await call_and_leave(ring, ring.key(), chat_body(stream=True), after=0.8)
            assert 1 < len(sent) < 6
            return await ring.records("route.outcome")

    (outcome,) = asyncio.run(run())
    assert outcome["status"] == "client_abort"
    assert outcome["http"] == 200
    assert outcome["bytes_recv"] > 0


def test_a_caller_who_left_before_the_first_byte_is_recorded_as_well(
    tmp_path: Path, vendor: StandIn, own: StandIn
) -> None:
    async def run() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        async with inside(tmp_path, vendor, own) as ring:
            vendor.answer_delay_s = vendor.chunk_delay_s = 0.1
            await call_and_leave(ring, ring.key(), chat_body(stream=True), after=0.0)
            return await ring.records("route.decision"), await ring.records("route.outcome")

    decisions, outcomes = asyncio.run(run())
    assert [outcome["dec"] for outcome in outcomes] == [decision["id"] for decision in decisions]
    assert outcomes[0]["status"] == "client_abort"


def test_a_stream_is_marked_as_one_that_no_cache_may_hold_back(tmp_path: Path, vendor: StandIn) -> None:
    async def run() -> Any:
        async with inside(tmp_path, vendor) as ring:
            return await ring.client.post("/v1/chat/completions", json=chat_body(stream=True), headers=ring.key())

    answer = asyncio.run(run())
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-accel-buffering"] == "no"
    assert answer.text.endswith("data: [DONE]\n\n")


def test_an_upstream_that_does_not_stream_though_asked_is_answered_whole(tmp_path: Path, vendor: StandIn) -> None:
    async def run() -> Any:
        async with inside(tmp_path, vendor) as ring:
            vendor.routes["/v1/chat/completions"] = {"id": "c", "choices": [], "model": "gpt-4o"}
            return await ring.client.post("/v1/chat/completions", json=chat_body(stream=True), headers=ring.key())

    assert asyncio.run(run()).json() == {"id": "c", "choices": [], "model": "gpt-4o"}


def test_the_scan_is_made_for_the_team_of_the_key_whatever_the_body_says(tmp_path: Path, vendor: StandIn) -> None:
    async def run() -> Scripted:
        async with inside(tmp_path, vendor) as ring:
            body = chat_body(user="team-b", metadata={"team": "team-b"})
            headers = {**ring.key(team="team-a"), "x-team": "team-b"}
            await ring.client.post("/v1/chat/completions", json=body, headers=headers)
            return ring.detector

    assert asyncio.run(run()).tenants == ["team-a"]
