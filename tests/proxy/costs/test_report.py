"""Costs are added up exactly; what is not known is counted and in no sum; a comparison is of like with like."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from charged import BUNDLE, UPSTREAMS, KeptLog, attempt, decision, outcome

from proxy.costs.log import answered
from proxy.costs.prices import Price, Prices
from proxy.costs.report import ALL_VENDOR, By, Report, Why, report, table
from proxy.errors import ConfigurationError
from proxy.files.money import NANOS
from proxy.policy.lint import Surroundings
from proxy.policy.load import check_files
from proxy.policy.policy import Policy

CENT = NANOS // 100
TAXONOMY = """\
taxonomy: mini
version: 1
zones:
  home: {trust: own}
  eu: {trust: vendor, region: eu, agreements: [dpa]}
  us: {trust: vendor, region: us, agreements: [dpa]}
classes: {unscanned: {ceiling: [home]}, uncovered: {ceiling: [home]}}
"""
GRANTS = """\
policy: base
version: 1
owner: ann
grants:
  - {id: everyone, who: {not_teams: [law]}, zones: [us, eu, home]}
  - {id: law, who: {teams: [law]}, zones: [home, eu]}
"""


def price(cents: int) -> Price:
    """So many cents for each token, sent or answered."""
    return Price(*[cents * CENT * 10**6] * 3)


PRICES = Prices("USD", {"gpt-5": {"us": price(4), "eu": price(5)}, "qwen": {"home": price(1)}, "*": {"home": price(1)}})


@pytest.fixture(scope="module")
def policy() -> Policy:
    files = {"taxonomy.yaml": TAXONOMY.encode(), "base.yaml": GRANTS.encode()}
    checked = check_files(files, Surroundings(dt.date(2026, 3, 1)))
    assert checked.bundle is not None, checked.diagnostics
    return Policy.of(checked.bundle, {})


@pytest.fixture
def told(policy: Policy) -> Callable[..., Report]:
    def tell(
        records: list[dict[str, Any]],
        by: str = "team",
        what_if: str = ALL_VENDOR,
        *,
        prices: Prices | None = PRICES,
        policies: bool = True,
    ) -> Report:
        log = KeptLog(records, {UPSTREAMS: prices} if prices else {}, {BUNDLE: policy} if policies else {})
        return report(log, answered(log, None, None), tuple(By(name) for name in by.split(",")), what_if)

    return tell


def ended(tokens: int | None = 10, **facts: str) -> list[dict[str, Any]]:
    decided = decision(**facts)
    return [decided, outcome(decided, tokens)]


def test_tokens_and_costs_add_up_by_what_is_asked_for(told: Callable[..., Report]) -> None:
    records = [*ended(), *ended(20), *ended(team="sales"), *ended(zone="home", model="qwen")]
    found = told(records, "team,zone")
    assert {names: (line.answers, line.tokens["in"], line.cost) for names, line in found.lines.items()} == {
        ("support", "us"): (2, 30, 45 * 4 * CENT),
        ("sales", "us"): (1, 10, 15 * 4 * CENT),
        ("support", "home"): (1, 10, 15 * CENT),
    }
    assert set(told(records, "model").lines) == {("gpt-5",), ("qwen",)}
    assert set(told(records, "app,model").lines) == {("chatbot", "gpt-5"), ("chatbot", "qwen")}
    assert found.total.cost == (45 * 4 + 15 * 4 + 15) * CENT


def test_all_vendor_is_the_first_vendor_of_the_callers_grants_that_has_a_price_for_what_was_asked(
    told: Callable[..., Report],
) -> None:
    kept = {"zone": "home", "model": "qwen", "requested": "gpt-5"}
    found = told([*ended(**kept), *ended(**kept, team="law"), *ended(zone="eu", model="gpt-5")])
    lines = {team: (line.compared_cost, line.elsewhere) for (team,), line in found.lines.items()}
    assert lines["law"] == (15 * CENT, 15 * 5 * CENT), "which its grants let go to the EU alone"
    assert lines["support"] == ((15 + 15 * 5) * CENT, (15 * 4 + 15 * 4) * CENT)


def test_what_nobody_sells_is_not_compared(told: Callable[..., Report]) -> None:
    found = told([*ended(zone="home", model="qwen"), *ended()])
    assert (found.total.answers, found.total.compared, found.total.compared_cost) == (2, 1, 15 * 4 * CENT)
    assert "not compared  1: no price here, or none there" in found.text()


def test_any_zone_can_be_compared_with(told: Callable[..., Report]) -> None:
    found = told([*ended(), *ended(zone="home", model="qwen", requested="gpt-5")], what_if="eu")
    assert (found.total.compared, found.total.elsewhere) == (2, 30 * 5 * CENT)
    same = told(ended(zone="home", model="qwen", requested="gpt-5"), what_if="home")
    assert same.total.elsewhere == same.total.compared_cost
    assert told(ended(), what_if="").total.compared == 0
    with pytest.raises(ConfigurationError, match="No model had a price in a zone 'ue'; known here: eu"):
        told(ended(), what_if="ue")


def test_what_is_not_known_is_counted_by_its_reason_and_in_no_sum(told: Callable[..., Report]) -> None:
    lone = outcome(decision())
    found = told([*ended(None), *ended(model="claude"), *ended(), lone])
    assert found.unpriced == {Why.USAGE: 1, Why.PRICE: 1, Why.ALONE: 1}
    assert (found.total.answers, found.total.unpriced, found.total.cost) == (3, 2, 15 * 4 * CENT)
    assert "unpriced      1: the model has no price in that zone" in found.text()
    assert told(ended(), prices=None).unpriced == {Why.TEXT: 1}
    assert told([]).text().splitlines()[-1].split()[:2] == ["total", "0"]


def test_a_second_attempt_is_charged_where_it_was_answered(told: Callable[..., Report]) -> None:
    decided = decision()
    failed = outcome(decided, None, status="upstream_error", http=500)
    again = [attempt(decided, 2, "home", "qwen"), outcome(decided, 10, 2)]
    found = told([decided, failed, *again], "zone")
    assert {names: line.cost for names, line in found.lines.items()} == {("home",): 15 * CENT}


def test_the_share_of_own_zones_is_of_answers_whose_policy_is_known(told: Callable[..., Report]) -> None:
    records = [*ended(), *ended(), *ended(zone="home", model="qwen"), *ended(None, zone="home", model="qwen")]
    found = told(records)
    assert (found.at_home, found.placed) == (2, 4)
    assert "own zones     50.0 % of 4 answers" in found.text()
    unknown = told(records, policies=False)
    assert (unknown.at_home, unknown.placed, unknown.total.compared) == (0, 0, 0)
    assert "own zones" not in unknown.text()


def test_two_currencies_are_never_added(policy: Policy) -> None:
    other = decision()
    other["bundle"]["upstreams_sha256"] = "d" * 64
    euros = Prices("EUR", PRICES.models)
    log = KeptLog([*ended(), other, outcome(other)], {UPSTREAMS: PRICES, "d" * 64: euros}, {BUNDLE: policy})
    with pytest.raises(ConfigurationError, match="EUR and USD"):
        report(log, answered(log, None, None), (By.TEAM,), "")


def test_it_reads_and_parses(told: Callable[..., Report]) -> None:
    found = told([*ended(1000), *ended(2000, team="sales", zone="home", model="qwen", requested="gpt-5")])
    assert found.text().splitlines() == [
        "team     answers     in    out  cached      USD  all-vendor",
        "sales          1  2,000  1,000       0  30.0000    120.0000",
        "support        1  1,000    500       0  60.0000     60.0000",
        "total          2  3,000  1,500       0  90.0000    180.0000",
        "own zones     50.0 % of 2 answers",
        "saved         90.0000: what cost 90.0000 would have cost 180.0000 at the preferred vendor's prices",
    ]
    plain = json.loads(json.dumps(found.as_json()))
    assert plain["total"]["cost"] == "90.000000000"
    assert plain["lines"][0]["team"] == "sales"
    assert plain["own"] == {"answers": 1, "of": 2}
    dearer = told(ended(1000), what_if="eu")
    assert "saved         15.0000" in dearer.text()
    assert "paid more     15.0000" in told(ended(1000, zone="eu")).text()


def test_names_stand_to_the_left_and_figures_to_the_right() -> None:
    assert table([["a", "n"], ["long", "10"]], 1) == ["a      n", "long  10"]
