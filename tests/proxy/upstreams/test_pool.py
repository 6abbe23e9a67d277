import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from typing import Any

import pytest
from harness import StandIn

from proxy.routing import Candidate
from proxy.upstreams.client import Timeouts
from proxy.upstreams.errors import NotSent
from proxy.upstreams.permit import Confirm, EgressPermit, Outgoing, PermitError
from proxy.upstreams.pool import Pool
from proxy.upstreams.upstream import Upstream

Ending = Callable[[Pool], Coroutine[Any, Any, None]]
ASKED = Outgoing("chat", "POST", "/chat/completions", b'{"model":"m"}')
STORED = {
    "kind": "route.decision",
    "zone": "onprem",
    "zones_left": ["onprem"],
    "dry_run": False,
    "req": {"endpoint": "chat"},
    "up": {"id": "u", "zone": "onprem", "body_fp": "fp"},
}


@pytest.fixture
def server() -> Iterator[StandIn]:
    made = StandIn("server", models=("b", "a"))
    yield made
    made.stop()


def upstream(server: StandIn, **changes: Any) -> Upstream:
    return replace(Upstream("u", "openai", "onprem", server.url, models=("*",), vendor=False), **changes)


def pool() -> Pool:
    return Pool(Timeouts(0.5, 0.5), lambda _: None, lambda *_: "")


def test_an_upstream_has_one_client_and_a_changed_one_has_another(server: StandIn) -> None:
    async def run() -> None:
        made = pool()
        first = made.client(upstream(server))
        assert made.client(upstream(server)) is first
        assert made.client(upstream(server, base_url="http://127.0.0.1:1/v1")) is not first
        assert made.client(upstream(server, zone="other")) is not first
        await made.close()

    asyncio.run(run())


@pytest.mark.parametrize("vendor", [True, False])
def test_the_client_of_a_vendor_cannot_see_what_confirms_for_own_servers(server: StandIn, vendor: bool) -> None:
    asked: list[str] = []

    def of(name: str) -> Confirm:
        return lambda _: asked.append(name)

    async def run() -> None:
        made = Pool(Timeouts(1, 1), of("log"), lambda *_: "", at_home=of("log or spool"))
        at = upstream(server, vendor=vendor)
        with pytest.raises(PermitError, match="no durable decision"):
            await made.client(at).send(EgressPermit("r", "team", at.id, at.zone, ASKED), ASKED)
        await made.close()

    asyncio.run(run())
    assert asked == (["log"] if vendor else ["log or spool"])
    assert server.connections == 0


def test_connections_to_an_upstream_that_is_gone_are_closed_once_no_answer_is_open(server: StandIn) -> None:
    async def run() -> None:
        old, new = upstream(server, models=("m",)), upstream(server, models=("n",))
        made = Pool(Timeouts(1, 1), lambda _: STORED, lambda *_: "fp")
        client, kept = made.client(old), made.client(new)
        answer = await client.send(EgressPermit("r", "team", "u", "onprem", ASKED), ASKED)
        await made.keep([new])
        assert made.client(old) is client
        assert json.loads(await answer.read())["model"] == "m"
        answer.close()
        await made.keep([new])
        assert made.client(old) is not client
        assert made.client(new) is kept
        await made.close()

    asyncio.run(run())


@pytest.mark.parametrize("ending", [lambda made: made.keep([]), lambda made: made.close()], ids=["keep", "close"])
def test_connections_are_closed_also_where_whoever_closes_them_is_cancelled(server: StandIn, ending: Ending) -> None:
    async def run() -> None:
        made = Pool(Timeouts(1, 1), lambda _: STORED, lambda *_: "fp")
        client = made.client(upstream(server))
        answer = await client.send(EgressPermit("r", "team", "u", "onprem", ASKED), ASKED)
        await answer.read()
        answer.close()
        assert client._connections._all
        closing = asyncio.ensure_future(ending(made))
        await asyncio.sleep(0)
        closing.cancel()
        await asyncio.wait([closing])
        assert not client._connections._all

    asyncio.run(run())


def test_connections_are_not_closed_under_a_request_that_waits_for_its_permit(server: StandIn) -> None:
    asked, go = threading.Event(), threading.Event()
    go.set()

    def slow(_: str) -> dict[str, Any]:
        asked.set()
        go.wait(10)
        return STORED

    async def run() -> None:
        at = upstream(server)
        made = Pool(Timeouts(1, 1), slow, lambda *_: "fp")
        for _ in range(2):
            permit = EgressPermit("r", "team", "u", "onprem", ASKED)
            sending = asyncio.create_task(made.client(at).send(permit, ASKED))
            await asyncio.to_thread(asked.wait, 10)
            await made.keep([])
            go.set()
            answer = await sending
            assert answer.status_code == 200
            answer.close()
            asked.clear()
            go.clear()
        assert made.client(at).idle
        await made.close()

    asyncio.run(run())


def test_only_an_own_ollama_has_to_prove_that_it_is_local(server: StandIn) -> None:
    async def run(given: Upstream) -> None:
        made = pool()
        try:
            await made.check(Candidate(given, "m"))
        finally:
            await made.close()

    for kind in ("openai", "vllm", "lmstudio"):
        asyncio.run(run(upstream(server, kind=kind)))
    asyncio.run(run(upstream(server, kind="ollama", vendor=True)))
    assert server.connections == 0
    with pytest.raises(NotSent):
        asyncio.run(run(upstream(server, kind="ollama")))
