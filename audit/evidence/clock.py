"""How far the times in the log can be believed, by what each record says of its clock."""

from collections import defaultdict
from typing import Any

from audit.evidence.facts import Facts
from audit.evidence.fold import EVERY, Fold
from audit.evidence.tables import Body, Rows, at, given, tabled
from audit.evidence.times import day

ANOMALY = "time_anomaly"


class Clock(Fold):
    """Each day's records by their clocks."""

    name = "clock"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.inside = {EVERY: self._every, "incident.opened": self._opened}
        self._days: dict[tuple[str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        self._latest = ""
        self._backwards = 0
        self._anomalies = Rows()

    def document(self, end: str) -> dict[str, Any]:  # noqa: ARG002 - as all folds
        """Return the days."""
        return {
            "days": tabled(self._days, ["day"], ["records", "synchronised", "unknown", "max_err_us"]),
            "backwards": self._backwards,
            "anomalies": self._anomalies.listed(),
        }

    def _every(self, _: int, body: Body) -> None:
        ts, clock = body["ts"], body["clock"]
        today = self._days[day(ts),]
        today[0] += 1
        today[1] += clock["sync"]
        today[2] += clock["src"] == "unknown"
        if "err_us" in clock:
            today[3] = max(today[3], clock["err_us"])
        if ts < self._latest:
            self._backwards += 1
        else:
            self._latest = ts

    def _opened(self, seq: int, body: Body) -> None:
        if body["what"] == ANOMALY:
            self._anomalies.append({**at(seq, body), **given(body, "about")})
