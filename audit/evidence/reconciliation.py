"""Whether all is there: writers' counters, decisions and how they ended, what arrived, and what servers were asked."""

from collections import Counter, defaultdict
from typing import Any

from audit.evidence.facts import Facts
from audit.evidence.fold import EVERY, Fold
from audit.evidence.recent import Recent
from audit.evidence.tables import Body, Key, Row, Rows, add, at, counted, listed, tabled
from audit.evidence.times import day
from audit.evidence.traffic import is_canary, part_of
from audit.evidence.writers import Writers

ANSWERED = frozenset({"ok", "answer_blocked"})
REFUSED = frozenset({"refused_by_upstream", "upstream_error"})
PARTS = ("live", "dry_runs", "canaries")
OF_ATTEMPTS = ("attempts", "answered", "doubtful", "refused", "not_sent", "open", "reported")
SUMS = ("in", "out", "cached", "bytes_sent", "bytes_recv")
USAGE = (*OF_ATTEMPTS, *SUMS)
_AT = {name: place for place, name in enumerate(USAGE)}

Pending = tuple[int, Row, Key | None]
"""The number and place of a record that waits for an outcome, and what it counts for, if it named a server."""


class Reconciliation(Fold):
    """Counts that have to agree with each other."""

    name = "reconciliation"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self._writers = Writers(self.is_inside)
        self._ingress = Ingress()
        self.inside = {
            EVERY: self._writers.take,
            "route.decision": self._decision,
            "route.attempt": self._attempt,
            "route.outcome": self._outcome,
            "ingress.counted": self._ingress.window,
        }
        self.until = {"writer.stop": self._writers.stop}
        self.always = {"erasure.done": self._writers.erase}
        self._parts: Counter[str] = Counter()
        self._pending: dict[tuple[str, int], Pending] = {}
        self._canaries = Recent[None]()
        self._expected = self._closed = self._unmatched = 0
        self._outcomes: Counter[tuple[str]] = Counter()
        self._usage: dict[Key, list[int]] = defaultdict(lambda: [0] * len(USAGE))

    def document(self, end: str) -> dict[str, Any]:  # noqa: ARG002 - as all folds
        """Return the counts."""
        still = sorted(self._pending.items(), key=lambda item: item[1][0])
        still_open = Rows()
        for (dec, attempt), (_, place, _) in still:
            still_open.append({**place, "dec": dec, "attempt": attempt})
        return {
            "writers": self._writers.listed(),
            "decisions": {"records": self._parts.total(), **{name: self._parts[name] for name in PARTS}},
            "attempts": {
                "expected": self._expected,
                "closed": self._closed,
                "open": len(still),
                "unmatched": self._unmatched,
            },
            "outcomes": counted(self._outcomes, "status"),
            "open": still_open.listed(),
            "ingress": self._ingress.document(),
            "usage": listed(self.usage()),
        }

    def usage(self) -> list[Row]:
        """Return what each server was asked, by day and model."""
        waiting = Counter(key for _, _, key in self._pending.values() if key is not None)
        rows = {key: list(row) for key, row in self._usage.items()}
        for key, count in waiting.items():
            rows[key][_AT["open"]] = count
        return tabled(rows, ("day", "zone", "upstream", "model"), USAGE)

    def _decision(self, seq: int, body: Body) -> None:
        self._parts[part_of(body)] += 1
        canary = is_canary(body)
        if canary:
            self._canaries.add(body["id"], None)
        self._ingress.request(body["req"]["id"])
        if not body["dry_run"]:
            self._expect(seq, body, (body["id"], 1), counts=not canary)

    def _attempt(self, seq: int, body: Body) -> None:
        self._expect(seq, body, (body["dec"], body["attempt"]), counts=body["dec"] not in self._canaries)

    def _expect(self, seq: int, body: Body, waits: tuple[str, int], *, counts: bool) -> None:
        self._expected += 1
        up = body.get("up")
        key = None
        if up is not None and counts:
            key = (day(body["ts"]), up["zone"], up["id"], up["model"])
            self._usage[key][0] += 1
        self._pending[waits] = (seq, at(seq, body), key)

    def _outcome(self, _: int, body: Body) -> None:
        status = body["status"]
        self._outcomes[status,] += 1
        waited = self._pending.pop((body["dec"], body["attempt"]), None)
        if waited is None:
            self._unmatched += 1
            return
        self._closed += 1
        if waited[2] is not None:
            _use(self._usage[waited[2]], status, body)


class Ingress:
    """What servers counted as it arrived, and the requests that the log knows."""

    def __init__(self) -> None:
        self._windows = self._received = self._decided = self._requests = 0
        self._refused: Counter[tuple[int]] = Counter()
        self._days: dict[Key, list[int]] = defaultdict(lambda: [0, 0, 0])
        self._seen = Recent[None]()

    def request(self, name: str) -> None:
        """Take in a decision's request, which may lead to more than one."""
        self._requests += self._seen.add(name, None)

    def window(self, _: int, body: Body) -> None:
        """Take in a count."""
        received, decided, refused = body["received"], body["decided"], 0
        self._windows += 1
        self._received, self._decided = add(self._received, received), add(self._decided, decided)
        for each in body["refused"]:
            self._refused[each["status"],] = add(self._refused[each["status"],], each["n"])
            refused = add(refused, each["n"])
        today = self._days[day(body["ts"]),]
        today[:] = map(add, today, (received, decided, refused))

    def document(self) -> dict[str, Any]:
        """Return the sums; `unexplained` are requests in the log that no count has, or the other way round."""
        return {
            "windows": self._windows,
            "received": self._received,
            "decided": self._decided,
            "refused": counted(self._refused, "status"),
            "requests": self._requests,
            "unexplained": self._requests - self._decided,
            "days": tabled(self._days, ["day"], ["received", "decided", "refused"]),
        }


def _use(row: list[int], status: str, body: Body) -> None:
    """Add to a row of usage how an attempt ended."""
    how = "answered" if status in ANSWERED else "refused" if status in REFUSED else status
    row[_AT[how if how in _AT else "doubtful"]] += 1
    usage = body.get("usage")
    if usage:
        row[_AT["reported"]] += 1
        for name in ("in", "out", "cached"):
            row[_AT[name]] = add(row[_AT[name]], usage.get(name, 0))
    for name in ("bytes_sent", "bytes_recv"):
        row[_AT[name]] = add(row[_AT[name]], body.get(name, 0))
