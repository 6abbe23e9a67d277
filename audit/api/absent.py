"""Records whose body was erased, for readers: place and hashes stand, and so does the record that says who did it.

What was pruned is simply not there: its pages join without it, and its hashes are in every proof.
"""

import threading
from dataclasses import fields
from typing import Any

from audit.access import MAX_LIMIT, Filters, ReadRecord, Records

ERASED = "erased"
ERASURE = "erasure.done"
FIELDS = tuple(field.name for field in fields(ReadRecord))


class Erasures:
    """Which erasure took which body, as the log says; each is read once. Safe to share between threads."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._by: dict[str, dict[str, str]] = {}
        self._after = -1
        self._looking = threading.Lock()

    def shown(self, record: ReadRecord) -> dict[str, Any]:
        """Return a record as plain values; of an erased one, `body` is null. Raises AuditUnavailable."""
        shown = {name: getattr(record, name) for name in FIELDS}
        tombstone = record.body.get(ERASED)
        if isinstance(tombstone, dict) and "kind" not in record.body:
            by = self._find(record.id)
            shown |= {"body": None, "erased": {**tombstone, "erasure": by}}
        return shown

    def _find(self, record_id: str) -> dict[str, str] | None:
        with self._looking:
            if record_id not in self._by:
                self._look()
            return self._by.get(record_id)

    def _look(self) -> None:
        """Read the erasures since the last look."""
        while True:
            page = self._records.page(Filters(kind=ERASURE), after=self._after, limit=MAX_LIMIT)
            for found in page.records:
                said = {"id": found.id, "ts": str(found.body["ts"]), "reason": str(found.body["reason"])}
                for each in found.body["records"]:
                    self._by[each["id"] if isinstance(each, dict) else each] = said
                self._after = found.seq
            if page.next is None:
                return
