"""What was decided: by day, and by day and class, zone, rule, app, team, endpoint and model."""

from collections import Counter
from typing import Any

from audit.evidence.facts import Facts
from audit.evidence.fold import Fold
from audit.evidence.tables import NONE, Body, counted, listed
from audit.evidence.times import day

NAMED = ("app", "class", "endpoint", "model", "rule", "team", "zone")
OUTCOMES = ("allow", "block", "pin")


class Traffic(Fold):
    """Counts of what callers asked, of what they only asked about, and of the system's own tests, each apart."""

    name = "traffic"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.inside = {"route.decision": self._decision}
        self._parts = {"live": _Part(), "dry_runs": _Part(), "canaries": _Part()}

    def document(self, end: str) -> dict[str, Any]:  # noqa: ARG002 - as all folds
        """Return the counts."""
        return {name: part.document() for name, part in self._parts.items()}

    def _decision(self, _: int, body: Body) -> None:
        self._parts[part_of(body)].take(body)


class _Part:
    def __init__(self) -> None:
        self._days: Counter[tuple[str, str]] = Counter()
        self._by: dict[str, Counter[tuple[str, str]]] = {name: Counter() for name in NAMED}

    def take(self, body: Body) -> None:
        today, actor, by = day(body["ts"]), body["actor"], self._by
        self._days[today, body["decision"]] += 1
        by["app"][today, actor["app"]] += 1
        by["team"][today, actor["team"]] += 1
        by["endpoint"][today, body["req"]["endpoint"]] += 1
        by["model"][today, body["req"]["model_req"]] += 1
        by["zone"][today, body.get("zone", NONE)] += 1
        for name in names(body["classes"], "c"):
            by["class"][today, name] += 1
        for name in names(body["rules"], "id"):
            by["rule"][today, name] += 1

    def document(self) -> dict[str, Any]:
        days = []
        for today in sorted({today for today, _ in self._days}):
            each = {name: self._days[today, name] for name in OUTCOMES}
            days.append({"day": today, **each, "n": sum(each.values())})
        return {
            "decisions": self._days.total(),
            "days": days,
            "by": {name: listed(counted(self._by[name], "day", "name")) for name in NAMED},
        }


def part_of(body: Body) -> str:
    """Say what a decision was for: a dry run, a test of the system by itself, or live."""
    return "dry_runs" if body["dry_run"] else "canaries" if is_canary(body) else "live"


def is_canary(body: Body) -> bool:
    """Whether a decision was asked for by the system itself."""
    return bool(body["actor"]["kind"] == "system")


def names(items: Any, field: str) -> set[str]:
    """Return each name that a list of the record has, once; the sign for none where it is empty."""
    return {item[field] for item in items} or {NONE}
