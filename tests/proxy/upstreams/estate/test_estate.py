import asyncio
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from harness import StandIn
from ticking import Ticks

from proxy.routing import Candidate, Route
from proxy.upstreams.client import Timeouts
from proxy.upstreams.estate import estate as module
from proxy.upstreams.estate.breaker import FAILURES
from proxy.upstreams.estate.estate import Estate, Observed
from proxy.upstreams.kinds.kind import Observation
from proxy.upstreams.pool import Pool
from proxy.upstreams.registry import Registry
from proxy.upstreams.upstream import Upstream


@pytest.fixture
def server() -> Iterator[StandIn]:
    made = StandIn("server", models=("b", "a"))
    yield made
    made.stop()


def upstream(server: StandIn, **changes: Any) -> Upstream:
    return replace(Upstream("u", "openai", "onprem", server.url, models=("*",), vendor=False), **changes)


def registry(*upstreams: Upstream) -> Registry:
    return Registry(upstreams, {}, "0" * 64, {})


def watched(
    estate: Estate, *upstreams: Upstream, rounds: int = 1, observed: Observed | None = None, health: bool = True
) -> dict[str, Any]:
    """Run rounds of checks; return what was listed, by upstream."""
    found: dict[str, list[str]] = {}

    def listed(at: Upstream, said: Observation) -> None:
        found[at.id] = list(said.models)

    async def run() -> None:
        pool = Pool(Timeouts(0.5, 0.5), lambda _: None, lambda *_: "")
        try:
            for _ in range(rounds):
                await estate.watch(registry(*upstreams), pool, observed or listed, health=health)
        finally:
            await pool.close()

    asyncio.run(run())
    return found


def health(estate: Estate, *upstreams: Upstream) -> list[tuple[str, str]]:
    return [(row["health"], row["reason"]) for row in estate.report(registry(*upstreams))]


def test_every_own_upstream_is_asked_and_of_vendors_those_that_serve_what_they_list(server: StandIn) -> None:
    own, lists = upstream(server, id="own", models=("m",)), upstream(server, id="lists", vendor=True)
    vendor = upstream(server, id="vendor", models=("m",), vendor=True)
    estate = Estate()
    assert watched(estate, own, lists, vendor) == {"own": ["b", "a"], "lists": ["b", "a"]}
    assert health(estate, own, lists, vendor) == [("healthy", ""), ("healthy", ""), ("unknown", "")]
    assert len(server.requests) == 2


def test_without_a_look_at_health_only_those_are_asked_that_serve_what_they_list(server: StandIn) -> None:
    own, lists = upstream(server, id="own", models=("m",)), upstream(server, id="lists")
    assert watched(Estate(), own, lists, health=False) == {"lists": ["b", "a"]}


@pytest.mark.parametrize(
    "answer", [[], {}, {"data": None}, {"data": [None, 1, {"id": 4}, {"name": "x"}]}, "text", None]
)
def test_an_answer_of_another_shape_lists_nothing(server: StandIn, answer: Any) -> None:
    server.routes["/v1/models"] = answer
    assert watched(Estate(), upstream(server)) == {"u": []}


def test_no_more_than_a_thousand_names_are_taken(server: StandIn) -> None:
    server.routes["/v1/models"] = {"data": [{"id": f"m{number}"} for number in range(1500)]}
    assert len(watched(Estate(), upstream(server))["u"]) == 1000


def test_one_that_is_down_tells_nothing_and_is_named_in_the_log_once_until_it_is_up_again(
    server: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, module.__name__)
    other = StandIn("other", models=("m",))
    port, estate = server.port, Estate()
    down, up = upstream(server), upstream(other, id="other")
    server.stop()
    assert watched(estate, down, up, rounds=3) == {"other": ["m"]}
    assert health(estate, down, up) == [("down", "connect"), ("healthy", "")]
    back = StandIn("back", port=port)
    watched(estate, down, up, rounds=2)
    assert health(estate, down) == [("healthy", "")]
    assert caplog.messages == ["upstream u is down: connect", "upstream u is healthy again"]
    back.stop()
    other.stop()


def test_one_that_takes_no_key_is_up_and_the_log_says_what_is_wrong(
    server: StandIn, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StandIn, "_answer", status(401))
    estate = Estate()
    assert watched(estate, upstream(server), rounds=2) == {}
    assert health(estate, upstream(server)) == [("healthy", "http_401")]
    assert caplog.messages == ["upstream u is up, but does not say what it has: http_401"]


def test_one_that_answers_with_an_error_of_its_own_is_down(server: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StandIn, "_answer", status(503))
    estate = Estate()
    assert watched(estate, upstream(server)) == {}
    assert health(estate, upstream(server)) == [("down", "http_503")]


def test_one_that_says_nothing_in_time_is_down(server: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(*_: Any) -> bool:
        await asyncio.sleep(3600)
        return False

    monkeypatch.setattr(StandIn, "_answer", hang)
    monkeypatch.setattr(module, "WITHIN_S", 0.1)
    estate = Estate()
    assert watched(estate, upstream(server)) == {}
    assert health(estate, upstream(server)) == [("down", "timeout")]


def test_a_fault_of_ours_spoils_no_other_check_raises_nothing_and_shows_no_text(
    server: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    taken: list[str] = []

    def observed(at: Upstream, _: Observation) -> None:
        if at.id == "u":
            raise RecursionError("zebra" + " quartz")
        taken.append(at.id)

    estate = Estate()
    watched(estate, upstream(server), upstream(server, id="other"), observed=observed)
    assert taken == ["other"]
    assert "RecursionError" in caplog.text
    assert "zebra" not in caplog.text


def test_a_reload_that_changes_weight_limit_or_drain_keeps_what_is_known(server: StandIn) -> None:
    estate = Estate(Ticks())
    before = upstream(server)
    for who in range(FAILURES):
        estate.standing(before).breaker.failed(who)
    after = upstream(server, weight=7, max_in_flight=3, drain=True)
    watched(estate, after)
    [row] = estate.report(registry(after))
    assert (row["breaker"], row["weight"], row["drain"]) == ("open", 7, True)
    assert estate.standing(upstream(server, base_url="http://127.0.0.1:1/v1")).breaker.state == "closed"


def test_how_many_failures_open_a_breaker_can_be_said(server: StandIn) -> None:
    estate = Estate(Ticks(), failures=2)
    for who in range(2):
        assert estate.standing(upstream(server)).breaker.state == "closed"
        estate.standing(upstream(server)).breaker.failed(who)
    assert estate.standing(upstream(server)).breaker.state == "open"


def test_one_that_left_the_registry_is_forgotten_once_nothing_of_it_is_open(server: StandIn) -> None:
    estate = Estate()
    gone, stays = upstream(server, id="gone"), upstream(server)

    async def take() -> Any:
        return await estate.turns(Route("onprem", (Candidate(gone, "m"),)), again=False, balance="least-busy").next()

    turn = asyncio.run(take())
    standing = estate.standing(gone)
    watched(estate, stays)
    assert estate.standing(gone) is standing
    turn.ended(ok=True, ttfb_us=1)
    watched(estate, stays)
    assert estate.standing(gone) is not standing


def test_connections_to_one_that_left_are_closed(server: StandIn) -> None:
    async def run() -> None:
        pool = Pool(Timeouts(1, 1), lambda _: None, lambda *_: "")
        estate, gone = Estate(), upstream(server, id="gone")
        client = pool.client(gone)
        await estate.watch(registry(gone), pool, lambda *_: None)
        assert pool.client(gone) is client
        await estate.watch(registry(upstream(server)), pool, lambda *_: None)
        assert pool.client(gone) is not client
        await pool.close()

    asyncio.run(run())


def test_a_report_holds_no_text_of_a_server(server: StandIn) -> None:
    server.models = ("zebra", "quartz")
    server.extra_headers = {"x-zebra": "quartz"}
    estate = Estate()
    watched(estate, upstream(server), upstream(server, id="second"))
    report = estate.report(registry(upstream(server), upstream(server, id="second")))
    assert [row["name"] for row in report] == ["u", "second"]
    assert "zebra" not in json.dumps(report)


def status(number: int) -> Any:
    async def answer(self: StandIn, method: str, path: str, body: bytes, writer: asyncio.StreamWriter) -> bool:
        return self._reply(writer, number, b'{"error": "zebra"}')

    return answer
