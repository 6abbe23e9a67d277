"""Proves claims: that no request carrying a class reaches a zone.

Rules only take away, and match on "at least n values at score s or more", so a request with more findings is never
freer than one with fewer. The freest request that carries a class is a *weakest witness*: one value of one of its
types exactly at the floor, or one weakest witness of each part. Callers and calls are quantified over one name per
cell of the names and prefixes in the files, and among these over the freest (`witness`): what they cannot reach, nobody
can. Exceptions count as live, shadow rules as absent, no budget as used up, every zone as served: the freest the bundle
can be. A proof is then a finite number of calls of the function that decides real requests.

A proof is about labels, not about what a detector misses.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from proxy.files.diagnostics import Problems
from proxy.policy.decide import applicable, carry, meets, settle
from proxy.policy.exceptions import ALWAYS_LIVE
from proxy.policy.index import Index, compile_index
from proxy.policy.labels import written
from proxy.policy.model import Bundle, Call, Claim, DataClass, Identity, Rule
from proxy.policy.modes import Mode
from proxy.policy.witness import Witness, freest, representatives, witnesses

Support = Literal["grants", "rules", "ceiling"]
"""What a proved claim rests on: no grant opens the zone, rules alone suffice, or only the ceiling holds it."""

CAVEAT = "about labels, not about what the detector misses"
_REASONS = 3


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A request that carries the class and reaches the zone, and why nothing struck it."""

    who: Identity
    call: Call
    findings: Witness
    zone: str
    reason: str

    def __str__(self) -> str:
        values = ", ".join(f"one {name} at {written(scores[0])}" for name, scores in sorted(self.findings.items()))
        caller = f"team={self.who.team} app={self.who.app} key={self.who.key}"
        call = f"endpoint={self.call.endpoint} model={self.call.model}"
        return f"{caller} {call}, {values} reaches {self.zone}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Proof:
    """One claim's verdict: a counterexample, or what holds it in each zone. `decisions` were made to find out."""

    claim: Claim
    counterexample: Counterexample | None
    support: tuple[tuple[str, Support], ...]
    decisions: int

    @property
    def holds(self) -> bool:
        """Whether the claim is proved."""
        return self.counterexample is None


def verify(bundle: Bundle) -> tuple[Proof, ...]:
    """Prove or refute every claim of a bundle that lint has passed."""
    if not bundle.claims:
        return ()
    whole = _World(compile_index(bundle, None))
    unceiled = _World(compile_index(bundle, None, ceilings=False))
    bare = _World(compile_index(bundle, None, ceilings=False, rules=False))
    return tuple(_prove(bundle, claim, whole, unceiled, bare) for claim in bundle.claims)


def check_claims(bundle: Bundle, problems: Problems) -> tuple[Proof, ...]:
    """Verify; a refuted claim is an error that shows the counterexample."""
    proofs = verify(bundle)
    for proof in proofs:
        if proof.counterexample:
            problems.error(proof.claim.where, "claim-refuted", str(proof.counterexample))
    return proofs


ENDPOINTS_FIRST = ("chat",)
"""Tried first, so that counterexamples read well; the endpoints of the files and an unmentioned one follow."""

Escape = tuple[Identity, Call, Witness]


class _World:
    """A bundle as it is, or without its ceilings, or without its rules, too; counts the decisions made in it."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.decisions = 0
        self._freest: dict[tuple[int, int], list[tuple[Identity, Call]]] = {}

    def escapes(self, weakest: list[Witness], zones: tuple[str, ...]) -> dict[str, Escape]:
        """Return for each of these zones that can be reached a caller, a call and a witness that reach it."""
        found: dict[str, Escape] = {}
        for findings in weakest:
            # Nobody is freer than with all grants and no rule: what is struck even so needs no callers.
            open_at_most = self._reached(self.index.grant_bits, findings, zones, found)
            for who, call in self._callers(findings, open_at_most) if open_at_most else ():
                bits = applicable(self.index, who, call)
                for zone in self._reached(bits, findings, open_at_most, found):
                    found[zone] = (who, call, findings)
        return found

    def simplest(self, escape: Escape, zone: str) -> Escape:
        """Put an unmentioned name, or the first endpoint, wherever the zone is reached with it, too."""
        who, call, findings = escape
        index = self.index
        team, app, key, model = (
            representatives(each)[0] for each in (index.teams, index.apps, index.keys, index.models)
        )
        for plain in ({"team": team}, {"app": app}, {"key": key}):
            simpler = replace(who, **plain)
            who = simpler if self._reaches(simpler, call, findings, zone) else who
        for plain in (
            {"endpoint": ENDPOINTS_FIRST[0]},
            {"model": model, "resolved": model},
            {"resolved": call.model},
            {"model": call.resolved},
        ):
            other = replace(call, **plain)
            call = other if self._reaches(who, other, findings, zone) else call
        return who, call, findings

    def _reaches(self, who: Identity, call: Call, findings: Witness, zone: str) -> bool:
        return bool(self._reached(applicable(self.index, who, call), findings, (zone,), ()))

    def _reached(self, bits: int, findings: Witness, zones: Iterable[str], known: Collection[str]) -> list[str]:
        """Return which of the zones, but those known, are left by the decision for these selectors."""
        self.decisions += 1
        left = settle(self.index, bits, findings, ALWAYS_LIVE).zones
        return [zone for zone in zones if zone in left and zone not in known]

    def _callers(self, findings: Witness, zones: Iterable[str]) -> list[tuple[Identity, Call]]:
        """Return the freest callers and calls, as far as these findings and zones tell them apart."""
        index = self.index
        wanted = sum(1 << index.zones.index(zone) for zone in zones)
        opening = sum(1 << n for n, order in enumerate(index.grants) if any(wanted >> zone & 1 for zone in order))
        striking = 0
        carried = carry(index, findings)
        for number, rule in enumerate(index.rules):
            if rule.strikes & wanted and not rule.shadow and meets(rule, carried):
                striking |= 1 << (index.rule_shift + number)
                opening |= rule.waivers
        if (opening, striking) not in self._freest:
            self._freest[opening, striking] = freest(index, ENDPOINTS_FIRST, opening, striking)
        return self._freest[opening, striking]


def _prove(bundle: Bundle, claim: Claim, whole: _World, unceiled: _World, bare: _World) -> Proof:
    worlds = (whole, unceiled, bare)
    before = sum(world.decisions for world in worlds)
    weakest = witnesses(bundle, whole.index, claim.never)
    broken = whole.escapes(weakest, claim.zones)
    counterexample = None
    support: tuple[tuple[str, Support], ...] = ()
    if broken:
        zone = next(zone for zone in claim.zones if zone in broken)
        who, call, findings = whole.simplest(broken[zone], zone)
        reason = _why(bundle, whole.index, applicable(whole.index, who, call), claim.never, zone)
        counterexample = Counterexample(who, call, findings, zone, reason)
    else:
        by_ceiling, by_rules = (world.escapes(weakest, claim.zones) for world in (unceiled, bare))
        support = tuple(
            (zone, "ceiling" if zone in by_ceiling else "rules" if zone in by_rules else "grants")
            for zone in claim.zones
        )
    return Proof(claim, counterexample, support, sum(world.decisions for world in worlds) - before)


def _why(bundle: Bundle, index: Index, bits: int, name: str, zone: str) -> str:
    """Say what kept each rule on this class from striking the zone, and that the ceiling does not."""
    classes = {item.name: item for item in bundle.classes}
    data_class = classes[name]
    vendors = index.vendors >> index.zones.index(zone) & 1
    causes = []
    for number, rule in enumerate(bundle.rules):
        if rule.mode is Mode.ENFORCE and _concerns(rule, data_class) and _strikes(rule, zone, vendor=bool(vendors)):
            applies = bits >> (index.rule_shift + number) & 1
            causes += list(_causes(bundle, rule, data_class, applies=bool(applies)))
    told = causes[:_REASONS] or [f"no rule on {name} strikes it"]
    return "; ".join([*told, f"the ceiling of {name} allows {zone} ({data_class.ceiling_where})"])


def _concerns(rule: Rule, data_class: DataClass) -> bool:
    return rule.condition is None or rule.condition.data_class == data_class.name


def _strikes(rule: Rule, zone: str, *, vendor: bool) -> bool:
    return (
        rule.effect == "block" or (rule.effect == "pin" and vendor) or (rule.effect == "only" and zone not in rule.only)
    )


def _causes(bundle: Bundle, rule: Rule, data_class: DataClass, *, applies: bool) -> Iterator[str]:
    where = f"({rule.where})"
    if not applies:
        yield f"{rule.id} does not apply to this caller and call {where}"
        return
    condition = rule.condition
    if condition and condition.min_score > data_class.floor:
        floor = f"the floor of {data_class.name} is {written(data_class.floor)} ({data_class.floor_where})"
        yield f"{rule.id} needs min_score {written(condition.min_score)}, {floor}"
    elif condition and condition.min_count > 1:
        yield f"{rule.id} needs min_count {condition.min_count}, and one value makes {data_class.name} {where}"
    else:
        yield from (
            f"{item.id} waives {rule.id} ({item.where})" for item in bundle.exceptions if item.waives == rule.id
        )
