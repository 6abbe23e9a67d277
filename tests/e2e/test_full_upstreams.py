"""A model server that takes two requests at once gets no more; who waits is served, and who leaves frees a place."""

import asyncio
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import pytest
import yaml
from harness import QUICK, Ringfence, StandIn, chat_body, eventually, ringfence

PATH = "/v1/chat/completions"
AT_ONCE, QUEUE = 2, 2
HOLD = "hold"


class Held(StandIn):
    """Answers once it need not hold any more; knows how many requests it had at once."""

    working = 0
    most = 0

    async def _answer(self, method: str, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        self.working += 1
        self.most = max(self.most, self.working)
        while self.behaviour == HOLD:  # noqa: ASYNC110 - another thread says when it ends
            await asyncio.sleep(0.01)
        self.working -= 1
        return await super()._answer(method, path, body, writer)


@dataclass
class Site:
    """A server with one model server, and as many callers as are wanted."""

    server: Ringfence
    own: Held
    key: str

    def ask(self) -> httpx.Response:
        with self.server.client(self.key) as client:
            return client.post(PATH, json=chat_body())

    def state(self) -> tuple[int, int]:
        """Return how many requests are in flight and how many wait."""
        [row] = self.server.admin("upstreams.state")["upstreams"]
        return row["in_flight"], row["waiting"]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Have nothing answered until the block ends."""
        self.own.behaviour = HOLD
        try:
            yield
        finally:
            self.own.behaviour = "answer"

    def begin(self) -> socket.socket:
        """Send a request and do not wait for its answer."""
        at, body = urlsplit(self.server.url), json.dumps(chat_body()).encode()
        head = f"POST {PATH} HTTP/1.1\r\nhost: ringfence\r\nauthorization: Bearer {self.key}\r\n"
        made = socket.create_connection((at.hostname, at.port))
        made.sendall(f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
        return made

    def is_full(self) -> bool:
        return self.state() == (AT_ONCE, QUEUE) and len(self.own.posts) == AT_ONCE


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home, own = tmp_path_factory.mktemp("full"), Held("own")
    row = {"name": "own", "kind": "openai", "zone": "onprem", "base_url": own.url, "models": ["gpt-4*"]}
    limits = {"max_in_flight": AT_ONCE, "max_queue": QUEUE, "queue_s": 60}
    (home / "upstreams.yaml").write_text(yaml.safe_dump({"upstreams": [row | limits]}))
    with ringfence(home / "home", home / "upstreams.yaml", **QUICK) as server:
        yield Site(server, own, server.key())
    own.stop()


@pytest.fixture
def site(shared: Site) -> Iterator[Site]:
    shared.own.clear()
    yield shared
    shared.own.behaviour = "answer"
    eventually(lambda: shared.state() == (0, 0))


def test_no_more_than_allowed_are_sent_who_waits_is_answered_and_who_finds_no_room_is_told(site: Site) -> None:
    with ThreadPoolExecutor(AT_ONCE + QUEUE) as callers, site.held():
        asking = [callers.submit(site.ask) for _ in range(AT_ONCE + QUEUE)]
        eventually(site.is_full)
        refused = site.ask()
        assert refused.status_code == 503
        assert refused.json()["error"]["code"] == "upstreams_busy"
        assert int(refused.headers["retry-after"]) >= 1
    assert [one.result().status_code for one in asking] == [200] * (AT_ONCE + QUEUE)
    assert site.own.most == AT_ONCE
    assert len(site.own.posts) == AT_ONCE + QUEUE


def test_callers_that_leave_free_their_places_and_those_that_waited_are_never_sent(site: Site) -> None:
    with site.held():
        asking = [site.begin() for _ in range(AT_ONCE)]
        eventually(lambda: len(site.own.posts) == AT_ONCE)
        asking += [site.begin() for _ in range(QUEUE)]
        eventually(site.is_full)
        for left in range(AT_ONCE + QUEUE - 1, -1, -1):
            asking[left].close()
            eventually(lambda left=left: sum(site.state()) == left)
    assert len(site.own.posts) == AT_ONCE
    assert site.ask().status_code == 200


def test_callers_that_leave_in_the_middle_of_an_answer_free_their_places(site: Site) -> None:
    site.own.chunk_delay_s = 0.2
    for _ in range(2 * AT_ONCE):
        with (
            site.server.client(site.key) as client,
            client.stream("POST", PATH, json=chat_body(stream=True)) as answer,
        ):
            pieces = answer.iter_raw()
            assert next(pieces)
            assert site.state() == (1, 0)
        eventually(lambda: site.state() == (0, 0))
    site.own.chunk_delay_s = 0
    assert site.ask().status_code == 200
