"""The last head that a server saw, kept in its home: a log that lost it is noticed at the next start as well.

What a database says of its own end is worth nothing after a restore, or a failover that lost records. The file is
written behind the acknowledgements and not with each of them, so that it may lag by some seconds; what it names was
committed. Where it is missing, nothing is known. It is given up by a person alone, with `ringfence audit acknowledge`.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from audit import durable
from audit.errors import AuditMismatch
from audit.records.chain import HASH_BYTES, LOG_ID_BYTES
from audit.sources.source import Source
from audit.stores.store import Head

FILE = "audit-head.json"
GIVEN_UP = "audit-head.lost.json"
EVERY_S = 10.0
"""How far the file may lag."""


class Seen:
    """The file of one home. Used by one thread at a time."""

    def __init__(self, home: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = home / FILE
        self._given_up = home / GIVEN_UP
        self._clock = clock
        self._saved = self.load()
        self._at = float("-inf")

    def load(self) -> Head | None:
        """Return the head; None where none is kept. Raises AuditMismatch for a damaged file."""
        return _load(self._path)

    def keep(self, head: Head | None, *, now: bool = False) -> float:
        """Remember a head, if it is time to; return at what moment (monotonic) it will be, for one that waits."""
        if head is None or head == self._saved:
            return float("inf")
        due = self._clock() if now else max(self._at + EVERY_S, self._clock())
        if due > self._clock():
            return due
        self._at = self._clock()
        with suppress(OSError):  # what is kept here protects the log, and must not stop it; it is tried again
            _save(self._path, head)
            self._saved = head
        return self._at + EVERY_S

    def lost(self) -> Head | None:
        """Return the head that an operator gives up, until that was recorded."""
        return _load(self._given_up)

    def missing_from(self, source: Source) -> Head | None:
        """Return the head that a log does not go on from; None where it has all that was seen."""
        kept = self.lost() or self.load()
        if kept is None:
            return None
        claim, at_end = source.claim(), source.rows(kept.size - 1, 1)
        link = at_end[0].link if at_end and at_end[0].seq == kept.size - 1 else None
        return kept if fault(kept, Head(claim.log_id, claim.size, claim.hash), link) else None

    @contextmanager
    def giving_up(self, head: Head | None) -> Iterator[None]:
        """Let a writer start without a head, which records its loss in the block."""
        if head is not None:
            _save(self._given_up, head)
        try:
            yield
        finally:
            self._given_up.unlink(missing_ok=True)

    def forget(self, head: Head) -> None:
        """Give up a head whose loss is on record, unless a writer has another by now."""
        if self.load() == head:
            self._path.unlink()


def fault(seen: Head, found: Head, link: bytes | None) -> str | None:
    """Say by its code why a log does not go on from a head that was seen; None when it does.

    `found` is its head now, `link` that of the record which was the last one then.
    """
    if found.log_id != seen.log_id:
        return "LOG_ID"
    if found.size < seen.size:
        return "STORE_BEHIND"
    return None if found == seen or link == seen.hash else "FORK"


def _load(path: Path) -> Head | None:
    try:
        text = json.loads(path.read_bytes())
        head = Head(bytes.fromhex(text["log_id"]), text["size"], bytes.fromhex(text["hash"]))
        whole = (len(head.log_id), len(head.hash), type(head.size)) == (LOG_ID_BYTES, HASH_BYTES, int) and head.size > 0
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise AuditMismatch(f"{path} is damaged: remove it once you know that the log has lost nothing")
    return head


def _save(path: Path, head: Head) -> None:
    content = {"log_id": head.log_id.hex(), "size": head.size, "hash": head.hash.hex()}
    durable.replace(path, json.dumps(content).encode() + b"\n")
