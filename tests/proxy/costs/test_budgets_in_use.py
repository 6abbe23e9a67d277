"""Budgets in a whole server: what is used up tips to own servers or is refused, is in the record, and replays."""

import asyncio
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness import StandIn, chat_body, upstreams_file
from inside import Inside, Scripted, inside

from proxy.policy.replay import replay
from proxy.recorded import Database
from proxy.settings import ROOT
from proxy.state.spending import Spent

PRICES = {"currency": "USD", "models": {"gpt-4*": {"cloud-us": {"input": 1000, "output": 1000}}}}
"""An answer of the stand-in has 17 tokens: 0.017."""
HEAD = "policy: money\nversion: 1\nowner: finance@company.example\nbudgets:\n"
PIN = "  - {id: vendors, per: team, zones: [cloud-us], monthly: 0.03, then: pin, because: the vendors are paid}\n"
BLOCK = (
    "  - {id: everything, who: {teams: [support]}, zones: [cloud-us, cloud-eu, onprem], monthly: 0.017, then: block, "
    "because: all is paid}\n"
)


@pytest.fixture
def servers() -> Iterator[tuple[StandIn, StandIn]]:
    made = StandIn(), StandIn()
    yield made
    for each in made:
        each.stop()


def files(folder: Path, servers: tuple[StandIn, StandIn], budgets: str) -> tuple[Path, Path]:
    """Write the shipped policies with budgets, and upstreams with prices."""
    policies = folder / "policies"
    shutil.copytree(ROOT / "policies", policies)
    (policies / "money.yaml").write_text(HEAD + budgets)
    return policies, upstreams_file(folder / "upstreams.yaml", *servers, prices=PRICES)


async def ask(ring: Inside, key: dict[str, str], **more: Any) -> Any:
    body = {**chat_body("hello", model="gpt-4o-mini"), **more}
    answer = await ring.client.post("/v1/chat/completions", json=body, headers=key)
    await ring.runtime.outcomes.drain(5)
    return answer


def test_a_used_up_budget_keeps_a_team_home_and_says_so_in_the_record(
    tmp_path: Path, servers: tuple[StandIn, StandIn]
) -> None:
    policies, upstreams = files(tmp_path, servers, PIN)
    vendor, own = servers

    async def story() -> None:
        async with inside(tmp_path / "home", upstreams=upstreams, policies=policies) as ring:
            support, sales = ring.key(team="support"), ring.key(team="sales")
            zones = [(await ask(ring, support)).headers["x-ringfence-zone"] for _ in range(4)]
            assert zones == ["cloud-us", "cloud-us", "onprem", "onprem"], "0.034 of 0.03 was spent after two"
            assert (await ask(ring, sales)).headers["x-ringfence-zone"] == "cloud-us", "each team has its own"
            assert (len(vendor.posts), len(own.posts)) == (3, 2)
            decisions = await ring.records("route.decision")
            assert [body.get("budgets") for body in decisions] == [None, None, ["vendors"], ["vendors"], None]
            again = replay(ring.runtime.activation.active.policy, Database(tmp_path / "home" / "audit.db"))
            assert (again.same, again.verified, again.skipped) == (5, 5, ())
            told = await ring.client.post(
                "/ringfence/v1/inspect", json=chat_body("hello", model="gpt-4o"), headers=support
            )
            assert "the vendors are paid" in told.text

    asyncio.run(story())


def test_a_used_up_budget_of_every_zone_refuses_with_its_reason(
    tmp_path: Path, servers: tuple[StandIn, StandIn]
) -> None:
    policies, upstreams = files(tmp_path, servers, BLOCK)

    async def story() -> None:
        async with inside(tmp_path / "home", upstreams=upstreams, policies=policies) as ring:
            support = ring.key(team="support")
            assert (await ask(ring, support)).status_code == 200
            refused = await ask(ring, support)
            assert refused.status_code == 403
            assert refused.json()["error"]["because"] == ["all is paid"]
            assert len(servers[0].posts) == 1
            assert len(servers[1].posts) == 0

    asyncio.run(story())


def test_a_budget_with_money_left_frees_nothing(tmp_path: Path, servers: tuple[StandIn, StandIn]) -> None:
    policies, upstreams = files(tmp_path, servers, PIN.replace("0.03", "1000"))

    async def story() -> None:
        detector = Scripted({"4929718203645103": "CREDIT_CARD"})
        async with inside(tmp_path / "home", detector=detector, upstreams=upstreams, policies=policies) as ring:
            body = chat_body("card 4929718203645103", model="gpt-4o-mini")
            answer = await ring.client.post("/v1/chat/completions", json=body, headers=ring.key())
            assert answer.headers["x-ringfence-zone"] == "onprem"
            assert servers[0].posts == []

    asyncio.run(story())


def test_a_server_that_starts_again_goes_on_with_what_was_spent(
    tmp_path: Path, servers: tuple[StandIn, StandIn]
) -> None:
    policies, upstreams = files(tmp_path, servers, PIN)

    async def once(count: int) -> list[str]:
        async with inside(tmp_path / "home", upstreams=upstreams, policies=policies) as ring:
            key = ring.key(team="support")
            return [(await ask(ring, key)).headers["x-ringfence-zone"] for _ in range(count)]

    assert asyncio.run(once(1)) == ["cloud-us"]
    assert asyncio.run(once(2)) == ["cloud-us", "onprem"]


def test_a_stream_counts_and_its_caller_gets_what_it_asked_for(
    tmp_path: Path, servers: tuple[StandIn, StandIn]
) -> None:
    policies, upstreams = files(tmp_path, servers, PIN)
    asks = {"stream": True, "stream_options": {"include_usage": True}}

    async def story() -> tuple[str, str, Spent]:
        async with inside(tmp_path / "home", upstreams=upstreams, policies=policies) as ring:
            key = ring.key(team="support")
            unasked, asked = await ask(ring, key, stream=True), await ask(ring, key, **asks)
            (spent,) = ring.runtime.ledger._own[ring.runtime.ledger._month].values()
            return unasked.text, asked.text, spent

    unasked, asked, spent = asyncio.run(story())
    assert spent == Spent(2, 0, 2 * 17_000_000)
    assert "prompt_tokens" not in unasked
    assert asked.count("prompt_tokens") == 1
    without = re.sub(r"data: [^\n]*prompt_tokens[^\n]*\n\n", "", asked)
    assert without == unasked, "and otherwise the same"
    assert [post.json["stream_options"] for post in servers[0].posts] == [{"include_usage": True}] * 2


def test_where_nothing_has_a_price_a_stream_is_not_asked_what_it_cost(
    tmp_path: Path, servers: tuple[StandIn, StandIn]
) -> None:
    async def story() -> None:
        async with inside(tmp_path / "home", *servers) as ring:
            await ask(ring, ring.key(), stream=True)

    asyncio.run(story())
    assert "stream_options" not in servers[0].posts[0].json


def test_what_costs_nothing_is_struck_by_no_budget(tmp_path: Path, servers: tuple[StandIn, StandIn]) -> None:
    policies, upstreams = files(tmp_path, servers, PIN.replace("0.03", "0"))

    async def story() -> None:
        async with inside(tmp_path / "home", upstreams=upstreams, policies=policies) as ring:
            key = ring.key(team="support")
            assert (await ask(ring, key)).headers["x-ringfence-zone"] == "onprem"
            body = chat_body("hello", model="gpt-4o-mini")
            counted = await ring.client.post("/v1/messages/count_tokens", json=body, headers=key)
            assert counted.headers["x-ringfence-zone"] == "cloud-us"
            await ring.runtime.outcomes.drain(5)
            (told,) = [body for body in await ring.records("route.decision") if body["req"].get("op")]
            assert "budgets" not in told

    asyncio.run(story())
