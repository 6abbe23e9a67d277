"""Proves claims: that no request carrying a class reaches a zone.

Rules only take away, and match on "at least n values at score s or more", so a request with more findings is never
freer than one with fewer. The freest request that carries a class is a *weakest witness*: one value of one of its
types exactly at the floor, or one weakest witness of each part. Callers and calls are quantified over one name per
cell of the names and prefixes in the files. Exceptions count as live, shadow rules as absent, every zone as served:
the freest the bundle can be. A proof is then a finite number of calls of the function that decides real requests.

A proof is about labels, not about what a detector misses.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from proxy.files.diagnostics import Problems
from proxy.policy.decide import settle
from proxy.policy.exceptions import ALWAYS_LIVE
from proxy.policy.index import Index, compile_index
from proxy.policy.labels import written
from proxy.policy.model import Bundle, Call, Claim, DataClass, Identity, Mode, Rule
from proxy.policy.witness import Cells, Witness, cells, witnesses

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
    index = compile_index(bundle, None)
    unceiled = compile_index(bundle, None, ceilings=False)
    bare = compile_index(bundle, None, ceilings=False, rules=False)
    everyone = cells(index, ENDPOINTS_FIRST)
    without_rules = cells(bare, ENDPOINTS_FIRST)
    return tuple(
        _prove(bundle, claim, ((index, everyone), (unceiled, everyone), (bare, without_rules)))
        for claim in bundle.claims
    )


def check_claims(bundle: Bundle, problems: Problems) -> tuple[Proof, ...]:
    """Verify; a refuted claim is an error that shows the counterexample."""
    proofs = verify(bundle)
    for proof in proofs:
        if proof.counterexample:
            problems.error(proof.claim.where, "claim-refuted", str(proof.counterexample))
    return proofs


ENDPOINTS_FIRST = ("chat",)
"""Tried first, so that counterexamples read well; the endpoints of the files and an unmentioned one follow."""

Worlds = tuple[tuple[Index, Cells], tuple[Index, Cells], tuple[Index, Cells]]
"""The bundle as it is, without ceilings, and without ceilings and rules."""


def _prove(bundle: Bundle, claim: Claim, worlds: Worlds) -> Proof:
    weakest = witnesses(bundle, worlds[0][0], claim.never)
    decisions = 0
    support: list[tuple[str, Support]] = []
    for zone in claim.zones:
        escapes = []
        for index, everyone in worlds:
            escape, spent = _escape(index, everyone, weakest, zone)
            decisions += spent
            escapes.append(escape)
            if escape and index is worlds[0][0]:
                who, call, findings, bits = escape
                reason = _why(bundle, index, bits, claim.never, zone)
                return Proof(claim, Counterexample(who, call, findings, zone, reason), (), decisions)
        support.append((zone, "ceiling" if escapes[1] else "rules" if escapes[2] else "grants"))
    return Proof(claim, None, tuple(support), decisions)


def _escape(
    index: Index, everyone: Cells, weakest: list[Witness], zone: str
) -> tuple[tuple[Identity, Call, Witness, int] | None, int]:
    """Return the first caller, call and witness that reach the zone, and how many decisions it took."""
    spent = 0
    for bits, (who, call) in everyone.items():
        for findings in weakest:
            spent += 1
            if zone in settle(index, bits, findings, ALWAYS_LIVE).zones:
                return (who, call, findings, bits), spent
    return None, spent


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
