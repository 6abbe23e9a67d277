"""What of the log is gone, by whose word, and what must not go."""

from typing import Any

from audit.evidence.facts import Facts
from audit.evidence.fold import Fold
from audit.evidence.tables import Body, Row, Rows, at, by, given, listed

PRUNED = ("from_seq", "to_seq", "root", "until", "bodies", "anchors", "kinds")


class Retention(Fold):
    """Prunes, erasures and holds, over the whole log."""

    name = "retention"

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.always = {
            "retention.pruned": self._pruned,
            "erasure.done": self._erased,
            "hold.placed": self._placed,
            "hold.lifted": self._lifted,
        }
        self._prunes, self._erasures = Rows(), Rows()
        self._gone: dict[int, Row] = {}
        self._holds: list[Row] = []
        self._in_force: dict[str, list[Row]] = {}

    def document(self, end: str) -> dict[str, Any]:  # noqa: ARG002 - as all folds
        """Return the lists."""
        return {
            "pruned": self._prunes.listed(),
            "erasures": self._erasures.listed(),
            "erased": listed([self._gone[seq] for seq in sorted(self._gone)]),
            "holds": listed(self._holds),
            "in_force": sorted(name for name, holds in self._in_force.items() if holds),
        }

    def _pruned(self, seq: int, body: Body) -> None:
        self._prunes.append({**at(seq, body), **by(body), **given(body, *PRUNED)})

    def _erased(self, seq: int, body: Body) -> None:
        row = {**at(seq, body), **by(body), "reason": body["reason"], "records": len(body["records"])}
        self._erasures.append(row)
        if body["v"] > 1:
            for one in body["records"]:
                gone = {**given(one, "seq", "id", "kind", "ts", "bh"), "by_seq": seq}
                self._gone.setdefault(one["seq"], gone)

    def _placed(self, seq: int, body: Body) -> None:
        row: Row = {"placed": {**at(seq, body), **by(body)}, **given(body, "hold", "from", "to", "team")}
        self._holds.append(row)
        self._in_force.setdefault(body["hold"], []).append(row)

    def _lifted(self, seq: int, body: Body) -> None:
        holds = self._in_force.get(body["hold"])
        if holds:
            holds.pop()["lifted"] = {**at(seq, body), **by(body)}
