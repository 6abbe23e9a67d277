"""The way of spooled records into the log: in order, each under the id that it was given when it was made.

An import may be cut off anywhere and begun again: what is in the log already is passed over, and the record that says
what was imported comes in one transaction with everything that depends on its being the last of its file.
"""

import errno
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from audit.errors import AuditUnavailable
from audit.jobs import Entry, Waiter
from audit.records.canonical import halves
from audit.records.jcs import NotCanonicalError, parse
from audit.records.record import OUTCOME, REGISTRY, derive, new_id
from audit.spool.file import DamagedSpoolError
from audit.spool.spool import Part, Spool, now

BATCH = 256
PASSING = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
DAMAGED = "spool_damaged"
GRANTED, ENDED, IMPORTED = "breakglass.granted", "breakglass.ended", "spool.imported"


class Make(Protocol):
    """Makes a record of a kind and a body, under a chosen id if one is given."""

    def __call__(self, kind: str, body: dict[str, Any], chosen: str | None = None) -> Entry:
        """Return it, ready to be written."""


Attempt = tuple[str, int]


@dataclass(slots=True)
class _Found:
    """What was read of a file so far."""

    header: dict[str, Any] | None = None
    count: int = 0
    first: str = ""
    last: str = ""
    head: bytes = b""
    open: dict[Attempt, None] = field(default_factory=dict)
    """Attempts without an outcome."""
    seen: set[Attempt] = field(default_factory=set)
    grants: dict[str, str] = field(default_factory=dict)
    """Grants without an end, with the time until which they were given."""
    damaged: bool = False

    def take(self, record: dict[str, Any], head: bytes) -> Entry:
        """Take note of a record, and return it as it goes into the log."""
        made = derive(record)
        self.count, self.first, self.last, self.head = self.count + 1, self.first or made.id, made.id, head
        if made.dec is not None and made.attempt is not None:
            self.seen.add((made.dec, made.attempt))
            if made.kind == OUTCOME:
                self.open.pop((made.dec, made.attempt), None)
            else:
                self.open[made.dec, made.attempt] = None
        if made.kind == GRANTED:
            self.grants[made.id] = record["until"]
        elif made.kind == ENDED:
            self.grants.pop(record["grant"], None)
        due = float("inf")
        return Entry(made, halves(record, time.monotonic_ns() // 1000), chosen_id=True, due=due, waiter=Waiter(None))


def attempts_in(spool: Spool) -> set[Attempt]:
    """Return every attempt of which a spool knows anything: before the import, nobody else is to close it."""
    found = _Found()
    for part in spool.parts():
        for _ in _records(spool, part, found):
            pass
    return found.seen


class SpoolImport:
    """Imports what is in a spool. `commit` makes records durable in the log, in one transaction, or raises."""

    def __init__(
        self, spool: Spool, make: Make, commit: Callable[[list[Entry]], None], known: Callable[[str], bool]
    ) -> None:
        self._spool = spool
        self._make = make
        self._commit = commit
        self._known = known

    def run(self, *, crashed: bool = False) -> None:
        """Import everything; raises AuditUnavailable, and is to be repeated then.

        `crashed`: the process that spooled is gone, and nobody will bring the outcomes that are not there.
        """
        while self._spool.pending and self._import(self._spool.parts()[0], crashed=crashed):
            pass

    def _import(self, part: Part, *, crashed: bool) -> bool:
        found = _Found()
        first = list(_records(self._spool, part, found, stop=BATCH))
        if not found.count and self._spool.grows(part):
            return False  # its first record is on its way to the disk
        done = found.header is not None and self._known(found.header["imported"])
        if not done:
            self._commit(first)
        # The log takes records again: that ends a grant, and what is spooled from now on is another file.
        self._spool.seal(part)
        rest: list[Entry] = []
        for entry in _records(self._spool, part, found, start=found.count):
            if len(rest) == BATCH:
                if not done:
                    self._commit(rest)
                rest = []
            rest.append(entry)
        if not done:
            self._commit([*rest, *self._last(found, crashed=crashed)])
        self._spool.drop(part, damaged=found.damaged)
        return True

    def _last(self, found: _Found, *, crashed: bool) -> list[Entry]:
        """Make what follows a file's records: the ends of what nobody else will end, and the account of the import."""
        made: list[tuple[str, dict[str, Any], str | None]] = []
        if crashed or found.damaged:
            status = "unknown_after_crash" if crashed else "unknown"
            made += [(OUTCOME, {"dec": dec, "attempt": n, "status": status}, None) for dec, n in found.open]
        for grant, until in found.grants.items():
            how = "expired" if until <= now() else "stopped" if crashed else "store_back"
            made.append((ENDED, {"grant": grant, "how": how}, None))
        if found.damaged:
            made.append(("incident.opened", {"incident": new_id(), "what": DAMAGED}, None))
        if found.header is not None and found.count:
            gap = new_id()
            made += [
                ("incident.opened", {"incident": gap, "what": "store_gap", "since": found.header["since"]}, None),
                ("incident.closed", {"incident": gap, "how": "spool_imported"}, None),
                (IMPORTED, _account(found, found.header), found.header["imported"]),
            ]
        return [self._make(*one) for one in made]


def _records(spool: Spool, part: Part, found: _Found, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
    """Yield records of a part, noting what was found; ends where it ends, or is damaged.

    Raises AuditUnavailable where this process, not the disk, lacks what it takes to read on.
    """
    try:
        if start == 0:
            found.header = _header(spool, part)
        for text, head in spool.texts(part, start + 1, None if stop is None else stop + 1):
            record = parse(text)
            _ = REGISTRY[record["kind"], record["v"]]
            yield found.take(record, head)
    except (DamagedSpoolError, NotCanonicalError, KeyError):
        found.damaged = True
    except OSError as error:
        if error.errno in PASSING:
            raise AuditUnavailable("io") from None
        found.damaged = True


def _header(spool: Spool, part: Part) -> dict[str, Any] | None:
    for text, _ in spool.texts(part, 0, 1):
        header: dict[str, Any] = parse(text)
        if not spool.is_of_log(header):
            raise DamagedSpoolError
        return header
    return None


def _account(found: _Found, header: dict[str, Any]) -> dict[str, Any]:
    return {
        "count": found.count,
        "first": found.first,
        "last": found.last,
        "head": found.head.hex(),
        "since": header["since"],
        "whole": not found.damaged,
    }
