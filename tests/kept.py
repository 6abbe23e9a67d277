"""A log in memory: the policies that decided, by their digest, and what they decided."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from proxy.policy.decide import decide
from proxy.policy.model import Call, Identity, Landing
from proxy.policy.noted import Noted
from proxy.policy.policy import Policy
from proxy.policy.replay import Recorded, Skipped, as_recorded

DAY = dt.date(2026, 6, 1)


@dataclass
class Kept:
    """Something that commands read as a log; remembers from when on it was read."""

    policies: dict[str, Policy] = field(default_factory=dict)
    items: list[Recorded | Skipped] = field(default_factory=list)
    since: str | None = None

    def add(
        self,
        policy: Policy,
        findings: Mapping[str, tuple[int, ...]],
        *,
        record: str = "",
        who: Identity = Identity("x", "a", "k"),  # noqa: B008 - frozen
        model: str = "m",
        requested: str = "",
        days: tuple[dt.date, ...] = (DAY,),
        exhausted: frozenset[str] = frozenset(),
    ) -> Recorded:
        """Decide on the first of the days, and record it; a model that was not registered stands under its pattern."""
        made = decide(policy, who, Call("chat", requested or model, model), findings, days[0], exhausted)
        name = record or f"r{len(self.items)}"
        item = Recorded(name, policy.sha256, who, Call("chat", model, model), findings, days, as_recorded(made))
        self.policies[policy.sha256] = policy
        self.items.append(item)
        return item

    def decisions(self, since: str | None) -> Iterator[Recorded | Skipped]:
        self.since = since
        return iter(self.items)

    def notes(self, since: str | None) -> Iterator[Noted | Skipped]:
        self.since = since
        return iter([_noted(item) if isinstance(item, Recorded) else item for item in self.items])

    def decision(self, record: str) -> Recorded | Skipped | None:
        return next((item for item in self.items if item.id == record), None)

    def policy(self, bundle: str) -> Policy | None:
        return self.policies.get(bundle)


def _noted(item: Recorded) -> Noted:
    """Return what the item's record says of shadows and exceptions; each was a request of its own, at noon."""
    made = item.made
    return Noted(
        id=item.id,
        request=item.id,
        at=f"{item.days[0]}T12:00:00.000000Z",
        who=item.who,
        made=Landing.at(made.outcome, made.zone),
        shadow=made.shadow,
        exceptions=made.exceptions,
    )
