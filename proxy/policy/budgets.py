"""Budgets as decisions see them: one that is used up takes zones away from the callers whom it is for.

What was spent is not known here. Whoever counts it says which budgets are used up, and for whom a budget is, and which
zones it strikes, is decided from that alone: so a budget never opens a zone, and more of them never free a request.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from proxy.policy.model import Budget, Bundle, Identity, Strike, Trust, Who

ANY = "*"


@dataclass(frozen=True, slots=True)
class CompiledBudget:
    """A budget as numbers: the zones that it strikes when it is used up."""

    id: str
    who: Who
    strikes: int
    because: str
    strike: Strike


def compile_budgets(bundle: Bundle, zone_of: Mapping[str, int]) -> Mapping[str, CompiledBudget]:
    """Compile the budgets of a bundle, by id."""
    return {
        budget.id: CompiledBudget(
            budget.id,
            budget.who,
            sum(1 << zone_of[zone] for zone in struck(budget, bundle)),
            budget.because,
            Strike("budget", budget.id),
        )
        for budget in bundle.budgets
    }


def struck(budget: Budget, bundle: Bundle) -> frozenset[str]:
    """Return the zones that a budget strikes when it is used up: the vendors', or its own."""
    if budget.effect == "pin":
        return frozenset(zone.name for zone in bundle.zones if zone.trust is Trust.VENDOR)
    return frozenset(budget.zones)


def used_up(
    budgets: Mapping[str, CompiledBudget], who: Identity, exhausted: Collection[str]
) -> tuple[CompiledBudget, ...]:
    """Return those of the exhausted budgets that are for this caller, by id; an unknown one strikes nothing."""
    known = (budgets.get(name) for name in sorted(exhausted))
    return tuple(budget for budget in known if budget is not None and is_for(budget.who, who))


def is_for(who: Who, caller: Identity) -> bool:
    """Whether a caller is one of these: every list that is given must match."""
    wanted = ((who.teams, caller.team), (who.apps, caller.app), (who.keys, caller.key))
    return all(not patterns or _any(patterns, name) for patterns, name in wanted) and not _any(
        who.not_teams, caller.team
    )


def looser(before: Budget, after: Budget | None, old: Bundle, new: Bundle) -> bool:
    """Whether some request may go further under the later budget, or under none.

    It may not where as much is counted in at least the same zones for at least the same callers, for no more money, and
    at least as much is struck. What is spent is counted by caller and zone, so all of this holds from the first moment.
    """
    if after is None:
        return True
    same = after.who in {before.who, Who()} and after.per in {before.per, ""}
    counts = set(before.zones) <= set(after.zones) and after.monthly <= before.monthly
    left = {zone.name for zone in new.zones}
    return not (same and counts and struck(before, old) & left <= struck(after, new))


def _any(patterns: Iterable[str], name: str) -> bool:
    return any(name == each or (each.endswith(ANY) and name.startswith(each[:-1])) for each in patterns)
