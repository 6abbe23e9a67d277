"""What went wrong and how long it lasted: incidents, break-glass, spools, times without a record, restarts."""

from collections import Counter, defaultdict
from typing import Any

from audit.evidence.facts import Facts
from audit.evidence.fold import EVERY, Fold
from audit.evidence.tables import Body, Key, Row, Rows, add, at, by, counted, given, listed, tabled, who
from audit.evidence.times import day, seconds

DARK_S = 3900
"""A log that runs writes a record each hour."""


class Incidents(Fold):
    """Pairs of openings and closings, and what else tells of trouble."""

    name = "incidents"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.inside = {EVERY: self._every, "notify.failed": self._unnotified}
        self.until = {
            "incident.opened": self._opened,
            "breakglass.granted": self._granted,
            "spool.imported": self._imported,
            "writer.start": self._started,
            "writer.stop": self._stopped,
        }
        self.always = {"incident.closed": self._closed, "breakglass.ended": self._ended}
        self._incidents: dict[str, Row] = {}
        self._grants: dict[str, Row] = {}
        self._imports, self._dark, self._writers = Rows(), Rows(), Rows()
        self._unheard: Counter[Key] = Counter()
        self._latest = ""

    def document(self, end: str) -> dict[str, Any]:  # noqa: ARG002 - as all folds
        """Return the lists."""
        rows = list(self._incidents.values())
        sums: dict[Key, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        for row in rows:
            one, closed = sums[row["what"],], "closed" in row
            one[0] += 1
            one[1] += closed
            one[2] += not closed
            one[3] = max(one[3], row.get("s", 0))
        return {
            "incidents": listed(rows),
            "by": tabled(sums, ["what"], ["opened", "closed", "open", "longest_s"]),
            "break_glass": listed(list(self._grants.values())),
            "imports": self._imports.listed(),
            "dark": self._dark.listed(),
            "writers": self._writers.listed(),
            "unnotified": counted(self._unheard, "day", "channel"),
        }

    def absent(self, seq: int) -> None:  # noqa: ARG002 - what stood there is not known
        """Say of no time around it that it is dark."""
        self._latest = ""

    def beside(self, seq: int, body: Body) -> None:
        """Take it in: a time without a record may begin before the period, or end behind it."""
        if seq > self.facts.last or body["ts"] < self.facts.since:
            self._every(seq, body)

    def _every(self, seq: int, body: Body) -> None:
        ts, latest = body["ts"], self._latest
        if ts <= latest:
            return
        if latest and ts[:13] != latest[:13]:
            dark = seconds(latest, ts)
            if dark > DARK_S:
                self._dark.append({"seq": seq, "since": latest, "until": ts, "s": dark})
        self._latest = ts

    def _opened(self, seq: int, body: Body) -> None:
        row = {**given(body, "incident", "what", "about"), "opened": at(seq, body)}
        self._incidents.setdefault(body["incident"], row)

    def _closed(self, seq: int, body: Body) -> None:
        row = self._incidents.get(body["incident"])
        if row is not None and "closed" not in row:
            row["closed"] = {**at(seq, body), "how": body["how"], **by(body)}
            row["s"] = seconds(row["opened"]["ts"], body["ts"])

    def _granted(self, seq: int, body: Body) -> None:
        persons = {name: who(body[name]) for name in ("proposer", "confirmer")}
        self._grants[body["id"]] = {**at(seq, body), **persons, **given(body, "until", "reason", "store")}

    def _ended(self, seq: int, body: Body) -> None:
        row = self._grants.get(body["grant"])
        if row is not None and "ended" not in row:
            row["ended"] = {**at(seq, body), "how": body["how"], **by(body)}

    def _imported(self, seq: int, body: Body) -> None:
        self._imports.append({**at(seq, body), **given(body, "count", "since", "whole")})

    def _started(self, seq: int, body: Body) -> None:
        said = {"what": "start", "inst": body["w"]["inst"], **given(body, "version", "previous_epoch")}
        self._writers.append({**at(seq, body), **said})

    def _stopped(self, seq: int, body: Body) -> None:
        self._writers.append({**at(seq, body), "what": "stop", "inst": body["w"]["inst"]})

    def _unnotified(self, _: int, body: Body) -> None:
        key = day(body["ts"]), body["channel"]
        self._unheard[key] = add(self._unheard[key], body["n"])
