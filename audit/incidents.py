"""Incidents: conditions that a person should hear of, each opened once and closed when it ends, across restarts."""

from collections.abc import Iterator

from audit.access import MAX_LIMIT, Filters, ReadRecord, Records
from audit.clock import ANOMALY
from audit.log import AuditLog, new_id
from audit.orphans import live_writers
from audit.place import Postgres

OPENED, CLOSED = "incident.opened", "incident.closed"
RESTORED = "restored"
"""Of a log that was made of a backup, `from_seq` being how many records that had: what came behind them is lost."""


def still_open(records: Records) -> list[ReadRecord]:
    """Return the openings without a closing, oldest first; raises AuditUnavailable."""
    closed = {record.body["incident"] for record in _all(records, CLOSED)}
    return [record for record in _all(records, OPENED) if record.body["incident"] not in closed]


class Incidents:
    """Those of this server that are open, by what they are and what they are about. Used under its owner's lock.

    What an earlier process of this server left open is taken over. On a log with several writers that is known by the
    name of the machine, so that two servers on one machine close each other's; what a server left open that is gone,
    machine and all, is taken over by any other, for it is about the log. Not so its clock: with `clocks`, that too.
    """

    def __init__(self, audit: AuditLog, *, clocks: bool = False) -> None:
        self._audit = audit
        self._open: dict[tuple[str, str], list[str]] = {}
        living = live_writers(audit.place) if isinstance(audit.place, Postgres) else set()
        for record in still_open(Records(audit.place)):
            body, w = record.body, record.body["w"]
            own = not isinstance(audit.place, Postgres) or w["inst"] == audit.instance
            if own or (w["epoch"] not in living and (clocks or body["what"] != ANOMALY)):
                self._open.setdefault((body["what"], body.get("about", "")), []).append(body["incident"])

    def among(self, prefix: str) -> list[tuple[str, str]]:
        """Return (what, about) of the open ones whose `what` begins so."""
        return [key for key in self._open if key[0].startswith(prefix)]

    def open(self, what: str, about: str = "", *, from_seq: int | None = None) -> bool:
        """Record one, unless it is open; whether it was recorded now. Raises AuditUnavailable."""
        if (what, about) in self._open:
            return False
        incident = new_id()
        given = {"about": about or None, "from_seq": from_seq}
        more = {name: value for name, value in given.items() if value is not None}
        self._audit.append_sync(OPENED, {"incident": incident, "what": what, **more})
        self._open[what, about] = [incident]
        return True

    def close(self, what: str, about: str = "", *, how: str) -> bool:
        """Record the end of one, if it is open; whether it was. Raises AuditUnavailable, and is to be repeated then."""
        ids = self._open.get((what, about), [])
        was = bool(ids)
        while ids:
            self._audit.append_sync(CLOSED, {"incident": ids[-1], "how": how})
            ids.pop()
        self._open.pop((what, about), None)
        return was


def _all(records: Records, kind: str) -> Iterator[ReadRecord]:
    after: int | None = -1
    while after is not None:
        page = records.page(Filters(kind=kind), after=after, limit=MAX_LIMIT)
        yield from page.records
        after = page.next
