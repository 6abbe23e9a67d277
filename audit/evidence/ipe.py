"""Information produced by the entity: what was asked of the log, by whom, and totals by which to check the answer."""

from collections import Counter
from typing import Any

from audit.evidence.facts import Facts
from audit.evidence.fold import EVERY, Fold
from audit.evidence.tables import Body, Row, at, by, counted, listed
from audit.evidence.times import day
from audit.records.times import full

QUERY = "every record from first to last, in the order of seq; no filter"


class Ipe(Fold):
    """The sheet of a period."""

    name = "ipe"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.inside = {EVERY: self._every, "route.decision": self._decision}
        self.always = {"genesis": self._genesis, "audit.read": self._read, "erasure.done": self._erasure}
        self.first_ts = self.last_ts = ""
        self._schema = ""
        self._asked = facts.asked()
        self._since, self._until = self._asked.get("from", ""), self._asked.get("to", "~")
        self._requested: Row = {}
        self._taken = self._present = self._outside = 0
        self._next = facts.first
        self._whole = True
        self._erased: set[int] = set()
        self._kinds: Counter[tuple[str]] = Counter()
        self._totals: Counter[tuple[str, str, str, str]] = Counter()

    def taken(self, seq: int) -> None:
        """Note that a record of the period was read, with or without a body."""
        self._taken += 1
        self._whole &= seq == self._next
        self._next = seq + 1

    def document(self, end: str) -> dict[str, Any]:  # noqa: ARG002 - as all folds
        """Return the sheet."""
        facts = self.facts
        return {
            **{name: getattr(facts, name) for name in ("log_id", "origin", "size", "root", "first", "last")},
            **self._asked,
            "time_zone": "UTC",
            "query": QUERY,
            "schema_sha256": self._schema,
            **({"requested": self._requested} if self._requested else {}),
            "population": facts.population,
            "taken": self._taken,
            "present": self._present,
            "erased": len(self._erased),
            "pruned": max(0, self._taken - self._present - len(self._erased)),
            "contiguous": self._whole and self._taken == facts.population,
            "excluded": 0,
            "first_ts": self.first_ts,
            "last_ts": self.last_ts,
            "outside_period": self._outside,
            "kinds": counted(self._kinds, "kind"),
            "decisions": self._totals.total(),
            "totals": listed(counted(self._totals, "day", "decision", "bundle", "epoch")),
        }

    def _every(self, _: int, body: Body) -> None:
        ts = body["ts"]
        self._present += 1
        self._kinds[body["kind"],] += 1
        if not self._since <= ts < self._until:
            self._outside += 1
        self.last_ts = max(self.last_ts, ts)
        if not self.first_ts or ts < self.first_ts:
            self.first_ts = ts

    def _decision(self, _: int, body: Body) -> None:
        self._totals[day(body["ts"]), body["decision"], body["bundle"]["sha256"], body["w"]["epoch"]] += 1

    def _genesis(self, _: int, body: Body) -> None:
        self._schema = self._schema or body["schema_sha256"]

    def _read(self, seq: int, body: Body) -> None:
        if body.get("what") == "export":
            wanted = {name: full(body[name]) for name in ("from", "to") if name in body}
            if wanted == self._asked:
                self._requested = {**at(seq, body), **by(body)}

    def _erasure(self, _: int, body: Body) -> None:
        if body["v"] > 1:
            self._erased.update(one["seq"] for one in body["records"] if self.is_inside(one["seq"]))
