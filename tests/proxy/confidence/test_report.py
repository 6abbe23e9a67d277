"""What was asked of own servers first, what stood, and what that saved: exactly, and only what is known."""

import datetime as dt
from typing import Any

import pytest
from charged import BUNDLE, UPSTREAMS, KeptLog, decision, outcome
from typer.testing import CliRunner
from unsure import UNSURE, Asking, Probable

from proxy import cli
from proxy.confidence import report
from proxy.confidence.report import Line, standings
from proxy.costs.prices import Price, Prices
from proxy.errors import ConfigurationError
from proxy.files.money import NANOS
from proxy.policy.lint import Surroundings
from proxy.policy.load import check_files
from proxy.policy.policy import Policy

TAXONOMY = """\
taxonomy: mini
version: 1
zones: {home: {trust: own}, us: {trust: vendor}}
classes: {unscanned: {ceiling: [home]}, uncovered: {ceiling: [home]}}
"""
PRICES = Prices(
    "USD",
    {"gpt-5": {"us": Price(*[4 * NANOS * 10**6] * 3)}, "qwen": {"home": Price(*[NANOS * 10**6] * 3)}},
)
"""Of 10 tokens sent and 5 answered: 60 at the vendor's, 15 at home."""


@pytest.fixture(scope="module")
def policy() -> Policy:
    checked = check_files({"taxonomy.yaml": TAXONOMY.encode()}, Surroundings(dt.date(2026, 3, 1)))
    assert checked.bundle is not None, checked.diagnostics
    return Policy.of(checked.bundle, {})


def first(**facts: Any) -> dict[str, Any]:
    """An own server is asked first."""
    decided = decision(zone="home", model="qwen", requested="gpt-5", **facts)
    return {
        **decided,
        "zones_left": ["home", "us"],
        "local_first": {"confidence_bp": 8_000, "min_characters": 10},
    }


def stood(**facts: Any) -> list[dict[str, Any]]:
    decided = first(**facts)
    return [decided, outcome(decided)]


def went_on(why: str = "unsure", *, late: bool = False) -> list[dict[str, Any]]:
    decided, second = first(), decision()
    more = {"zones_left": ["home", "us"], "local_first": decided["local_first"]}
    second = {**second, **more, "escalates": {"dec": decided["id"], "why": why}}
    middle = [second, outcome(decided)] if late else [outcome(decided), second]
    return [decided, *middle, outcome(second)]


def found(records: list[dict[str, Any]], policy: Policy, prices: Prices | None = PRICES) -> report.Standings:
    return standings(KeptLog(records, {UPSTREAMS: prices} if prices else {}, {BUNDLE: policy}), None, None)


def test_what_stood_saved_the_difference_and_what_did_not_cost_its_own(policy: Policy) -> None:
    total = found([*stood(), *stood(), *went_on(), *went_on("short", late=True)], policy).total
    assert (total.asked, total.stood, dict(total.went_on)) == (4, 2, {"unsure": 1, "short": 1})
    assert (total.priced, total.own, total.elsewhere) == (4, 4 * 15 * NANOS, 2 * 60 * NANOS)
    assert total.saved == 60 * NANOS


def test_lines_are_those_of_teams_and_apps_and_add_up(policy: Policy) -> None:
    records = [*stood(team="sales"), *stood(app="crm"), *stood(app="crm")]
    lines = found(records, policy).lines
    assert {names: line.asked for names, line in lines.items()} == {("sales", "chatbot"): 1, ("support", "crm"): 2}


@pytest.mark.parametrize(
    "records",
    [
        [decision(), outcome(decision())],
        stood(ts="2026-03-09T23:59:59.999999Z"),
        [{**each, "zone": "us"} if "zone" in each else each for each in stood()],
        [{**first(), "req": {**first()["req"], "endpoint": "embeddings"}}],
        [{**first(), "v": 99}],
    ],
    ids=["not-asked-for", "earlier", "own-was-down", "other-endpoint", "later-version"],
)
def test_what_no_own_server_was_asked_first_is_not_counted(records: list[dict[str, Any]], policy: Policy) -> None:
    assert standings(KeptLog(records, {}, {BUNDLE: policy}), "2026-03-10T00:00:00.000000Z", None).lines == {}


def test_a_request_without_an_answer_neither_stood_nor_went_on(policy: Policy) -> None:
    decided = first()
    total = found([decided, outcome(decided, status="upstream_error")], policy).total
    assert (total.asked, total.stood, total.went_on.total(), total.priced) == (1, 0, 0, 0)


def test_nothing_is_guessed_without_prices(policy: Policy) -> None:
    without = found(stood(), policy, None)
    assert (without.total.stood, without.total.priced, without.currency) == (1, 0, "")
    assert "saved" not in without.text()
    half = Prices("USD", {"gpt-5": PRICES.models["gpt-5"]})
    assert "1 answers are in no sum" in found(stood(), policy, half).text()


def test_two_currencies_are_not_added(policy: Policy) -> None:
    other = {**first(), "bundle": {"sha256": BUNDLE, "policies": [], "upstreams_sha256": "d" * 64}}
    prices = {UPSTREAMS: PRICES, "d" * 64: Prices("EUR", PRICES.models)}
    with pytest.raises(ConfigurationError, match="EUR and USD"):
        standings(KeptLog([*stood(), other, outcome(other)], prices, {BUNDLE: policy}), None, None)


def test_a_log_of_any_length_takes_no_more_memory(policy: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "OPEN", 2)
    assert found([*stood(), *stood(), *stood(), *went_on()], policy).total.stood == 3


def test_a_line_takes_in_another() -> None:
    line = Line(1, 1, priced=1, own=2, elsewhere=3)
    line.add(line)
    assert (line.asked, line.stood, line.priced, line.saved) == (2, 2, 2, 2)


def test_the_command_says_what_became_of_real_requests(ask: Asking, own: Probable, tmp_path: Any) -> None:
    own.logprob = UNSURE
    ask()
    told = CliRunner().invoke(cli.app, ["costs", "--local-first", "--db", str(tmp_path / "home" / "audit.db")])
    assert told.output.splitlines() == [
        "team   app  asked  stood  went on  unsure  short  refused  cut  empty",
        "team   app      1      0        1       1      0        0    0      0",
        "total           1      0        1       1      0        0    0      0",
        "100.0 % of 1 requests went on to the next zone",
    ]
    refused = CliRunner().invoke(cli.app, ["costs", "--local-first", "--budgets"])
    assert refused.exit_code == 2
