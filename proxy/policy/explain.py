"""Why a decision is what it is, as a table of zones.

Not a trace of steps: rules have no order, so a trace would name whichever reason happened to come first.
"""

from dataclasses import dataclass
from typing import Any, Literal

from proxy.policy.labels import written
from proxy.policy.model import Decision, Landing
from proxy.policy.policy import Policy

Verdict = Literal["used", "open", "struck"]


@dataclass(frozen=True, slots=True)
class Row:
    """One zone: the preferred one that is left (`used`), another that is left (`open`), or struck, and by what."""

    zone: str
    verdict: Verdict
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with its table. `because` pairs each reason with its file and line, empty where no file says it."""

    decision: Decision
    rows: tuple[Row, ...]
    because: tuple[tuple[str, str], ...]

    def text(self) -> str:
        """Write the table for a terminal."""
        widest = max([len("decision"), *(len(row.zone) for row in self.rows)])
        lines = [f"{'zone':<{widest}}  {'verdict':<7}  by"]
        lines += [f"{row.zone:<{widest}}  {row.verdict:<7}  {', '.join(row.by)}".rstrip() for row in self.rows]
        lines.append(f"{'decision':<{widest}}  {self.decision.landing}")
        if self.decision.stores:
            lines.append(f"{'stores':<{widest}}  {', '.join(self.decision.stores)}")
        if self.decision.local_first:
            lines.append(f"{'stands':<{widest}}  an own answer with {self.decision.local_first}, or more")
        for name, count, score in self.decision.classes:
            lines.append(f"{'found':<{widest}}  {name} x{count} at {written(score)}")
        for reason, where in self.because:
            lines.append(f"{'because':<{widest}}  {reason}" + (f"   [{where}]" if where else ""))
        for waiver in self.decision.exceptions:
            lines.append(f"{'waived':<{widest}}  {waiver.id}; without it {Landing.at(waiver.outcome, waiver.zone)}")
        for would in self.decision.shadow:
            lines.append(f"{'shadow':<{widest}}  {would.rule} would {Landing.at(would.outcome, would.zone)}")
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Return the same as plain values, for the API."""
        return {
            "decision": self.decision.outcome.value,
            "zone": self.decision.zone,
            "stores": list(self.decision.stores),
            **({"local_first": str(self.decision.local_first)} if self.decision.local_first else {}),
            "zones": [{"zone": row.zone, "verdict": row.verdict, "by": list(row.by)} for row in self.rows],
            "classes": [
                {"class": name, "count": count, "score": float(written(score))}
                for name, count, score in self.decision.classes
            ],
            "rules": [{"rule": rule, "effect": effect} for rule, effect in self.decision.rules],
            "budgets": list(self.decision.budgets),
            "because": [reason for reason, _ in self.because],
            "exceptions": [
                {"id": item.id, "without": {"decision": item.outcome.value, "zone": item.zone}}
                for item in self.decision.exceptions
            ],
            "shadow": [
                {"rule": item.rule, "would": {"decision": item.outcome.value, "zone": item.zone}}
                for item in self.decision.shadow
            ],
        }

    def for_caller(self) -> dict[str, Any]:
        """Return what a refused caller is told: the policy's side of it, and neither counts nor scores."""
        whole = self.as_json()
        return {name: whole[name] for name in ("because", "rules", "zones")}


def explain(policy: Policy, decision: Decision) -> Explanation:
    """Explain a decision of this policy."""
    rows = [Row(zone, _verdict(decision, zone), tuple(map(str, by))) for zone, by in decision.strikes]
    order = {zone: place for place, zone in enumerate(decision.zones)}
    rows.sort(key=lambda row: (order.get(row.zone, len(order)), row.zone))
    places = {rule.because: str(rule.where) for rule in policy.bundle.every_rule}
    places |= {budget.because: str(budget.where) for budget in policy.bundle.budgets}
    ceilings = {item.name: str(item.ceiling_where) for item in policy.bundle.classes}
    places |= {item.because: ceilings[item.name] for item in policy.index.classes}
    return Explanation(decision, tuple(rows), tuple((reason, places.get(reason, "")) for reason in decision.because))


def _verdict(decision: Decision, zone: str) -> Verdict:
    if zone == decision.zone:
        return "used"
    return "open" if zone in decision.zones else "struck"
