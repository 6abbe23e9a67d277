from datetime import UTC, datetime, timedelta, timezone

import pytest

from proxy.costs.pots import Pot, drawn_on, filled, month_of, next_month, pot_of
from proxy.policy.model import Budget, Identity, Who
from proxy.policy.modes import Pot as Per
from proxy.state.spending import Account, Spent

ANN = Identity("support", "chatbot", "ak_1")


def budget(per: Per = "", who: Who | None = None, zones: tuple[str, ...] = ("us", "eu")) -> Budget:
    return Budget("b", who or Who(), per, zones, 10, "pin", "why")


@pytest.mark.parametrize(
    ("per", "pot"),
    [("", ("b", "")), ("team", ("b", "support")), ("app", ("b", "support/chatbot")), ("key", ("b", "ak_1"))],
)
def test_a_budget_has_a_pot_for_all_or_for_each_team_app_or_key(per: Per, pot: Pot) -> None:
    assert pot_of(budget(per), ANN) == pot


def test_a_budget_has_no_pot_for_whom_it_is_not_for() -> None:
    assert pot_of(budget(who=Who(teams=("sales",))), ANN) is None


def test_only_what_is_spent_in_the_budgets_zones_counts() -> None:
    assert drawn_on([budget()], Account(*("support", "chatbot", "ak_1", "us"))) == (("b", ""),)
    assert drawn_on([budget()], Account(*("support", "chatbot", "ak_1", "home"))) == ()


def test_pots_add_up_their_callers_and_zones() -> None:
    amounts = {
        Account("support", "chatbot", "ak_1", "us"): Spent(1, 0, 5),
        Account("support", "chatbot", "ak_2", "eu"): Spent(2, 1, 7),
        Account("sales", "crm", "ak_3", "us"): Spent(1, 0, 11),
        Account("sales", "crm", "ak_3", "home"): Spent(9, 0, 99),
    }
    assert filled([budget("team")], amounts) == {("b", "support"): Spent(3, 1, 12), ("b", "sales"): Spent(1, 0, 11)}
    assert filled([budget()], amounts) == {("b", ""): Spent(4, 1, 23)}
    assert filled([budget()], {}) == {("b", ""): Spent()}


def test_a_month_is_one_of_utc() -> None:
    late = datetime(2026, 3, 1, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    assert month_of(late) == "2026-02"
    assert month_of(datetime(2026, 3, 1, tzinfo=UTC)) == "2026-03"
    assert (next_month("2026-02"), next_month("2026-12")) == ("2026-03", "2027-01")
