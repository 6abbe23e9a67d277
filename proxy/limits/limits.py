"""The file of limits: how many requests and tokens a minute each key and each team may have.

    default:                                    # for whoever is not named below
      key: {requests_per_minute: 60, tokens_per_minute: 40000}
      team: {requests_per_minute: 600}
    teams: {support: {tokens_per_minute: 400000}}
    apps: {helpdesk: {requests_per_minute: 120}}            # each key of that app
    keys: {ak_0123456789abcdef: {requests_per_minute: 5}}   # one key, by its id

Read with the strictness of a policy. What the most particular entry does not say, the next one does: a key's, its
app's, the default's. A request needs what its key may have and what its team may have.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from proxy.files.diagnostics import Problems
from proxy.files.node import Node
from proxy.files.source import load
from proxy.identity import NAME, Caller
from proxy.limits.bucket import Draw

KEY_ID = re.compile(r"(ak|oidc)_[0-9a-f]{16}")
HIGHEST = 10**9 - 1
MOST_MINUTES = 60
Owner = Literal["key", "team"]
Unit = Literal["requests", "tokens"]
UNITS: tuple[Unit, ...] = ("requests", "tokens")
Rates = Mapping[Unit, int]
"""How many of each a minute; a unit that is not there has no limit."""
NO_RATES: Rates = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Bound:
    """One limit that applies to a caller."""

    owner: Owner
    unit: Unit
    name: str
    """Of what is counted: the id of the key or the team."""
    per_minute: int

    def draw(self, amount: int) -> Draw:
        """Return what so many take; never more than there can be, or it could never be had."""
        return Draw(f"{self.owner}:{self.name}:{self.unit}", self.per_minute, min(amount, self.per_minute))

    def settlement(self, used: int, taken: int) -> Draw:
        """Return what is still to be taken, or given back, when so many were used of what was taken.

        Never more than an hour's worth: a number that a model server made up must lock nobody out for longer.
        """
        more = min(used, MOST_MINUTES * self.per_minute) - min(taken, self.per_minute)
        return Draw(f"{self.owner}:{self.name}:{self.unit}", self.per_minute, more)


@dataclass(frozen=True, slots=True)
class Limits:
    """What the file says."""

    key: Rates = field(default_factory=lambda: NO_RATES)
    team: Rates = field(default_factory=lambda: NO_RATES)
    teams: Mapping[str, Rates] = field(default_factory=dict)
    apps: Mapping[str, Rates] = field(default_factory=dict)
    keys: Mapping[str, Rates] = field(default_factory=dict)

    def bounds(self, caller: Caller) -> tuple[Bound, ...]:
        """Return every limit of a caller, requests first, the key's before its team's."""
        if not (self.key or self.team or self.teams or self.apps or self.keys):
            return ()
        of_key = {**self.key, **self.apps.get(caller.app, NO_RATES), **self.keys.get(caller.key_id, NO_RATES)}
        of_team = {**self.team, **self.teams.get(caller.team, NO_RATES)}
        owners: tuple[tuple[Owner, str, Rates], ...] = (
            ("key", caller.key_id, of_key),
            ("team", caller.team, of_team),
        )
        return tuple(
            Bound(owner, unit, name, rates[unit]) for unit in UNITS for owner, name, rates in owners if unit in rates
        )


NO_LIMITS = Limits()


def load_limits(path: Path | None) -> Limits:
    """Read a file of limits; none without one. Raises FileRefused with `file:line:col` for all that is wrong."""
    if path is None:
        return NO_LIMITS
    problems = Problems()
    top = load(path).fields(problems, optional=["default", "teams", "apps", "keys"])
    default = top["default"].fields(problems, optional=["key", "team"])
    read = Limits(
        key=_rates(default["key"], problems),
        team=_rates(default["team"], problems),
        teams=_named(top["teams"], NAME, "the name of a team", problems),
        apps=_named(top["apps"], NAME, "the name of an app", problems),
        keys=_named(top["keys"], KEY_ID, "the id of a key, such as ak_0123456789abcdef; never the key", problems),
    )
    problems.check()
    return read


def _named(node: Node, pattern: re.Pattern[str], wanted: str, problems: Problems) -> Mapping[str, Rates]:
    pairs = node.pairs(problems)
    return MappingProxyType({key.text(problems, pattern, wanted): _rates(value, problems) for key, value in pairs})


def _rates(node: Node, problems: Problems) -> Rates:
    names = {unit: f"{unit}_per_minute" for unit in UNITS}
    given = node.fields(problems, optional=names.values())
    rates = {unit: given[name].integer(problems, 1, HIGHEST) for unit, name in names.items() if given[name].present}
    if node.kind == "mapping" and not node.entries:
        problems.error(node, "missing-key", f"{' or '.join(names.values())} is missing here")
    return MappingProxyType(rates)
