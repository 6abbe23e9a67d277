"""An upstream is drained and a model swapped under load: no request fails, and nothing new goes to what is drained."""

import asyncio
import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from harness import QUICK, Ringfence, StandIn, chat_body, eventually, ringfence

CALLERS = 4
ANSWER_S = 0.02
OLD, NEW = "old-model", "new-model"


class Loaded(StandIn):
    """A model server that has some models and does not know others."""

    async def _answer(self, method: str, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        if method == "POST" and json.loads(body)["model"] not in self.models:
            return self._reply(writer, 404, b'{"error": {"message": "no such model"}}')
        return await super()._answer(method, path, body, writer)


@dataclass
class Caller:
    """Asks again and again; `began` is when its request, or else its last one, began."""

    client: httpx.Client
    began: float = 0.0
    answers: list[tuple[float, int, str]] = field(default_factory=list)
    """When each request began, the status of its answer and the model that it came from."""

    def run(self, stop: threading.Event) -> None:
        for number in itertools.count():
            self.began = time.monotonic()
            if stop.is_set():
                return
            try:
                answer = self.client.post("/v1/chat/completions", json=chat_body(f"How much is {number} plus 1?"))
                model = answer.json().get("model", "") if answer.status_code == 200 else ""
                self.answers.append((self.began, answer.status_code, model))
            except httpx.HTTPError:
                self.answers.append((self.began, 0, ""))


@dataclass
class Site:
    """A server, two model servers of its zone, and the callers that never stop asking."""

    server: Ringfence
    one: Loaded
    two: Loaded
    callers: list[Caller] = field(default_factory=list)

    def reload(self, one: dict[str, Any], two: dict[str, Any], wanted: str) -> float:
        """Take up another file; returns a time after which nobody's request began under the one before."""
        write(self.server.settings.upstreams, [(self.one, one), (self.two, two)], wanted)
        assert "refused" not in self.server.admin("policy.reload")
        now = time.monotonic()
        eventually(lambda: all(caller.began > now for caller in self.callers), 30)
        return now

    def answers(self) -> list[tuple[float, int, str]]:
        return [answer for caller in self.callers for answer in caller.answers]

    def more(self, count: int = 40) -> None:
        """Wait for so many answers more."""
        before = len(self.answers())
        eventually(lambda: len(self.answers()) >= before + count, 30)


def write(file: Path, servers: list[tuple[Loaded, dict[str, Any]]], wanted: str) -> None:
    rows = [
        {"name": server.name, "kind": "openai", "zone": "onprem", "base_url": server.url, **said}
        for server, said in servers
    ]
    fresh = file.with_suffix(".new")
    fresh.write_text(yaml.safe_dump({"upstreams": rows, "models": {"gpt-4o-mini": {"onprem": wanted}}}))
    fresh.rename(file)


def has(model: str, **more: Any) -> dict[str, Any]:
    """Return what the file says of a server with this model."""
    return {"models": [model], **more}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ringfence]:
    """One server for all tests; each gives it a file of its own model servers."""
    home, first = tmp_path_factory.mktemp("drain"), Loaded("first")
    write(home / "upstreams.yaml", [(first, has(OLD))], OLD)
    with ringfence(home / "home", home / "upstreams.yaml", **QUICK) as running:
        yield running
    first.stop()


@pytest.fixture
def site(server: Ringfence) -> Iterator[Site]:
    one, two = (Loaded(name, models=(OLD,), answer_delay_s=ANSWER_S) for name in ("one", "two"))
    made = Site(server, one, two)
    made.reload(has(OLD), has(OLD), OLD)
    with asking(server) as made.callers:
        made.more()
        yield made
    for standin in (one, two):
        standin.stop()


@contextmanager
def asking(server: Ringfence) -> Iterator[list[Caller]]:
    """Have callers ask until the block ends."""
    stop, key = threading.Event(), server.key()
    callers = [Caller(server.client(key)) for _ in range(CALLERS)]
    threads = [threading.Thread(target=caller.run, args=(stop,)) for caller in callers]
    for thread in threads:
        thread.start()
    try:
        yield callers
    finally:
        stop.set()
        for caller, thread in zip(callers, threads, strict=True):
            thread.join(60)
            caller.client.close()


def test_a_drained_upstream_gets_nothing_new_ends_what_it_has_begun_and_no_request_fails(site: Site) -> None:
    site.one.chunk_delay_s = 0.15
    body = chat_body("Tell me about marmots, slowly.", stream=True)
    with site.server.client() as client, ExitStack() as stack:
        streams = []
        while b"marmots" not in site.one.received:
            streams.append(stack.enter_context(client.stream("POST", "/v1/chat/completions", json=body)))
        site.reload(has(OLD, drain=True), has(OLD), OLD)
        assert all(stream.read().endswith(b"data: [DONE]\n\n") for stream in streams)
    at_one, at_two = len(site.one.posts), len(site.two.posts)
    site.more()
    assert len(site.one.posts) == at_one > 0
    assert len(site.two.posts) > at_two
    site.one.stop()
    site.more()
    assert {status for _, status, _ in site.answers()} == {200}


def test_a_model_is_swapped_server_by_server_and_no_request_fails(site: Site) -> None:
    site.reload(has(OLD, drain=True), has(OLD), OLD)
    site.one.models = (NEW,)
    swapped = site.reload(has(NEW), has(OLD), NEW)
    site.two.models = (NEW,)
    site.reload(has(NEW), has(NEW), NEW)
    at_two = len(site.two.posts)
    site.more()
    assert len(site.two.posts) > at_two
    assert {(status, model) for began, status, model in site.answers() if began > swapped} == {(200, NEW)}
    assert {(status, model) for _, status, model in site.answers()} == {(200, OLD), (200, NEW)}


def test_a_model_that_is_swapped_without_draining_fails_requests_and_that_is_seen(site: Site) -> None:
    """Control: the same callers, and a server that loses its model while it is asked for it."""
    site.one.models = (NEW,)
    eventually(lambda: {status for _, status, _ in site.answers()} - {200})
