"""Whether the control worked, day by day: tests of it in operation, and what they found of each class."""

from collections import defaultdict
from typing import Any

from audit.evidence.facts import Facts
from audit.evidence.fold import EVERY, Fold
from audit.evidence.tables import NONE, Body, Key, Rows, add, at, given, listed, tabled
from audit.evidence.times import day, seconds


class Controls(Fold):
    """Runs, failures and recall."""

    name = "controls"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.inside = {EVERY: self._every, "control.tested": self._tested}
        self._days: set[str] = set()
        self._tests: dict[Key, list[int]] = defaultdict(lambda: [0, 0])
        self._found: dict[str, dict[Key, list[int]]] = {
            "classes": defaultdict(lambda: [0, 0]),
            "types": defaultdict(lambda: [0, 0]),
        }
        self._failures = Rows()
        self._leaked = 0
        self._zones: set[str] = set()
        self._harmless = [0, 0]
        self._newest = ""
        self._gap = 0

    def document(self, end: str) -> dict[str, Any]:  # noqa: ARG002 - as all folds
        """Return the counts."""
        tested = {today for today, _ in self._tests}
        keys, values = ("control", "set_sha256"), ("sent", "found")
        return {
            "runs": tabled(self._tests, ["day", "control"], ["runs", "failed"]),
            "recall": listed(tabled(self._found["classes"], (*keys, "class"), values)),
            "types": listed(tabled(self._found["types"], (*keys, "type"), values)),
            "failures": self._failures.listed(),
            "leaked": self._leaked,
            "zones": sorted(self._zones),
            "harmless": {"sent": self._harmless[0], "arrived": self._harmless[1]},
            "days_without_run": sorted(self._days - tested),
            "longest_gap_s": self._gap,
        }

    def _every(self, _: int, body: Body) -> None:
        self._days.add(body["ts"][:10])

    def _tested(self, seq: int, body: Body) -> None:
        ts, control = body["ts"], body["control"]
        row = self._tests[day(ts), control]
        row[0] += 1
        row[1] += not body["passed"]
        if not body["passed"]:
            said = given(body, "control", "leaked", "bundle", "set_sha256")
            self._failures.append({**at(seq, body), **said})
        self._leaked = add(self._leaked, body.get("leaked", 0))
        self._zones.update(body.get("zones", ()))
        harmless = body.get("harmless", {"sent": 0, "arrived": 0})
        self._harmless[:] = map(add, self._harmless, (harmless["sent"], harmless["arrived"]))
        if self._newest:
            self._gap = max(self._gap, seconds(self._newest, ts))
        self._newest = ts
        for part, field in (("classes", "c"), ("types", "t")):
            for one in body.get(part, ()):
                found = self._found[part][control, body.get("set_sha256", NONE), one[field]]
                found[:] = map(add, found, (one["sent"], one["found"]))
