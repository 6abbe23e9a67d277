"""Which bodies a pack keeps, and what is folded from them while they pass."""

from dataclasses import dataclass, field

from audit.errors import AuditMismatch
from audit.evidence.facts import Facts
from audit.evidence.folding import Folding
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.merkle import Frontier
from audit.records.jcs import NotCanonicalError, read
from audit.records.kept import PASSING
from audit.records.tombstone import Tombstone
from audit.sources.source import COLUMNS, Raw
from audit.verification.absences import Absences
from audit.verification.state import read_body

REQUEST = ("audit.read", "export")
"""That somebody asked for an export is kept in every pack."""
_TS = COLUMNS.index("ts")


@dataclass(slots=True)
class Keeping:
    """Looks at each record of a log in its order. `rows` counts the bodies of the period that are there."""

    facts: Facts
    pruned: int
    rows: int = 0
    folding: Folding = field(init=False)
    _tree: Frontier = field(default_factory=Frontier.empty)
    _absences: Absences = field(init=False)

    def __post_init__(self) -> None:
        self.folding = Folding(self.facts)
        self._absences = Absences(self.pruned, self.facts.first, self.facts.last)

    def keeps(self, raw: Raw) -> bool:
        """Take in a record; return whether its body is in the pack. Raises AuditMismatch for one that is just gone."""
        if not raw.body and raw.seq >= self.pruned:
            raise AuditMismatch("records are being pruned; export again when that is done")
        stone = Tombstone.decode(raw.body)
        body, _, derived = (None, None, None) if stone is not None else read_body(raw.body)
        self._absences.before(raw.seq, raw.body, stone, self._tree)
        self._tree.append(raw.link)
        if body is not None and derived is not None:
            self._absences.after(raw.seq, body)
        within = self.facts.first <= raw.seq <= self.facts.last
        kept = self._is_beside(raw.seq) or derived is None or derived.kind not in PASSING
        kept = within or kept or (body is not None and (body["kind"], body.get("what")) == REQUEST)
        self.rows += within and bool(raw.body) and stone is None
        self.folding.take(raw.seq, body if kept and derived is not None else None)
        return kept

    def require_whole(self, head: Checkpoint) -> None:
        """Raise AuditMismatch where what was read is not what was signed, or what is gone is accounted for later."""
        if (self._tree.size, self._tree.root()) != (head.size, head.root):
            raise AuditMismatch("the log is not the one that was signed; look with: ringfence audit verify")
        if any(self._absences.unpruned()) or any(self._absences.unerased()):
            raise AuditMismatch(
                "records were pruned or erased behind this checkpoint, and nobody could verify a pack that ends at it; "
                "take a later one with --as-of"
            )

    def _is_beside(self, seq: int) -> bool:
        return seq in {self.facts.first - 1, self.facts.last + 1}


def time_of(raw: Raw) -> str:
    """Return the time of a record, as it stands beside its body or in it; empty where that is not known."""
    if not raw.body:
        return ""
    if raw.columns:
        return str(raw.columns[_TS])
    stone = Tombstone.decode(raw.body)
    if stone is not None:
        return stone.ts
    try:
        return str(read(raw.body)["ts"])
    except (NotCanonicalError, KeyError, TypeError):
        return ""
