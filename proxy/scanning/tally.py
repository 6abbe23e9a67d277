"""What was found in one answer so far, and what the rules on answers say of it. Holds no text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from proxy import evidence
from proxy.detection.findings import Finding, Scan
from proxy.policy.answering import Verdict, concerns, judge
from proxy.policy.model import Call, Identity
from proxy.policy.policy import Policy
from proxy.scanning.record import answer

MAX_VALUES = 10_000
FULL = "findings_bound"


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose answer it is, to which call, from which zone, and under which policy: that of the decision."""

    policy: Policy
    who: Identity
    call: Call
    zone: str

    @property
    def concerned(self) -> bool:
        """Whether an enforced rule could block the answer."""
        return concerns(self.policy, self.who, self.call, self.zone)


@dataclass(slots=True)
class Tally:
    """Adds up scans: a value that is found again, in the same text or another, counts once."""

    asked: Asked
    failures: set[str] = field(default_factory=set)
    """Why not all that came was scanned, in words of ours."""
    _us: int = 0
    _found: dict[tuple[str, bytes], Finding] = field(default_factory=dict)

    def add(self, scan: Scan) -> None:
        """Add what one scan found."""
        self._us += scan.us
        self.failures |= scan.failures
        for finding in scan.findings:
            slot = (finding.entity_type, finding.value_id)
            known = self._found.get(slot)
            if known is None and len(self._found) >= MAX_VALUES:
                self.failures.add(FULL)
            elif known is None or known.score < finding.score:
                self._found[slot] = finding

    def verdict(self) -> Verdict:
        """Judge the answer by all that was found."""
        at = self.asked
        return judge(at.policy, at.who, at.call, at.zone, self._scores(), datetime.now(UTC))

    def record(self) -> dict[str, Any]:
        """Return the `answer` of the outcome record."""
        return answer(tuple(self._found.values()), self.failures, self._us, self.verdict())

    def _scores(self) -> Mapping[str, tuple[int, ...]]:
        return evidence.scores(tuple(self._found.values()))
