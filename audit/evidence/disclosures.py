"""What was disclosed to vendors: how much, of which class, by which rule and for whom; and what must be nothing."""

from collections import Counter, defaultdict
from typing import Any, NamedTuple

from audit.evidence.facts import Facts
from audit.evidence.fold import Fold
from audit.evidence.recent import Recent
from audit.evidence.tables import NONE, Body, Key, Rows, add, at, counted, listed, tabled
from audit.evidence.times import day
from audit.evidence.traffic import is_canary, names

UNKNOWN, OWN = "unknown", "own"
KEYS = ("day", "zone", "upstream", "region", "app", "team", "trust")
VALUES = ("attempts", "left", "not_left", "doubtful", "open", "bytes_sent")
LEFT, NOT_LEFT, DOUBTFUL, OPEN, SENT = range(1, 6)


class Reach(NamedTuple):
    """What an activation says: who runs each zone, and where data of a class may go at most."""

    trust: dict[str, str]
    ceilings: dict[str, frozenset[str]]


class Decided(NamedTuple):
    """What is remembered of a decision for its further attempts."""

    zone: str
    trust: str
    app: str
    team: str


class Disclosures(Fold):
    """Every decision that let a request go to a zone that is not known to be own."""

    name = "disclosures"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.until = {"policy.activated": self._activated}
        self.inside = {
            "route.decision": self._decision,
            "route.attempt": self._attempt,
            "route.outcome": self._outcome,
        }
        self._reaches: dict[str, Reach] = {}
        self._recent = Recent[Decided]()
        self._of_canaries = Recent[None]()
        self._pending: dict[tuple[str, int], Key] = {}
        self._days: dict[Key, list[int]] = defaultdict(lambda: [0] * len(VALUES))
        self._counts: dict[str, Counter[Key]] = {"class": Counter(), "rule": Counter(), "zone": Counter()}
        self._accounts: Counter[Key] = Counter()
        self._of: dict[str, tuple[str, str]] = {}
        self._canaries = self._total = self._judged = self._unjudged = self._unmatched = 0
        self._restricted, self._astray = Rows(), Rows()

    def document(self, end: str) -> dict[str, Any]:  # noqa: ARG002 - as all folds
        """Return the tables. What waits for its outcome is open."""
        for key in self._pending.values():
            self._days[key][OPEN] += 1
        accounts = [
            {**row, **dict(zip(("app", "team"), self._of[row["key"]], strict=True))}
            for row in counted(self._accounts, "key", "zone")
        ]
        return {
            "total": self._total,
            "canaries": self._canaries,
            "unmatched": self._unmatched,
            "zones": counted(self._counts["zone"], "zone", "trust"),
            "days": listed(tabled(self._days, KEYS, VALUES)),
            "classes": listed(counted(self._counts["class"], "day", "zone", "name")),
            "rules": listed(counted(self._counts["rule"], "day", "zone", "name")),
            "accounts": listed(accounts),
            "restricted": {
                "judged": self._judged,
                "unjudged": self._unjudged,
                "n": self._restricted.total,
                "found": self._restricted.listed(),
            },
            "outside_left": self._astray.listed(),
        }

    def zones(self) -> set[str]:
        """Return the zones that requests were let go to and that are not known as own."""
        return {zone for zone, _ in self._counts["zone"]}

    def _activated(self, _: int, body: Body) -> None:
        reach = body.get("reach")
        if reach is not None:
            trust = {one["zone"]: one["trust"] for one in reach["zones"]}
            ceilings = {one["c"]: frozenset(one["zones"]) for one in reach["classes"]}
            self._reaches[body["bundle"]["sha256"]] = Reach(trust, ceilings)

    def _decision(self, seq: int, body: Body) -> None:
        up = body.get("up")
        if up is None or body["dry_run"]:
            return
        if is_canary(body):
            self._canaries += 1
            self._of_canaries.add(body["id"], None)
            return
        zone, actor = up["zone"], body["actor"]
        if zone not in body["zones_left"] or body.get("zone", zone) != zone:
            self._astray.append({**at(seq, body), "zone": zone})
        trust = self._judge(seq, body, zone)
        decided = Decided(zone, trust, actor["app"], actor["team"])
        self._recent.add(body["id"], decided)
        if trust != OWN:
            self._count(body, zone, trust)
            self._expect((body["id"], 1), body, decided)

    def _judge(self, seq: int, body: Body, zone: str) -> str:
        """Return who runs the zone; note the decision if a class that it found may not go there."""
        reach = self._reaches.get(body["bundle"]["sha256"])
        if reach is None:
            self._unjudged += 1
            return UNKNOWN
        self._judged += 1
        ceilings = reach.ceilings
        over = [one["c"] for one in body["classes"] if one["c"] in ceilings and zone not in ceilings[one["c"]]]
        if over:
            self._restricted.append({**at(seq, body), "zone": zone, "classes": sorted(set(over))})
        return reach.trust.get(zone, UNKNOWN)

    def _count(self, body: Body, zone: str, trust: str) -> None:
        today, actor, counts = day(body["ts"]), body["actor"], self._counts
        self._total += 1
        counts["zone"][zone, trust] += 1
        for name in names(body["classes"], "c"):
            counts["class"][today, zone, name] += 1
        for name in names(body["rules"], "id"):
            counts["rule"][today, zone, name] += 1
        self._accounts[actor["id"], zone] += 1
        self._of.setdefault(actor["id"], (actor["app"], actor["team"]))

    def _attempt(self, seq: int, body: Body) -> None:
        decided = self._recent.get(body["dec"])
        if decided is None:
            self._unmatched += body["dec"] not in self._of_canaries
            return
        if {body["zone"], body["up"]["zone"]} != {decided.zone}:
            self._astray.append({**at(seq, body), "zone": body["up"]["zone"]})
        if decided.trust != OWN:
            self._expect((body["dec"], body["attempt"]), body, decided)

    def _expect(self, waits: tuple[str, int], body: Body, decided: Decided) -> None:
        up = body["up"]
        who = (decided.app, decided.team, decided.trust)
        key = (day(body["ts"]), up["zone"], up["id"], up.get("region", NONE), *who)
        self._days[key][0] += 1
        self._pending[waits] = key

    def _outcome(self, _: int, body: Body) -> None:
        key = self._pending.pop((body["dec"], body["attempt"]), None)
        if key is None:
            return
        row, sent = self._days[key], body.get("bytes_sent", 0)
        row[LEFT if sent else NOT_LEFT if body["status"] == "not_sent" else DOUBTFUL] += 1
        row[SENT] = add(row[SENT], sent)
