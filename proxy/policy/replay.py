"""Decides recorded decisions again under a candidate bundle: what it would have changed, from the log alone.

A record holds everything that `decide` was given but for two things, and where one of them matters the record is
counted, never guessed at. A model that is registered by a pattern stands under that pattern; all names that it can
stand for are tried. A request that was under way at midnight (UTC) was decided on one of two days; both are tried.

Before a record counts, it is decided again by the bundle that decided it, where the archive has that: what comes out
must be what the record says, to the last rule and waiver. So every figure rests on records that replay exactly.
"""

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from proxy.policy.budgets import used_up
from proxy.policy.decide import applicable, settle
from proxy.policy.index import Dimension, Index
from proxy.policy.labels import Findings
from proxy.policy.model import Call, Decision, Identity, Trust
from proxy.policy.noted import Noted
from proxy.policy.policy import Policy
from proxy.policy.shift import ORDER, Shift, Verdict, judge
from proxy.policy.witness import labelled

SHOWN = 3
"""Records that are named for each line of a report."""


class Why(StrEnum):
    """Why a record says nothing about the candidate."""

    SCHEMA = "not a record in a schema that is known here"
    HISTOGRAM = "not every type has its histogram"
    OTHER = "its model is recorded as one that is not registered"
    TYPE = "it holds a type that the candidate does not know"
    MODEL = "its model is recorded by a pattern, within which the candidate tells names apart"
    DAY = "it was decided about midnight, and an exception ended that day"
    ALONE = "it is about an answer, and the decision before it is not there"
    DIFFERS = "the bundle that decided it decides otherwise now"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded decision with all that it was made from."""

    id: str
    bundle: str
    """Digest of the bundle that decided."""
    who: Identity
    call: Call
    """A model that ends in `*` stands for the names that this pattern matches."""
    findings: Findings
    days: tuple[dt.date, ...]
    """The first and the last day on which it can have been made; one, if they are the same."""
    made: Decision
    """Without `because`, `stores` and `strikes`, which no record holds."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record that cannot be decided again."""

    id: str
    why: Why


class Log(Protocol):
    """Recorded decisions, and the policies that made them; reading never changes it."""

    def decisions(self, since: str | None) -> Iterator[Recorded | Skipped]:
        """Read every decision from a time on (RFC 3339, UTC, with microseconds)."""

    def notes(self, since: str | None) -> Iterator[Noted | Skipped]:
        """Read of every decision and answer from a time on what it says about rules in shadow and exceptions."""

    def decision(self, record: str) -> Recorded | Skipped | None:
        """Return the decision with this id; None if there is none."""

    def policy(self, bundle: str) -> Policy | None:
        """Return the policy of the bundle with this digest, with the upstreams of that time; None without its texts."""


class Again:
    """Decides recorded decisions under one policy."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._names: dict[str, tuple[str, ...]] = {}

    def possible(self, item: Recorded) -> Iterator[Decision]:
        """Yield what this policy decides: for each name that the model may have had, and each day it may have been.

        Exceptions only ever end: what holds on the first and on the last day holds on those between them.
        """
        index = self.policy.index
        budgets = used_up(index.budgets, item.who, item.made.budgets)
        for bits in self._selections(index, item):
            for day in item.days:
                yield settle(index, bits, item.findings, day, budgets)

    def decide(self, item: Recorded) -> Decision | Why:
        """Return the one decision that this policy would have made, or why it cannot be known."""
        if not item.findings.keys() <= self.policy.index.types.keys():
            return Why.TYPE
        first, *others = map(_of_zones, self.possible(item))
        if all(other == first for other in others):
            return first
        return Why.MODEL if len(others) > len(item.days) - 1 else Why.DAY

    def recall(self, item: Recorded) -> Decision | None:
        """Return the decision that was recorded, made again with its reasons; None if this policy never makes it."""
        return next((made for made in self.possible(item) if as_recorded(made) == item.made), None)

    def _selections(self, index: Index, item: Recorded) -> Iterator[int]:
        """Yield the bits of what applies, for each requested name that the record may stand for."""
        pattern = item.call.resolved
        if not pattern.endswith("*"):
            yield applicable(index, item.who, item.call)
            return
        if pattern not in self._names:
            self._names[pattern] = tuple(_names_within(index.models, pattern[:-1]))
        calls = (Call(item.call.endpoint, name, pattern) for name in self._names[pattern])
        yield from dict.fromkeys(applicable(index, item.who, call) for call in calls)


def _names_within(models: Dimension, prefix: str) -> Iterator[str]:
    """Yield a name for each cell of the names with this prefix."""
    told = dataclasses.replace(models, prefixes=(*models.prefixes, (prefix, 0)))
    return (name for name in labelled(told).values() if name.startswith(prefix))


def as_recorded(decision: Decision) -> Decision:
    """Return what a record holds of a decision."""
    return dataclasses.replace(decision, because=(), stores=(), strikes=())


def _of_zones(decision: Decision) -> Decision:
    """Leave out where state may be kept: a record does not say, so it is no matter of a replay."""
    return dataclasses.replace(decision, stores=())


@dataclass(frozen=True, slots=True)
class Group:
    """Decisions of one team that would change alike, for the same reasons, with some of their records."""

    shift: Shift
    causes: tuple[str, ...]
    """What struck the zones that are gained, behind a `-`, and what strikes those that are lost, behind a `+`."""
    team: str
    count: int
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What a candidate would have changed. `verified` of the replayed records were decided again as recorded."""

    groups: tuple[Group, ...]
    same: int
    skipped: tuple[tuple[Why, int, tuple[str, ...]], ...]
    verified: int

    @property
    def replayed(self) -> int:
        """How many records were decided by the candidate."""
        return self.same + sum(group.count for group in self.groups)

    def count(self, verdict: Verdict) -> int:
        """How many decisions would have changed in this way."""
        return sum(group.count for group in self.groups if group.shift.verdict is verdict)

    def text(self) -> str:
        """Write the report for a terminal, what is looser first."""
        lines: list[str] = []
        for group in self.groups:
            by = ", ".join(group.causes) or "the order of zones"
            lines.append(f"{group.shift.verdict.upper():<7} {group.count:>7,}  {group.shift}  {group.team}  by {by}")
            lines.append(f"{'':<17}{' '.join(group.records)}{' ...' if group.count > len(group.records) else ''}")
        lines.append(f"{'same':<7} {self.same:>7,}")
        figures = ", ".join(f"{self.count(verdict):,} {verdict}" for verdict in ORDER)
        lines.append(f"{self.replayed:,} decisions replayed: {figures}, {self.same:,} the same")
        lines.append(f"{self.verified:,} of them decided again by the bundle that decided, each as recorded")
        if unverified := self.replayed - self.verified:
            lines.append(f"{unverified:,} of them without that check: that bundle cannot be read back from the archive")
        for why, count, records in self.skipped:
            lines.append(f"{count:,} not replayed: {why}")
            lines.append(f"{'':<17}{' '.join(records)}{' ...' if count > len(records) else ''}")
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Return the same as plain values."""
        return {
            "replayed": self.replayed,
            "same": self.same,
            **{verdict.value: self.count(verdict) for verdict in ORDER},
            "verified": self.verified,
            "changes": [
                {
                    "verdict": group.shift.verdict.value,
                    "before": group.shift.before.as_json(),
                    "after": group.shift.after.as_json(),
                    "team": group.team,
                    "by": list(group.causes),
                    "count": group.count,
                    "records": list(group.records),
                }
                for group in self.groups
            ],
            "not_replayed": [
                {"why": why.name.lower(), "text": why.value, "count": count, "records": list(records)}
                for why, count, records in self.skipped
            ],
        }


@dataclass(slots=True)
class _Tally:
    """How many there were, and the first few."""

    count: int = 0
    records: list[str] = field(default_factory=list)

    def add(self, record: str) -> None:
        self.count += 1
        if len(self.records) < SHOWN:
            self.records.append(record)


def replay(candidate: Policy, log: Log, since: str | None = None) -> Report:
    """Decide every record under the candidate, and under the bundle that decided it, where the log has its text.

    Decisions are counted, not requests: one that was sent on to another zone has a decision for each.
    """
    trusts = {name: zone.trust for name, zone in candidate.zones.items()}
    then: dict[str, Again | None] = {}
    now = Again(candidate)
    seen: Counter[str] = Counter()
    groups: dict[tuple[Shift, tuple[str, ...], str], _Tally] = {}
    skipped: dict[Why, _Tally] = {}
    for item in log.decisions(since):
        if isinstance(item, Skipped):
            skipped.setdefault(item.why, _Tally()).add(item.id)
            continue
        if item.bundle not in then:
            policy = log.policy(item.bundle)
            then[item.bundle] = Again(policy) if policy else None
        deciding = then[item.bundle]
        before = deciding.recall(item) if deciding else item.made
        if before is None:
            skipped.setdefault(Why.DIFFERS, _Tally()).add(item.id)
            continue
        before, after = _of_zones(before), now.decide(item)
        if isinstance(after, Why):
            skipped.setdefault(after, _Tally()).add(item.id)
            continue
        seen["verified"] += deciding is not None
        verdict = judge(before, after, _trusts(deciding, before, trusts), trusts)
        if verdict is None:
            seen["same"] += 1
            continue
        shift = Shift(verdict, before.landing, after.landing)
        groups.setdefault((shift, tuple(_causes(before, after)), item.who.team), _Tally()).add(item.id)
    return Report(
        groups=tuple(
            Group(*key, tally.count, tuple(tally.records))
            for key, tally in sorted(groups.items(), key=lambda pair: (ORDER.index(pair[0][0].verdict), -pair[1].count))
        ),
        same=seen["same"],
        skipped=tuple((why, skipped[why].count, tuple(skipped[why].records)) for why in Why if why in skipped),
        verified=seen["verified"],
    )


def _trusts(deciding: Again | None, before: Decision, known: Mapping[str, Trust]) -> Mapping[str, Trust]:
    """Return who ran the zones that were left; where nothing says so, losing one counts as losing an own one."""
    if deciding is not None:
        return {name: zone.trust for name, zone in deciding.policy.zones.items()}
    return {zone: known.get(zone, Trust.OWN) for zone in before.zones}


def _causes(before: Decision, after: Decision) -> Iterator[str]:
    """Yield what no longer strikes a zone that is gained, and what strikes one that is lost."""
    gained, lost = set(after.zones) - set(before.zones), set(before.zones) - set(after.zones)
    if before.strikes:
        yield from (f"-{name}" for name in _strikes(before, gained))
    elif gained:
        kept = {*(name for name, _ in after.rules), *after.ceilings, *after.budgets}
        yield from (f"-{name}" for name, _ in before.rules if name not in kept)
        yield from (f"-ceiling of {name}" for name in before.ceilings if name not in kept)
        yield from (f"-budget {name}" for name in before.budgets if name not in kept)
    yield from (f"+{name}" for name in _strikes(after, lost))


def _strikes(decision: Decision, zones: set[str]) -> list[str]:
    return sorted({str(strike) for zone, strikes in decision.strikes if zone in zones for strike in strikes})
