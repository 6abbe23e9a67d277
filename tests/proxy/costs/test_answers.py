import pytest

from proxy.costs.answers import charge
from proxy.costs.prices import Price
from proxy.state.spending import Spent

PRICE = Price(1_000_000_000, 2_000_000_000, 1_000_000_000)


def test_an_answer_costs_what_it_reported() -> None:
    outcome = {"status": "ok", "http": 200, "usage": {"in": 10, "out": 5}}
    assert charge(outcome, PRICE) == Spent(1, 0, 20_000)


@pytest.mark.parametrize(
    "status", ["ok", "client_abort", "timeout", "unknown", "unknown_after_crash", "answer_blocked"]
)
def test_what_may_have_been_worked_on_and_reported_nothing_is_unpriced_and_not_free(status: str) -> None:
    assert charge({"status": status}, PRICE) == Spent(1, 1, 0)


def test_what_has_no_price_is_unpriced() -> None:
    assert charge({"status": "ok", "http": 200, "usage": {"in": 10, "out": 5}}, None) == Spent(1, 1, 0)


@pytest.mark.parametrize(
    "outcome",
    [{"status": "not_sent"}, {"status": "refused_by_upstream", "http": 400}, {"status": "upstream_error", "http": 500}],
)
def test_what_no_model_can_have_worked_on_is_no_answer(outcome: dict[str, object]) -> None:
    assert charge(outcome, PRICE) is None
