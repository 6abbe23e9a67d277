import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from harness import StandIn, chat_body
from inside import Inside, inside
from starlette.types import Message, Receive, Scope, Send

from audit.errors import AuditUnavailable
from audit.log import AuditLog
from proxy.api.ingress import LEFT, OTHER, STATUSES, Ingress

BAD = {"model": "gpt-4o-mini"}
CHAT = "/v1/chat/completions"


class Log:
    """Takes records, or fails as often as told."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.taken: list[Mapping[str, Any]] = []

    async def append(self, kind: str, body: Mapping[str, Any]) -> None:
        assert kind == "ingress.counted"
        if self.failures:
            self.failures -= 1
            raise AuditUnavailable("locked")
        self.taken.append(body)


def counted(body: Mapping[str, Any]) -> tuple[int, int, dict[int, int]]:
    return body["received"], body["decided"], {row["status"]: row["n"] for row in body["refused"]}


async def traffic(ring: Inside) -> None:
    key = ring.key()
    await ring.client.post(CHAT, json=chat_body(), headers=key)
    await ring.client.post("/ringfence/v1/inspect", json=chat_body(), headers=key)
    again = {**key, "idempotency-key": "one"}
    for _ in range(2):
        await ring.client.post(CHAT, json=chat_body(), headers=again)
    await ring.client.post(CHAT, json=chat_body())
    await ring.client.post(CHAT, json=BAD, headers=key)
    await ring.client.post(CHAT, content=b"{", headers=key)
    await ring.client.get("/v1/responses/resp_unknown", headers=key)
    await ring.client.get("/v1/models", headers=key)
    await ring.client.get("/v1/nothing", headers=key)


def test_what_arrived_became_a_decision_or_was_refused_before_one(tmp_path: Path, vendor: StandIn) -> None:
    """A replay is a 200 without a decision; other paths are not counted."""

    async def run() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        async with inside(tmp_path, vendor) as ring:
            await traffic(ring)
            await ring.runtime.ingress.flush()
            await ring.runtime.ingress.flush()
            return await ring.records("ingress.counted"), await ring.records("route.decision")

    (record,), decisions = asyncio.run(run())
    received, decided, refused = counted(record)
    assert refused == {200: 1, 400: 1, 401: 1, 404: 1, 415: 1}
    assert decided == len({body["req"]["id"] for body in decisions}) == 3
    assert received == decided + sum(refused.values())


def test_who_leaves_before_its_request_is_whole_left_and_no_failure_is_counted(tmp_path: Path, vendor: StandIn) -> None:
    async def run() -> list[dict[str, Any]]:
        async with inside(tmp_path, vendor) as ring:
            app = cast("Any", ring.client)._transport.app
            headers = [(name.lower().encode(), value.encode()) for name, value in ring.key().items()]
            scope = {"type": "http", "method": "POST", "path": CHAT, "raw_path": CHAT.encode(), "query_string": b""}
            scope |= {"headers": [*headers, (b"content-type", b"application/json")], "client": ("127.0.0.1", 1)}
            messages = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])

            async def next_one() -> Message:
                return next(messages)

            await app(scope, next_one, send)
            await ring.runtime.ingress.flush()
            return await ring.records("ingress.counted")

    assert [counted(body) for body in asyncio.run(run())] == [(1, 0, {LEFT: 1})]


def test_what_is_open_is_written_at_the_end(tmp_path: Path, vendor: StandIn) -> None:
    async def first() -> None:
        async with inside(tmp_path, vendor) as ring:
            await ring.client.post(CHAT, json=chat_body(), headers=ring.key())

    async def second() -> list[dict[str, Any]]:
        async with inside(tmp_path, vendor) as ring:
            return await ring.records("ingress.counted")

    asyncio.run(first())
    assert [counted(body) for body in asyncio.run(second())] == [(1, 1, {})]


def test_a_request_that_leads_to_two_decisions_counts_once_and_a_late_one_counts_all_the_same() -> None:
    log = Log()
    ingress = Ingress(cast("AuditLog", log))

    async def twice() -> Any:
        ingress.decided()
        ingress.decided()

    async def app(_: Scope, __: Receive, ___: Send) -> None:
        await ingress.of(twice)()

    async def run() -> None:
        await ingress.around(app)({}, receive, send)
        ingress.decided()
        await ingress.flush()

    asyncio.run(run())
    assert [counted(body) for body in log.taken] == [(1, 2, {})]


async def receive() -> Message:
    return {}


async def send(_: Message) -> None:
    pass


@pytest.mark.parametrize("raises", [False, True])
def test_a_caller_that_left_before_anything_was_decided_is_counted(*, raises: bool) -> None:
    log = Log(failures=1)
    ingress = Ingress(cast("AuditLog", log))

    async def nothing() -> Any:
        if raises:
            raise ConnectionError

    async def app(_: Scope, __: Receive, ___: Send) -> None:
        await ingress.of(nothing)()

    async def run() -> None:
        for _ in range(2):
            try:
                await ingress.around(app)({}, receive, send)
            except ConnectionError:
                assert raises
            await ingress.flush()

    asyncio.run(run())
    assert [counted(body) for body in log.taken] == [(2, 0, {LEFT: 2})]


def test_no_record_has_more_statuses_than_it_can_list() -> None:
    log = Log()
    ingress = Ingress(cast("AuditLog", log))

    async def nothing() -> Any:
        return None

    async def run() -> None:
        for status in range(400, 400 + 2 * STATUSES):

            async def app(_: Scope, __: Receive, send: Send, status: int = status) -> None:
                await ingress.of(nothing)()
                await send({"type": "http.response.start", "status": status})

            await ingress.around(app)({}, receive, send)
        await ingress.flush()

    asyncio.run(run())
    _, _, refused = counted(log.taken[0])
    assert len(refused) <= STATUSES
    assert refused[OTHER] == STATUSES + 1
