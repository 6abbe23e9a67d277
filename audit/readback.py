"""What was just committed, as it was read back: for whoever sends under a record, without asking the database again.

The writer reads decisions and attempts back between their COMMIT and their receipts, all of a batch by one question.
What does not have its stored hash is not kept. Each is handed out once, and for a few seconds; whoever needs any other
record asks the database. A failure here fails nothing else: it only means that nothing is kept.
"""

import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import orjson

from audit.records.chain import body_hash
from audit.records.record import Derived
from audit.stores.store import Store

KEPT_S = 5.0
MAX_KEPT = 4096


class ReadBack:
    """Bodies by their ids. One thread looks; any may take, and waits for nothing."""

    def __init__(self) -> None:
        self._bodies: dict[str, tuple[float, bytes]] = {}
        self._order: deque[tuple[float, str]] = deque()

    def look(self, store: Store, made: Iterable[Derived]) -> None:
        """Read back, of records that are durable, those under which something may be sent."""
        now = time.monotonic()
        self._forget(now)
        ids = [one.id for one in made if one.permits]
        if not ids:
            return
        with suppress(Exception):
            for name, body, bh in store.read_back(ids):
                if body_hash(body) == bh:
                    self._bodies[name] = now, body
                    self._order.append((now, name))

    def take(self, record_id: str) -> dict[str, Any] | None:
        """Return a record as it stood in the database, once; None where it is not at hand."""
        at, body = self._bodies.pop(record_id, (0.0, b""))
        if not body or time.monotonic() - at > KEPT_S:
            return None
        record: dict[str, Any] = orjson.loads(body)
        return record

    def _forget(self, now: float) -> None:
        while self._order and (now - self._order[0][0] > KEPT_S or len(self._order) > MAX_KEPT):
            self._bodies.pop(self._order.popleft()[1], None)
