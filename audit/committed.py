"""Records as the database holds them, whatever a receipt said: what is sent has to stand there."""

import threading
from typing import Any

import orjson

from audit.errors import AuditUnavailable
from audit.records.chain import body_hash
from audit.records.tombstone import Tombstone
from audit.stores.lookup import Lookup


class Committed:
    """One log's, read over a connection that cannot write. Safe to call from any thread; one reads at a time."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._reading = threading.Lock()

    def find(self, record_id: str) -> dict[str, Any] | None:
        """Return a record, hashed again; None when there is none, or it was erased; raises AuditUnavailable."""
        with self._reading:
            row = self._lookup.find(record_id)
        if row is None or Tombstone.decode(row[0]) is not None:
            return None
        if body_hash(row[0]) != row[1]:
            raise AuditUnavailable("corrupt")
        body: dict[str, Any] = orjson.loads(row[0])
        return body

    def now(self) -> int | None:
        """Return what the clock of the database says, in nanoseconds; None where it is this machine's."""
        with self._reading:
            return self._lookup.now()

    def close(self) -> None:
        """Release the connection; it is opened again when it is needed."""
        with self._reading:
            self._lookup.close()
