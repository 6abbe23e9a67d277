"""How budgets stand this month, and the correction of what servers counted by what the audit log says."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from proxy.costs.answers import charge
from proxy.costs.log import Answered, Log, answered
from proxy.costs.pots import filled, next_month
from proxy.costs.report import table
from proxy.files.money import exactly, written
from proxy.policy.model import Budget
from proxy.state.spending import Account, Amounts, Spent


@dataclass(frozen=True, slots=True)
class Row:
    """One pot of a budget; `whose` is empty for everybody's."""

    budget: Budget
    whose: str
    spent: Spent

    @property
    def left(self) -> int:
        """What may still be spent; below zero where more was spent before that was known."""
        return self.budget.monthly - self.spent.nanos

    @property
    def used_up(self) -> bool:
        """Whether the budget strikes its zones for whoever draws on this pot."""
        return self.left <= 0


@dataclass(frozen=True, slots=True)
class Standing:
    """Every pot of every budget that somebody drew on in a month."""

    month: str
    currency: str
    rows: tuple[Row, ...]

    @property
    def resets(self) -> str:
        """The day (UTC) on which every budget begins anew."""
        return f"{next_month(self.month)}-01"

    def text(self) -> str:
        """Write it for a terminal."""
        if not self.rows:
            return f"no budget, or none of which anything was spent in {self.month}"
        head = ["budget", "whose", "answers", "unpriced", "spent", "monthly", "left", ""]
        rows = [
            [
                *(row.budget.id, row.whose or "all"),
                *(f"{row.spent.answers:,}", f"{row.spent.unpriced:,}"),
                *(written(row.spent.nanos, 4), written(row.budget.monthly), written(row.left, 4)),
                f"used up: {row.budget.effect}" if row.used_up else "",
            ]
            for row in self.rows
        ]
        return "\n".join(
            [*table([head, *rows], 2), f"{self.currency or 'no prices'}; all begin anew on {self.resets} (UTC)"]
        )

    def as_json(self) -> dict[str, Any]:
        """Return the same as plain values; amounts are text, exact to the billionth."""
        return {
            "month": self.month,
            "currency": self.currency,
            "resets": self.resets,
            "budgets": [
                {
                    "budget": row.budget.id,
                    "whose": row.whose,
                    "answers": row.spent.answers,
                    "unpriced": row.spent.unpriced,
                    "spent": exactly(row.spent.nanos),
                    "monthly": exactly(row.budget.monthly),
                    "left": exactly(row.left),
                    "used_up": row.used_up,
                    "then": row.budget.effect,
                }
                for row in self.rows
            ],
        }


def standing(budgets: Sequence[Budget], amounts: Amounts, month: str, currency: str) -> Standing:
    """Say how budgets stand by what was spent in a month."""
    known = {budget.id: budget for budget in budgets}
    pots = sorted(filled(budgets, amounts).items())
    return Standing(month, currency, tuple(Row(known[name], whose, spent) for (name, whose), spent in pots))


def in_log(log: Log, month: str) -> dict[Account, Spent]:
    """Return what was spent in a month by what the log says, in the prices of the time."""
    prices = {}
    found: dict[Account, Spent] = {}
    since, until = (f"{each}-01T00:00:00.000000Z" for each in (month, next_month(month)))
    for item in answered(log, since, until):
        if not isinstance(item, Answered):
            continue
        asked = item.asked
        if asked.upstreams not in prices:
            prices[asked.upstreams] = log.prices(asked.upstreams)
        known = prices[asked.upstreams]
        spent = charge(item.outcome, known.of(item.model, item.zone) if known else None)
        account = Account(asked.who.team, asked.who.app, asked.who.key, item.zone)
        if spent is not None and known and known.models:
            found[account] = found.get(account, Spent()).plus(spent)
    return found


def missing(counted: Amounts, logged: Amounts) -> dict[Account, Spent]:
    """Return by how much more the log has than was counted; what was counted is never too much.

    What was counted has to be read before the log: then what is answered meanwhile is at worst counted twice.
    """
    return {account: _more(spent, counted.get(account, Spent())) for account, spent in logged.items()}


def _more(one: Spent, other: Spent) -> Spent:
    return Spent(*(max(0, a - b) for a, b in zip(one, other, strict=True)))


def added(amounts: Iterable[Spent]) -> Spent:
    """Return all of them together."""
    total = Spent()
    for spent in amounts:
        total = total.plus(spent)
    return total
