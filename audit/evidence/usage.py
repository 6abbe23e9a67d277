"""What vendors were asked, by day and model: the part of the reconciliation that is compared with their own figures."""

from collections.abc import Collection, Iterator
from typing import Any

from audit.evidence.disclosures import Disclosures
from audit.evidence.facts import Facts
from audit.evidence.reconciliation import Reconciliation
from audit.evidence.tables import Body
from audit.records.schema import MAX_INT

ROUTES = frozenset({"route.decision", "route.attempt", "route.outcome"})
ACTIVATION = "policy.activated"


class Usage:
    """Takes in all records of a log, in their order."""

    def __init__(self) -> None:
        facts = Facts("", "", 0, "", 0, MAX_INT)
        self._reconciled, self._disclosed = Reconciliation(facts), Disclosures(facts)
        self.absent = 0
        """Records without a body."""

    def take(self, seq: int, body: Body | None) -> None:
        """Take in the next record; None where it has no body, or none that is valid."""
        if body is None:
            self.absent += 1
            return
        kind = body["kind"]
        if kind in ROUTES:
            self._reconciled.inside[kind](seq, body)
            self._disclosed.inside[kind](seq, body)
        elif kind == ACTIVATION:
            self._disclosed.until[kind](seq, body)

    def rows(self, since: str, until: str, upstreams: Collection[str]) -> Iterator[dict[str, Any]]:
        """Yield rows from one day to before another; of these upstreams, or of all in zones not known as own."""
        zones = self._disclosed.zones()
        for row in self._reconciled.usage():
            wanted = row["upstream"] in upstreams if upstreams else row["zone"] in zones
            if wanted and since <= row["day"] < until:
                yield row
