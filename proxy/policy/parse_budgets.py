"""Reads the budgets of a policy file."""

from typing import get_args

from proxy.files.money import amount
from proxy.files.node import Node
from proxy.policy import reading, vocabulary
from proxy.policy.model import Budget
from proxy.policy.modes import Pot
from proxy.policy.parse_context import Context


def budget(node: Node, ctx: Context) -> Budget:
    """Read one budget."""
    problems = ctx.problems
    given = reading.fields(node, problems, vocabulary.BUDGET)
    ctx.refer("zone", given["zones"])
    chosen = given["then"].choice(problems, vocabulary.EFFECTS, "unknown-action")
    return Budget(
        id=given["id"].text(problems, vocabulary.ID, "an id"),
        who=reading.who(given["who"], problems),
        per=_pot(given["per"], ctx),
        zones=reading.names(given["zones"], problems, vocabulary.WORD, "a zone's name", least=1),
        monthly=amount(given["monthly"], vocabulary.MAX_MONTHLY, problems),
        effect="pin" if chosen == "pin" else "block",
        because=given["because"].text(problems, wanted="a reason"),
        where=given["id"].place,
        then_where=given["then"].place,
    )


def _pot(node: Node, ctx: Context) -> Pot:
    chosen = node.choice(ctx.problems, vocabulary.POTS)
    return next((pot for pot in get_args(Pot) if pot == chosen), "")
