import asyncio
import json
from dataclasses import replace

import pytest
from harness import StandIn

from proxy.costs.prices import Price, Prices
from proxy.upstreams import report
from proxy.upstreams.client import Timeouts
from proxy.upstreams.errors import Lost
from proxy.upstreams.estate.standing import Standing
from proxy.upstreams.kinds.kind import Observation
from proxy.upstreams.profile import Profile
from proxy.upstreams.registry import Estate, Registry
from proxy.upstreams.report import ask_each, rows
from proxy.upstreams.upstream import Upstream

SOON = Timeouts(1, 1)
AT = Upstream("u", "openai", "onprem", "http://127.0.0.1:1/v1", models=("*", "a", "gpt-4*"), vendor=False)


def registry(*upstreams: Upstream) -> Registry:
    return Registry(upstreams, {}, "0" * 64, {}, estate=Estate({"a": Profile(context_window=8192, tools=False)}))


def test_a_row_joins_how_an_upstream_stands_with_what_it_serves_and_that_can_do() -> None:
    standing = Standing()
    standing.unobserved(Lost("http_503"))
    seen = registry(AT).with_observed(AT, Observation(("b", "a b", "a")))
    (row,) = rows(seen, [standing.report(AT)])
    assert (row["name"], row["health"], row["reason"]) == ("u", "down", "http_503")
    assert row["models"] == [
        {"name": "a", "context_window": 8192, "tools": False},
        {"name": "b"},
        {"name": "gpt-4*"},
    ]
    assert json.loads(json.dumps(row)) == row


def test_a_row_has_the_price_of_what_it_serves_and_says_where_models_differ() -> None:
    def price(amount: int) -> dict[str, Price]:
        return {"onprem": Price(amount * 10**8, amount * 10**9, 0)}

    one = Registry((AT,), {}, "0" * 64, {}, estate=Estate(prices=Prices("USD", {"a": price(3)})))
    (row,) = rows(one, [])
    assert row["price"] == "0.30/3.00 USD"
    assert [model.get("price") for model in row["models"]] == ["0.30/3.00 USD", None]
    two = Estate(prices=Prices("USD", {"a": price(3), "gpt-4*": price(5)}))
    assert rows(Registry((AT,), {}, "0" * 64, {}, estate=two), [])[0]["price"] == "0.30/3.00 USD …"


def test_an_upstream_of_which_no_standing_came_is_a_row_all_the_same() -> None:
    assert rows(registry(AT), []) == [{"models": rows(registry(AT), [])[0]["models"]}]


def test_each_is_asked_once_and_no_silent_one_hides_another(own: StandIn, vendor: StandIn) -> None:
    own.models = ("b", "c")
    vendor.routes["/v1/models"] = "nonsense"
    here = replace(AT, base_url=own.url)
    odd = replace(AT, id="odd", base_url=vendor.url)
    silent = replace(AT, id="silent")
    seen, found = asyncio.run(ask_each(registry(here, silent, odd), SOON))
    assert [(row["name"], row["health"], row["reason"]) for row in found] == [
        ("u", "healthy", ""),
        ("silent", "down", "connect"),
        ("odd", "healthy", ""),
    ]
    assert seen.listed["u"] == {"b", "c"}
    assert [row["asked_ms"] is None for row in found] == [False, True, False]
    assert not {"breaker", "in_flight"} & found[0].keys()
    assert own.posts == vendor.posts == []


def test_one_that_hangs_is_given_up(own: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(*_: object) -> bool:
        await asyncio.sleep(60)
        return False

    own._answer = hang  # type: ignore[method-assign]
    monkeypatch.setattr(report, "WITHIN_S", 0.3)
    _, (row,) = asyncio.run(ask_each(registry(replace(AT, base_url=own.url)), SOON))
    assert (row["health"], row["reason"]) == ("down", "timeout")
