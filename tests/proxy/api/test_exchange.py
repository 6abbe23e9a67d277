import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness import StandIn, chat_body, eventually
from inside import Inside, Scripted, inside

from proxy.endpoints.endpoint import Dialect


async def call_and_leave(
    ring: Inside,
    headers: Mapping[str, str],
    body: Mapping[str, Any],
    *,
    after: float,
    takes: bool = True,
    ready: Callable[[list[Any]], object] = lambda _: True,
) -> list[Any]:
    """Call the application as a server would, and go away some seconds after all is `ready`; return what was sent.

    A caller that does not take what is sent lets the server wait for room in the connection.
    """
    sent: list[Any] = []
    raw = json.dumps(body).encode()
    messages = [{"type": "http.request", "body": raw, "more_body": False}]

    async def receive() -> Any:
        if messages:
            return messages.pop()
        while not ready(sent):  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.02)
        if after:
            await asyncio.sleep(after)
        return {"type": "http.disconnect"}  # a server that knows it already does not wait

    async def send(message: Any) -> None:
        sent.append(message)
        if not takes:
            await asyncio.sleep(3600)

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


def test_a_caller_who_left_at_once_leaves_no_decision_open(tmp_path: Path, vendor: StandIn) -> None:
    async def run() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        async with inside(tmp_path, vendor) as ring:
            for _ in range(10):
                assert await call_and_leave(ring, ring.key(), chat_body(stream=True), after=0.0) == []
            return await ring.records("route.decision"), await ring.records("route.outcome")

    decisions, outcomes = asyncio.run(run())
    assert sorted(outcome["dec"] for outcome in outcomes) == sorted(decision["id"] for decision in decisions)
    assert {(outcome["status"], outcome["bytes_sent"]) for outcome in outcomes} <= {("not_sent", 0)}
    assert vendor.connections == 0


class Dripping:
    """A model server that sends the beginning of an answer and then a blank now and then, for ever."""

    def __init__(self, behaviour: str) -> None:
        self.head = {
            "silent": b"",
            "dripping an answer": b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n",
            "dripping a stream": b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: hello\n\n",
        }[behaviour]
        self.body = b""
        self.closed = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            self.body = await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r")[0]))
            writer.write(self.head)
            ending = asyncio.ensure_future(reader.read(1))
            while not ending.done():
                writer.write(b" " if self.head else b"")
                await asyncio.wait({ending}, timeout=0.05)
            ending.result()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.closed.set()
            writer.close()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("behaviour", ["silent", "dripping an answer", "dripping a stream"])
def test_a_caller_who_leaves_ends_the_wait_for_the_upstream_and_closes_its_connection(
    tmp_path: Path, behaviour: str, stream: bool
) -> None:
    async def run() -> None:
        drip = Dripping(behaviour)
        async with await asyncio.start_server(drip.serve, "127.0.0.1", 0) as server:
            row = {"name": "v", "kind": "openai", "zone": "cloud-us", "models": ["gpt-4*"]}
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
            (tmp_path / "up.yaml").write_text(yaml.safe_dump({"upstreams": [{**row, "base_url": url}]}))
            async with inside(tmp_path, upstreams=tmp_path / "up.yaml") as ring:
                begun: Callable[[list[Any]], object] = lambda sent: sent  # noqa: E731
                if behaviour != "dripping a stream":
                    begun = lambda _: drip.body  # noqa: E731
                call = call_and_leave(ring, ring.key(), chat_body(stream=stream), after=0.5, ready=begun)
                sent = await asyncio.wait_for(call, timeout=20)
                assert bool(sent) == (behaviour == "dripping a stream")
                await asyncio.wait_for(drip.closed.wait(), 2)
                (decision,) = await ring.records("route.decision")
                (outcome,) = await ring.records("route.outcome")
                assert (outcome["dec"], outcome["status"]) == (decision["id"], "client_abort")
                assert outcome["bytes_sent"] == len(drip.body) > 0
                assert (outcome["bytes_recv"] > 0) == (behaviour != "silent")

    asyncio.run(run())


def test_a_caller_who_leaves_before_it_takes_a_byte_of_the_stream_is_recorded_once(
    tmp_path: Path, vendor: StandIn
) -> None:
    async def run() -> list[dict[str, Any]]:
        async with inside(tmp_path, vendor) as ring:
            await call_and_leave(ring, ring.key(), chat_body(stream=True), after=0.5, takes=False)
            return await ring.records("route.outcome")

    (outcome,) = asyncio.run(run())
    assert (outcome["status"], outcome["http"]) == ("client_abort", 200)


@pytest.mark.parametrize("stream", [False, True])
def test_a_failure_of_ours_in_mid_answer_is_not_taken_for_a_caller_who_left(
    tmp_path: Path, vendor: StandIn, stream: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError

    async def run() -> tuple[list[Any], list[dict[str, Any]]]:
        async with inside(tmp_path, vendor) as ring:
            monkeypatch.setattr(Dialect, "see", broken)
            sent = await call_and_leave(ring, ring.key(), chat_body(stream=stream), after=10)
            return sent, await ring.records("route.outcome")

    sent, (outcome,) = asyncio.run(run())
    assert sent[0]["status"] == (200 if stream else 500)
    assert (outcome["status"], outcome["http"]) == ("unknown", 200)


def test_a_request_that_the_server_ends_is_not_taken_for_a_caller_who_left(tmp_path: Path, vendor: StandIn) -> None:
    async def run() -> list[dict[str, Any]]:
        async with inside(tmp_path, vendor) as ring:
            vendor.behaviour = "hang"
            asking = asyncio.create_task(call_and_leave(ring, ring.key(), chat_body(), after=60))
            await asyncio.to_thread(eventually, lambda: vendor.posts)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            return await ring.records("route.outcome")

    (outcome,) = asyncio.run(run())
    assert outcome["status"] == "unknown"


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
