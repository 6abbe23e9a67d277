"""The policy as values: what the files say, merged, and what a decision is.

Three sentences hold the model. A grant gives an identity an ordered list of zones. A rule only ever takes zones away.
A class's ceiling is applied last and cannot be lifted. Places in files travel along but are no part of the meaning.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Self

from proxy.files.diagnostics import Place
from proxy.policy.labels import Sample
from proxy.policy.local_first import LocalFirst
from proxy.policy.modes import Effect, Mode, Pot

NOWHERE = Place("", 0, 0)


class Outcome(StrEnum):
    """Read off the zones that survive."""

    ALLOW = "allow"
    """At least one vendor zone is left."""
    PIN = "pin"
    """No vendor zone is left, an own one is."""
    BLOCK = "block"
    """No zone is left."""


class Trust(StrEnum):
    """Who runs a zone."""

    OWN = "own"
    VENDOR = "vendor"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who calls: configured names only, never text from the request."""

    team: str
    app: str
    key: str


@dataclass(frozen=True, slots=True)
class Call:
    """What is called: the endpoint, the requested model name and the registered id it resolved to."""

    endpoint: str
    model: str
    resolved: str


@dataclass(frozen=True, slots=True)
class Zone:
    """A trust boundary. `networks` (CIDR) belong to own zones: where their upstreams' addresses must lie."""

    name: str
    trust: Trust
    region: str = ""
    agreements: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    where: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class DataClass:
    """A kind of data. `floor` is a grid step: weaker values do not count. `parts` together make one more value."""

    name: str
    entities: tuple[str, ...]
    parts: tuple[str, ...]
    floor: int
    ceiling: tuple[str, ...]
    where: Place = field(default=NOWHERE, compare=False)
    floor_where: Place = field(default=NOWHERE, compare=False)
    ceiling_where: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Who:
    """Callers: every list that is given must match; no list at all means everyone."""

    teams: tuple[str, ...] = ()
    apps: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    not_teams: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class What:
    """Calls: every list that is given must match. A model pattern may match the requested or the resolved name."""

    endpoints: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grant:
    """Zones for callers and calls, the preferred first; a vendor's that is in `stores` may keep state.

    With `local_first`, own zones come before vendors', and these are asked only where an own answer is not sure.
    """

    id: str
    who: Who
    what: What
    zones: tuple[str, ...]
    stores: tuple[str, ...] = ()
    local_first: LocalFirst | None = None
    where: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Condition:
    """At least `min_count` distinct values of one class at grid step `min_score` or more. Never negated."""

    data_class: str
    min_count: int = 1
    min_score: int = 0
    where: Place = field(default=NOWHERE, compare=False)
    score_where: Place = field(default=NOWHERE, compare=False)
    count_where: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """Takes zones away: all (`block`), the vendors' (`pin`), or all but those listed (`only`).

    A rule on answers blocks those that come from its `sources`, which are all zones if none is named.
    `until` is the day by which someone decides about a rule in shadow; it changes no decision.
    """

    id: str
    who: Who
    what: What
    condition: Condition | None
    effect: Effect
    only: tuple[str, ...]
    because: str
    log_full: bool = False
    notify: tuple[str, ...] = ()
    mode: Mode = Mode.ENFORCE
    until: dt.date | None = None
    sources: tuple[str, ...] = ()
    where: Place = field(default=NOWHERE, compare=False)
    mode_where: Place = field(default=NOWHERE, compare=False)
    until_where: Place = field(default=NOWHERE, compare=False)
    then_where: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Budget:
    """What callers may spend in zones in a calendar month (UTC): all together, or each team, app or key for itself.

    Used up, it takes zones away: the vendors' (`pin`), or its own (`block`). `monthly` is in billionths of a currency.
    """

    id: str
    who: Who
    per: Pot
    zones: tuple[str, ...]
    monthly: int
    effect: Literal["block", "pin"]
    because: str
    where: Place = field(default=NOWHERE, compare=False)
    then_where: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class PolicyException:
    """Waives one rule for named callers, up to and including the day `until` (UTC). Never a ceiling or a grant."""

    id: str
    waives: str
    who: Who
    until: dt.date
    owner: str
    approved_by: str
    ticket: str
    because: str
    where: Place = field(default=NOWHERE, compare=False)
    until_where: Place = field(default=NOWHERE, compare=False)
    approved_where: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Claim:
    """No request that carries this class can reach these zones."""

    never: str
    zones: tuple[str, ...]
    where: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a test expects; None means not asked."""

    outcome: Outcome
    zone: str | None = None
    rules: tuple[str, ...] | None = None
    ceilings: tuple[str, ...] | None = None
    stores: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class InlineTest:
    """One case, of a policy file or of a file of tests. Without a day (`on`), no exception is live: tests must not age.

    With a `sample`, it has no findings of its own: a detector finds them. With a `source`, it is about an answer from
    that zone. `budgets` are used up.
    """

    name: str
    who: Identity
    call: Call
    findings: Mapping[str, tuple[int, ...]]
    on: dt.date
    expect: Expectation
    sample: Sample | None = None
    source: str | None = None
    budgets: tuple[str, ...] = ()
    where: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Bundle:
    """The merged files, as written; `policies` are (id, version) pairs.

    `rules` are about requests and `answers` about answers: what decides a request never sees one of these.
    """

    taxonomy: tuple[str, int]
    policies: tuple[tuple[str, int], ...]
    owners: tuple[tuple[str, str], ...]
    zones: tuple[Zone, ...]
    classes: tuple[DataClass, ...]
    ignored: tuple[tuple[str, str], ...]
    grants: tuple[Grant, ...]
    rules: tuple[Rule, ...]
    exceptions: tuple[PolicyException, ...]
    claims: tuple[Claim, ...]
    tests: tuple[InlineTest, ...]
    answers: tuple[Rule, ...] = ()
    budgets: tuple[Budget, ...] = ()
    where: Place = field(default=NOWHERE, compare=False)

    @property
    def every_rule(self) -> tuple[Rule, ...]:
        """The rules on requests and those on answers."""
        return (*self.rules, *self.answers)


@dataclass(frozen=True, slots=True)
class Strike:
    """Why a zone is not available: no grant, no upstream, a rule, a class's ceiling or a budget; `id` names these."""

    kind: Literal["grant", "upstream", "rule", "ceiling", "budget"]
    id: str = ""

    def __str__(self) -> str:
        match self.kind:
            case "grant":
                return "not granted"
            case "upstream":
                return "no upstream"
            case "rule":
                return self.id
            case "ceiling":
                return f"ceiling of {self.id}"
            case "budget":
                return f"budget {self.id}"


@dataclass(frozen=True, slots=True)
class Waiver:
    """An exception that was used, and the decision without it."""

    id: str
    outcome: Outcome
    zone: str | None


@dataclass(frozen=True, slots=True)
class Would:
    """A shadow rule that matched, and the decision if it were enforced."""

    rule: str
    outcome: Outcome
    zone: str | None


@dataclass(frozen=True, slots=True, order=True)
class Landing:
    """What comes of a request: the outcome, the zones left in order of preference, and the vendors' that keep state."""

    outcome: Outcome
    zones: tuple[str, ...]
    stores: tuple[str, ...] = ()
    local_first: str = ""
    """When an own server's answer stands, where a vendor may be asked instead."""

    @classmethod
    def at(cls, outcome: Outcome, zone: str | None) -> Self:
        """Return where a request lands of which only the preferred zone is known, as of all that is recorded."""
        return cls(outcome, (zone,) if zone else ())

    def __str__(self) -> str:
        return f"{self.outcome.value} -> {self.zones[0]}" if self.zones else self.outcome.value

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        stores = {"stores": list(self.stores)} if self.stores else {}
        local = {"local_first": self.local_first} if self.local_first else {}
        return {"decision": self.outcome.value, "zones": list(self.zones), **stores, **local}


@dataclass(frozen=True, slots=True)
class Decision:
    """The zones that survive, in order of preference, and everything that made it so. Holds no content."""

    outcome: Outcome
    zones: tuple[str, ...]
    rules: tuple[tuple[str, Effect], ...] = ()
    """Enforced rules that matched, by id."""
    ceilings: tuple[str, ...] = ()
    """Classes found whose ceiling struck a zone that was granted."""
    budgets: tuple[str, ...] = ()
    """Budgets for this caller that are used up, by id."""
    classes: tuple[tuple[str, int, int], ...] = ()
    """Classes found: name, count of distinct values, highest grid score."""
    because: tuple[str, ...] = ()
    """For the caller: the reasons of what struck a granted zone."""
    log_full: bool = False
    notify: tuple[str, ...] = ()
    exceptions: tuple[Waiver, ...] = ()
    shadow: tuple[Would, ...] = ()
    stores: tuple[str, ...] = ()
    """Vendors' zones left at which state may be kept; at an own zone, it always may."""
    local_first: LocalFirst | None = None
    """When an own server's answer stands; None where it always does, or nobody else may be asked."""
    strikes: tuple[tuple[str, tuple[Strike, ...]], ...] = ()
    """Per zone of the taxonomy what struck it; a zone that survives has an empty list."""

    @property
    def zone(self) -> str | None:
        """The preferred zone, or None when blocked."""
        return self.zones[0] if self.zones else None

    @property
    def landing(self) -> Landing:
        """What comes of the request."""
        return Landing(self.outcome, self.zones, self.stores, str(self.local_first or ""))
