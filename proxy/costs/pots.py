"""What of each budget was spent: one pot for all callers whom it is for, or one for each team, app or key of them."""

from collections.abc import Iterable
from datetime import UTC, datetime

from proxy.policy.budgets import is_for
from proxy.policy.model import Budget, Identity
from proxy.state.spending import Account, Amounts, Spent

Pot = tuple[str, str]
"""The id of a budget, and whose pot it is; empty for everybody's."""


def pot_of(budget: Budget, caller: Identity) -> Pot | None:
    """Return the pot that a caller draws on; None if the budget is not for it. An app is one of its team."""
    if not is_for(budget.who, caller):
        return None
    match budget.per:
        case "":
            return budget.id, ""
        case "team":
            return budget.id, caller.team
        case "app":
            return budget.id, f"{caller.team}/{caller.app}"
        case "key":
            return budget.id, caller.key


def drawn_on(budgets: Iterable[Budget], account: Account) -> tuple[Pot, ...]:
    """Return the pots for which spending of this account counts."""
    caller = Identity(account.team, account.app, account.key)
    found = (pot_of(budget, caller) for budget in budgets if account.zone in budget.zones)
    return tuple(pot for pot in found if pot is not None)


def filled(budgets: Iterable[Budget], amounts: Amounts) -> dict[Pot, Spent]:
    """Return what is in each pot that somebody drew on; everybody's are always there."""
    listed = tuple(budgets)
    pots = {(budget.id, ""): Spent() for budget in listed if not budget.per}
    for account, spent in amounts.items():
        for pot in drawn_on(listed, account):
            pots[pot] = pots.get(pot, Spent()).plus(spent)
    return pots


def month_of(now: datetime) -> str:
    """Return the calendar month (UTC) as YYYY-MM."""
    return now.astimezone(UTC).strftime("%Y-%m")


def next_month(month: str) -> str:
    """Return the month after this one: on its first day, at 00:00 UTC, every budget begins anew."""
    year, number = map(int, month.split("-"))
    return f"{year + number // 12:04}-{number % 12 + 1:02}"
