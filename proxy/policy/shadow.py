"""What rules in shadow would have changed, for whom, according to a log: by these figures one is enforced or dropped.

Beside the rules that are in shadow now stand those that the log knows as shadowed and that are so no longer. Since a
shadowed rule is recorded with the decision as it would have been, no policy is needed to read what it would have done.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from proxy.policy.model import Rule
from proxy.policy.modes import Mode
from proxy.policy.noted import Noted
from proxy.policy.replay import Skipped
from proxy.policy.uses import INDENT, UNUSED, Use, Uses, collect


class State(StrEnum):
    """What became of a rule that is, or was, in shadow."""

    SHADOW = "in shadow"
    ENFORCED = "enforced now"
    GONE = "not in this bundle"


@dataclass(frozen=True, slots=True)
class Shadowed:
    """One rule, and what the log says of it; without a use, nothing matched."""

    id: str
    state: State
    until: dt.date | None
    where: str
    use: Use | None

    def lines(self) -> Iterator[str]:
        """Write it for a terminal."""
        ending = (f" until {self.until}" if self.until else ", with no end") if self.state is State.SHADOW else ""
        yield f"{self.id}  {self.state}{ending}{f'  [{self.where}]' if self.where else ''}"
        if self.use is None:
            yield f"{'':<{INDENT}}no request matched"
            return
        yield (
            f"{'':<{INDENT}}{self.use.requests} matched, {self.use.otherwise:,} would have been decided "
            f"otherwise; {self.use.span}"
        )
        yield from self.use.lines()

    def as_json(self) -> dict[str, Any]:
        """Return the same as plain values."""
        return {
            "rule": self.id,
            "state": self.state.name.lower(),
            "until": self.until.isoformat() if self.until else None,
            **(self.use.as_json() if self.use else UNUSED),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """Every rule that is or was in shadow: what would have changed most first."""

    rules: tuple[Shadowed, ...]
    uses: Uses

    def text(self) -> str:
        """Write the report for a terminal."""
        lines = [line for rule in self.rules for line in rule.lines()]
        return "\n".join([*(lines or ["no rule is or was in shadow"]), *self.uses.lines()])

    def as_json(self) -> dict[str, Any]:
        """Return the same as plain values.

        `rules` is a list of {rule, state: shadow | enforced | gone, until, requests, otherwise, first, last, turns},
        `turns` one of {before, after, otherwise, count, callers: [{team, app, count}], records}; before and after are
        {decision, zone?}: as made, and as it would have been. `decisions`, `dry_runs`, `not_read` say what was read.
        """
        return {"rules": [rule.as_json() for rule in self.rules], **self.uses.as_json()}


def summarise(rules: Iterable[Rule], notes: Iterable[Noted | Skipped]) -> Report:
    """Hold the rules of a bundle against what a log recorded about rules in shadow."""
    uses = collect(notes, Noted.shadowed)
    known = {rule.id: rule for rule in rules}
    shadowed = {name for name, rule in known.items() if rule.mode is Mode.SHADOW}
    listed = [_shadowed(name, known.get(name), uses.found.get(name)) for name in shadowed | uses.found.keys()]
    order = list(State)
    listed.sort(key=lambda item: (order.index(item.state), -(item.use.otherwise if item.use else -1), item.id))
    return Report(tuple(listed), uses)


def _shadowed(name: str, rule: Rule | None, use: Use | None) -> Shadowed:
    if rule is None:
        return Shadowed(name, State.GONE, None, "", use)
    state = State.SHADOW if rule.mode is Mode.SHADOW else State.ENFORCED
    return Shadowed(name, state, rule.until, str(rule.where), use)
