"""All documents in one pass over the records of a log, in their order."""

from typing import Any

from audit.evidence.access import Access
from audit.evidence.anchors import Anchors
from audit.evidence.clock import Clock
from audit.evidence.controls import Controls
from audit.evidence.criteria import CRITERIA
from audit.evidence.disclosures import Disclosures
from audit.evidence.facts import Facts
from audit.evidence.fold import EVERY, Fold, Take
from audit.evidence.incidents import Incidents
from audit.evidence.ipe import Ipe
from audit.evidence.policies import Policies
from audit.evidence.reconciliation import Reconciliation
from audit.evidence.retention import Retention
from audit.evidence.tables import Body
from audit.evidence.traffic import Traffic
from audit.records.jcs import canonical
from audit.records.times import full

VERSION = 1
Table = dict[str, tuple[Take, ...]]


class Folding:
    """Takes in every record once; what is no valid record of its schema is given as absent."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._ipe, self._anchors = Ipe(facts), Anchors(facts)
        rest = (Traffic, Reconciliation, Policies, Access, Incidents, Controls, Disclosures, Retention, Clock)
        self._folds: tuple[Fold, ...] = (self._ipe, self._anchors, *(each(facts) for each in rest))
        self._every = _table([{EVERY: fold.inside.get(EVERY)} for fold in self._folds])[EVERY]
        self._inside = {
            kind: (*self._every, *takes) for kind, takes in _table([fold.inside for fold in self._folds]).items()
        }
        self._until = _table([fold.until for fold in self._folds])
        self._always = _table([fold.always for fold in self._folds])

    def take(self, seq: int, body: Body | None) -> None:
        """Take in the next record; None where its body was left out, pruned or erased."""
        inside = self._facts.first <= seq <= self._facts.last
        if inside:
            self._ipe.taken(seq)
        if body is not None:
            self._present(seq, body, inside=inside)
        elif inside:
            for fold in self._folds:
                fold.absent(seq)

    def mark(self, size: int) -> None:
        """Take in the size of a stored checkpoint, the smallest first, up to the size of the log."""
        self._anchors.mark(size)

    def _present(self, seq: int, body: Body, *, inside: bool) -> None:
        kind = body["kind"]
        if inside:
            for take in self._inside.get(kind, self._every):
                take(seq, body)
        elif seq in {self._facts.first - 1, self._facts.last + 1}:
            for fold in self._folds:
                fold.beside(seq, body)
        if seq <= self._facts.last:
            for take in self._until.get(kind, ()):
                take(seq, body)
        for take in self._always.get(kind, ()):
            take(seq, body)

    def documents(self) -> dict[str, bytes]:
        """Return the files by name. To be called once, at the end."""
        end = full(self._facts.until) if self._facts.until else self._ipe.last_ts
        made = {"criteria.json": CRITERIA}
        for fold in self._folds:
            made[f"{fold.name}.json"] = encoded(fold.name, fold.document(end))
        return dict(sorted(made.items()))


def encoded(name: str, document: dict[str, Any]) -> bytes:
    """Return a document's file: canonical JSON in one line."""
    return canonical({"document": name, "v": VERSION, **document}) + b"\n"


def _table(parts: list[Any]) -> Table:
    """Join what takes in records, by kind."""
    joined: Table = {}
    for part in parts:
        for kind, take in part.items():
            if take is not None:
                joined[kind] = (*joined.get(kind, ()), take)
    return joined
