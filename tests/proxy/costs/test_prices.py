"""Prices: read exactly, found by the name that records have, and never a float on the way."""

from fractions import Fraction

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.costs.prices import DEAREST, MILLION, Price, Prices
from proxy.files.diagnostics import FileRefused
from proxy.files.money import NANOS
from proxy.upstreams.reading import read_registry
from proxy.upstreams.registry import Registry, prices_of

UPSTREAMS = """\
upstreams:
  - {name: local, kind: vllm, zone: onprem, base_url: "http://127.0.0.1:8000/v1", default_model: qwen}
  - {name: vendor, kind: openai, zone: cloud-us, base_url: "https://api.vendor.example/v1", models: ["gpt-4*"]}
"""
PRICES = """\
prices:
  currency: USD
  models:
    gpt-4o-mini: {cloud-us: {input: 0.15, output: 0.60, cached: 0.075}}
    "gpt-4o*": {cloud-us: {input: 2.50, output: 10.00, cached: 1.25}}
    "gpt-4*": {cloud-us: {input: 30, output: 60}}
    "*": {onprem: {input: 0.05, output: 0.15}}
"""


def registry(prices: str = PRICES) -> Registry:
    return read_registry((UPSTREAMS + prices).encode(), "upstreams.yaml")


def prices() -> Prices:
    return registry().estate.prices


@pytest.mark.parametrize(
    ("model", "zone", "found"),
    [
        ("gpt-4o-mini", "cloud-us", Price(150_000_000, 600_000_000, 75_000_000)),
        ("gpt-4o-2026", "cloud-us", Price(2_500_000_000, 10_000_000_000, 1_250_000_000)),
        ("gpt-4.1", "cloud-us", Price(30_000_000_000, 60_000_000_000, 30_000_000_000)),
        ("gpt-4*", "cloud-us", Price(30_000_000_000, 60_000_000_000, 30_000_000_000)),
        ("qwen", "onprem", Price(50_000_000, 150_000_000, 50_000_000)),
        ("qwen", "cloud-us", None),
        ("gpt-4o-mini", "onprem", Price(50_000_000, 150_000_000, 50_000_000)),
    ],
)
def test_the_narrowest_name_that_has_a_price_in_the_zone_is_taken(model: str, zone: str, found: Price | None) -> None:
    assert prices().of(model, zone) == found


@pytest.mark.parametrize(
    ("asked", "stands"), [("gpt-4o-mini", "gpt-4o-mini"), ("gpt-4o-2026", "gpt-4o*"), ("gpt-4.1", "gpt-4*")]
)
def test_the_name_that_a_record_has_tells_the_price_of_the_model_that_was_asked_for(asked: str, stands: str) -> None:
    of = registry()
    assert of.registered(asked) == stands
    assert of.estate.prices.of(stands, "cloud-us") == of.estate.prices.of(asked, "cloud-us")


def test_a_price_makes_no_model_served() -> None:
    wide = "prices: {currency: USD, models: {claude-9: {cloud-us: {input: 1, output: 1}}}}\n"
    assert registry(wide).registered("claude-9") == "other"
    assert registry(wide).registered("gpt-4.1") == "gpt-4*"


def test_prices_are_in_the_archived_text_and_its_digest() -> None:
    of, without, dearer = registry(), registry(""), registry(PRICES.replace("0.60", "0.61"))
    assert prices_of(of.text()) == of.estate.prices
    assert len({of.sha256, without.sha256, dearer.sha256}) == 3
    assert "estate" not in orjson.loads(without.text()), "a file without prices has the digest that it always had"
    assert prices_of(without.text()) == Prices()


def test_cached_tokens_are_a_part_of_those_sent() -> None:
    price = Price(2_500_000_000, 10_000_000_000, 1_250_000_000)
    assert price.cost({"in": 1_000_000, "out": 100_000}) == 3_500_000_000
    assert price.cost({"in": 1_000_000, "out": 100_000, "cached": 1_000_000}) == 2_250_000_000
    assert price.cost({"in": 10, "cached": 10**6}) == price.cost({"in": 10, "cached": 10}), "never more than were sent"


def test_an_answer_that_reported_nothing_has_no_cost_and_not_a_cost_of_nothing() -> None:
    assert Price(1, 1, 1).cost({}) is None
    assert Price(1, 1, 1).cost({"cached": 7}) is None
    assert Price(1, 1, 1).cost({"in": 0, "out": 0}) == 0
    assert Price(1_000_000_000, 1, 1).cost({"in": 1}) == 1000, "embeddings have no answer"


@given(
    st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10**9), st.integers(0, 10**9)
)
def test_a_cost_is_exact_to_the_billionth_and_never_too_low(
    sent: int, out: int, cached: int, per: int, per_out: int
) -> None:
    price = Price(per, per_out, per // 2)
    cached = min(sent, cached)
    paid = Fraction((sent - cached) * per + cached * (per // 2) + out * per_out, MILLION * NANOS)
    cost = price.cost({"in": sent, "out": out, "cached": cached})
    assert cost is not None
    assert 0 <= Fraction(cost, NANOS) - paid < Fraction(1, NANOS)


def test_a_number_that_a_server_made_up_fits_into_every_database() -> None:
    dearest = Price(DEAREST * NANOS, DEAREST * NANOS, 0)
    cost = dearest.cost({"in": 2**53 - 1, "out": 2**53 - 1})
    assert cost is not None
    assert cost < 2**62


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prices: {currency: usd, models: {}}", "4:20: error[bad-name]"),
        ("prices: {models: {}}", "4:9: error[missing-key] 'currency' is missing"),
        ("prices: {currency: USD, models: {m: {moon: {input: 1, output: 1}}}}", "4:38: error[unknown-zone]"),
        ("prices: {currency: USD, models: {m: {onprem: {input: 1}}}}", "4:46: error[missing-key] 'output'"),
        ("prices: {currency: USD, models: {m: {onprem: {input: 1, outputs: 1}}}}", "4:57: error[unknown-key]"),
        ("prices: {currency: USD, models: {m: {onprem: {input: -1, output: 1}}}}", "4:54: error[out-of-range]"),
        ("prices: {currency: USD, models: {m: {onprem: {input: 0.0000001, output: 1}}}}", "4:54: error[too-exact]"),
        ("prices: {currency: USD, models: {m: {onprem: {input: 1e3, output: 1}}}}", "4:54: error[out-of-range]"),
        ("prices: {currency: USD, models: {'a?': {onprem: {input: 1, output: 1}}}}", "4:34: error[bad-name]"),
    ],
)
def test_what_is_wrong_with_a_price_is_said_with_its_place(text: str, said: str) -> None:
    with pytest.raises(FileRefused) as refused:
        registry(text)
    assert said in str(refused.value)
