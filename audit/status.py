"""How a log is doing, in a few reads of it however large it is: for people on call, and for what calls them.

What only the running server knows (the signer, the anchors, what keeps the writer from writing, the clock) comes from
it; without one, or of a log that another machine writes, it is unknown, which is said and is nothing wrong.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from audit import orphans
from audit.access import Records
from audit.errors import AuditUnavailable
from audit.incidents import still_open
from audit.orphans import Orphans
from audit.place import Place
from audit.sources.postgres import open_source
from audit.sources.source import COLUMNS, Source
from audit.space import Space, about, floor_of, measure

LATE_S = 900
"""An outcome or a signature that has been missing for longer needs a person."""
ANCHOR_LATE_S = 3600
SHOWN = 12
TS = COLUMNS.index("ts")
UNITS = ((86400, "days"), (3600, "h"), (60, "min"), (0, "s"))


@dataclass(frozen=True, slots=True)
class Moment:
    """A record's own time, and how long ago that is by the wall clock of whoever asks."""

    ts: str
    age_s: int


@dataclass(frozen=True, slots=True)
class Incident:
    """One that is open."""

    what: str
    about: str
    since: Moment


@dataclass(frozen=True, slots=True)
class Status:
    """Everything, as it was found. `server` is what the running server said, `trouble` why it did not."""

    log_id: str
    records: int
    head: str
    last: Moment | None
    signed: int
    signed_until: Moment | None
    unsigned: int
    unsigned_since: Moment | None
    open: Orphans
    open_since: Moment | None
    incidents: Sequence[Incident]
    space: Space | None
    server: Mapping[str, Any] | None
    trouble: str | None
    needs: Sequence[str] = ()
    """What a person has to look at."""


def look(
    place: Place, server: Mapping[str, Any] | None = None, trouble: str | None = None, now: datetime | None = None
) -> Status:
    """Look at a log, with what its server said; raises AuditUnavailable and AuditMismatch."""
    at = now or datetime.now(UTC)
    found = _open_in(server) or orphans.find(place)
    with closing(open_source(place)) as source:
        claim = source.claim()
        signed = max(0, claim.newest)
        unsigned = max(0, claim.size - signed)
        status = Status(
            log_id=claim.log_id.hex(),
            records=claim.size,
            head=claim.hash.hex(),
            last=_moment(source, claim.size - 1, at),
            signed=signed,
            signed_until=_moment(source, signed - 1, at),
            unsigned=unsigned,
            unsigned_since=_moment(source, signed, at) if unsigned else None,
            open=found,
            open_since=None if found.oldest is None else _moment(source, found.oldest, at),
            incidents=tuple(
                Incident(one.body["what"], one.body.get("about", ""), _since(one.body["ts"], at))
                for one in still_open(Records(place))
            ),
            space=_space(place),
            server=server,
            trouble=trouble,
        )
    return replace(status, needs=tuple(_needs(status)))


def lines(place: Place, status: Status) -> list[str]:
    """Say it to people."""
    server, space = status.server, status.space
    more = "" if status.open.whole else f", of the last {orphans.WINDOW:,} records"
    said = [
        f"log        {status.log_id}, {place}",
        f"head       {status.records:,} records, {status.head[:SHOWN]}, the last {_ago(status.last)}",
        f"signed     {_signed(status)}; behind that {status.unsigned:,}{_oldest(status.unsigned_since)}",
        f"open       {status.open.count:,} without an outcome{_oldest(status.open_since)}{more}",
        f"disk       {'that of the database server' if space is None else _room(space)}",
    ]
    if server is None:
        said.append("server     none runs here; signer, anchors and clock are unknown")
    else:
        said += [
            f"server     {server['log'] or 'takes decisions'}",
            f"signer     {server['signer'] or 'signs'}",
            f"anchors    {_anchors(server['anchors'])}",
            f"clock      {_clock(server['clock'])}",
        ]
    said += [f"incident   {one.what} {one.about}".rstrip() + f", {_ago(one.since)}" for one in status.incidents]
    return [*said, *(f"LOOK AT    {what}" for what in status.needs)] if status.needs else [*said, "all is well"]


def _needs(status: Status) -> list[str]:
    server, space = status.server, status.space
    found = [] if status.trouble is None else [status.trouble]
    if server is not None:
        if server["log"]:
            found.append(server["log"])
        if server["signer"]:
            found.append(server["signer"])
        late = [name for name, age in server["anchors"].items() if age > ANCHOR_LATE_S]
        found += [f"the anchor {name} has lacked a checkpoint for over an hour" for name in late]
        if server["clock"]["off"]:
            found.append("the wall clock jumped; set it, or accept it with: ringfence audit acknowledge")
    if status.unsigned_since is not None and status.unsigned_since.age_s > LATE_S:
        found.append("records have not been signed for over 15 minutes")
    if status.open_since is not None and status.open_since.age_s > LATE_S:
        found.append("a decision has had no outcome for over 15 minutes")
    if server is None and space is not None and space.free < floor_of(space.total):
        found.append("there is little room on the disk")
    if status.incidents:
        found.append("an incident is open")
    return found


def _open_in(server: Mapping[str, Any] | None) -> Orphans | None:
    """Return what the server knows of its own file, which nobody else writes."""
    return None if server is None or server["open"] is None else Orphans(**server["open"])


def _moment(source: Source, seq: int, now: datetime) -> Moment | None:
    rows = source.rows(seq, 1) if seq >= 0 else ()
    return _since(str(rows[0].columns[TS]), now) if rows and rows[0].columns else None


def _since(ts: str, now: datetime) -> Moment:
    try:
        return Moment(ts, int((now - datetime.fromisoformat(ts)).total_seconds()))
    except (ValueError, TypeError):
        raise AuditUnavailable("corrupt") from None


def _space(place: Place) -> Space | None:
    try:
        return measure(place.parent) if isinstance(place, Path) else None
    except OSError:
        return None


def _ago(moment: Moment | None) -> str:
    return "never" if moment is None else f"{_long(moment.age_s)} ago" if moment.age_s >= 0 else "in the future"


def _signed(status: Status) -> str:
    return f"{status.signed:,} records, the last {_ago(status.signed_until)}" if status.signed else "nothing yet"


def _oldest(moment: Moment | None) -> str:
    return "" if moment is None else f", the oldest {_ago(moment)}"


def _long(seconds: int) -> str:
    unit, name = next((unit, name) for unit, name in UNITS if seconds >= 2 * unit)
    return f"{seconds // max(unit, 1)} {name}"


def _room(space: Space) -> str:
    return f"{about(space.free)} free of {about(space.total)}"


def _anchors(ages: Mapping[str, int]) -> str:
    said = (f"{name} has all" if not age else f"{name} {_long(age)} behind" for name, age in ages.items())
    return ", ".join(said) or "none"


def _clock(clock: Mapping[str, Any]) -> str:
    kernel = "disciplined" if clock["sync"] else "not disciplined"
    return f"off ({clock['off']})" if clock["off"] else f"right; the kernel says: {kernel}"
