"""`ringfence audit hold ...`, `prune` and `erase`: what must stay, what is past its time, and what a person may ask."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from audit.errors import AuditError, AuditMismatch
from audit.exporting import drop_packs
from audit.place import Postgres, place_of
from audit.records.fields import FINGERPRINT, NAME
from audit.records.times import written
from audit.retention import doing, erasing
from audit.retention.doing import NotYetAnchored, Parts
from audit.retention.erasing import Request
from audit.retention.hands import InDatabase
from audit.retention.holds import Hold
from audit.retention.pruning import Announced, Plan
from audit.stores.asking import asking

REFUSED = 2
WAIT_S = 900.0
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Own:
    """The log that this program writes. `days` is the period of retention; `url` a database user who may delete.

    `exports` is where its servers keep packs for auditors.
    """

    parts: Parts
    days: int
    exports: tuple[Path, ...]
    url: str | None = None


own_log: Callable[[], AbstractContextManager[Own]] | None = None
"""Set by the program that mounts these commands."""

holding = typer.Typer(no_args_is_help=True, help="Legal holds: what stays, whatever the period of retention is.")

Name = Annotated[str, typer.Argument(help="A name, such as that of the matter.")]
Db = Annotated[
    str | None,
    typer.Option("--db", help="postgresql://USER@HOST/DATABASE of who may delete. Default: $RINGFENCE_RETENTION_URL."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would go.")]


@holding.command("place")
def place_hold(
    name: Name,
    since: Annotated[str | None, typer.Option("--from", help="A time, or a day: 2026-01-31.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="The same; not included.")] = None,
    team: Annotated[str | None, typer.Option("--team", help="Of this team only.")] = None,
) -> None:
    """Keep records from being pruned and erased until the hold is lifted; without options, all of them."""
    with _own(None) as own:
        if _fault(name) or (team is not None and _fault(team)):
            raise AuditMismatch("a hold and a team have a name of letters, digits and ._:/*@-")
        if name in {hold.name for hold in doing.holds(own.parts.place)}:
            raise AuditMismatch("a hold of this name is in force; lift it, or choose another name")
        hold = Hold(name, since and _time(since), until and _time(until), team)
        if hold.since is not None and hold.until is not None and hold.since >= hold.until:
            raise AuditMismatch("this hold ends before it begins")
        seq = own.parts.record("hold.placed", hold.record())
        typer.echo(f"{hold}; record {seq:,}")


@holding.command("lift")
def lift_hold(name: Name) -> None:
    """End a hold; what it kept may go again."""
    with _own(None) as own:
        if name not in {hold.name for hold in doing.holds(own.parts.place)}:
            raise AuditMismatch("no hold of this name is in force; see: ringfence audit hold list")
        seq = own.parts.record("hold.lifted", {"hold": name})
        typer.echo(f"{name} is lifted; record {seq:,}")


@holding.command("list")
def list_holds() -> None:
    """Show the holds that are in force."""
    with _own(None) as own:
        found = doing.holds(own.parts.place)
        for hold in found:
            typer.echo(f"{hold}; placed {hold.placed}")
        if not found:
            typer.echo("no hold is in force")


def prune(
    before: Annotated[
        str | None, typer.Option("--before", help="A time, or a day. Default: $RINGFENCE_RETENTION_DAYS ago.")
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    wait: Annotated[float, typer.Option("--wait", help="Seconds to wait for an anchor.")] = WAIT_S,
    db: Db = None,
) -> None:
    """Take away the bodies of records past their time, under a checkpoint that an anchor has; their hashes stay."""
    with _own(db) as own:
        ahead = doing.announced(own.parts)
        if ahead is None or not (ahead.begun and before is None):
            until = _time(before) if before else _past(own)
            ahead = _announced(own, ahead, until, any_time=before is None)
        if ahead is not None:
            typer.echo(f"record {ahead.seq:,} announces that the first {ahead.size:,} records are pruned; going on")
        else:
            plan = _planned(own, until, dry_run=dry_run)
            if not dry_run:
                _confirm(yes, "Announce this in the log, and take them away once an anchor has that?")
                ahead = doing.announce(own.parts, plan)
        if ahead is None or dry_run:
            return
        _carry_out(own, ahead, wait)


def _announced(own: Own, ahead: Announced | None, until: str, *, any_time: bool) -> Announced | None:
    """Return the prune to go on with. Whatever writes the log can announce one: all of it has to be past its time."""
    if ahead is None or not (any_time or ahead.until == until):
        return None
    return ahead if doing.is_sound(own.parts, ahead, until, _say, _reading) else None


def _planned(own: Own, until: str, *, dry_run: bool) -> Plan:
    try:
        plan = doing.plan_prune(own.parts, until, _say, _reading)
    except AuditMismatch:
        if not dry_run and (left := own.parts.hands.scrub()):  # of an earlier one, while somebody read
            typer.echo(left)
        raise
    bodies = sum(n for _, n in plan.kinds)
    typer.echo(f"prune      the first {plan.size:,} records, all from before {plan.until}")
    typer.echo(f"root       {plan.root.hex()}, kept by: {', '.join(plan.anchors)}")
    typer.echo(f"bodies     {bodies:,} go, {plan.size - bodies:,} records stay or were pruned before")
    for kind, n in plan.kinds:
        typer.echo(f"           {n:>10,} {kind}")
    typer.echo(f"no further because {plan.stopped_by}")
    return plan


def _carry_out(own: Own, ahead: Announced, wait: float) -> None:
    have = doing.wait(own.parts, ahead, wait, _say)
    typer.echo(f"record {ahead.seq:,} is under a checkpoint, kept by: {', '.join(have)}")
    left = doing.carry_out(own.parts, ahead, lambda done: _reading(done, ahead.size))
    if left:
        raise AuditMismatch(f"a hold came in between; {left:,} records of this prune stay until it is lifted")
    typer.echo(f"pruned: the first {ahead.size:,} records")
    _scrub(own)


def erase(  # noqa: PLR0917 - options of a command
    ids: Annotated[
        list[str] | None, typer.Argument(help="Ids of decisions, as x-ringfence-audit-id gives them.")
    ] = None,
    key: Annotated[str | None, typer.Option("--key", help="All requests of this key: ak_...")] = None,
    fingerprint: Annotated[
        str | None, typer.Option("--fingerprint", help="All requests with this fingerprint: fp1...")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="A code for the record.")] = "subject_request",
    dry_run: DryRun = False,
    yes: Yes = False,
    db: Db = None,
) -> None:
    """Erase requests: decision, attempts and outcomes. What is left says where they stood; the chain still verifies."""
    with _own(db) as own:
        unfinished = [] if dry_run else doing.unfinished_erasures(own.parts)
        if unfinished:
            _confirm(yes, f"The log says that {len(unfinished):,} records are erased that are there. Erase them, too?")
            done = own.parts.hands.entomb(unfinished).done
            typer.echo(f"{done:,} records were erased that the log said were erased already")
        found = _requests(own, ids or [], key, fingerprint)
        _show(found)
        going = [request for request in found if request.may_go]
        if dry_run or not going:
            if not dry_run and any(request.erased for request in found):
                _scrub(own)
            raise typer.Exit(0 if going or all(request.erased for request in found) else REFUSED)
        _confirm(yes, f"Erase {len(going):,} requests for good?")
        made = doing.erase(own.parts, going, reason)
        typer.echo(f"erased: {made.done:,} records of {len(going):,} requests")
        _scrub(own)
        if made.held or len(going) < len([request for request in found if not request.erased]):
            raise AuditMismatch("some requests stay: they are under a hold, or have not ended")


def _requests(own: Own, ids: list[str], key: str | None, fingerprint: str | None) -> list[Request]:
    if sum(bool(given) for given in (ids, key, fingerprint)) != 1:
        raise AuditMismatch("give ids of decisions, or --key, or --fingerprint")
    if (key is not None and _fault(key)) or (fingerprint is not None and FINGERPRINT.compile()(fingerprint)):
        raise AuditMismatch("this is not the id of a key, or not a fingerprint")
    holds, found = doing.holds(own.parts.place), dict[str, Request]()
    with asking(own.parts.place) as run:
        names = ids or list(erasing.about(run, key=key, fingerprint=fingerprint))
        for name in names:
            requests = erasing.find(run, name, holds)
            if not requests:
                raise AuditMismatch("the log has no decision with one of these ids; it may have been pruned")
            found.update((request.id, request) for request in requests)
    if not found:
        typer.echo("the log has no such request")
    return list(found.values())


def _show(requests: list[Request]) -> None:
    for request in requests:
        state = "erased before" if request.erased else "has not ended" if request.open else ""
        state = f"under the hold {', '.join(request.held)}" if request.held else state
        who = f"{request.app} of {request.team}, " if request.app else ""
        typer.echo(f"{request.id}  {request.ts}  {who}{len(request.stones)} records{state and ', ' + state}")


def _scrub(own: Own) -> None:
    left = own.parts.hands.scrub()
    typer.echo(left or "what was taken away is overwritten in the database; see deploy/docs/retention.md on backups")
    try:
        packs = sum(drop_packs(folder) for folder in own.exports)
    except OSError as error:
        raise AuditMismatch(f"packs in {error.filename} cannot be removed: {error.strerror}") from None
    if packs:
        typer.echo(f"packs that were kept for auditors and are gone, too: {packs}")


def _confirm(yes: bool, question: str) -> None:
    if not yes:
        typer.confirm(question, abort=True)


@contextmanager
def _own(db: str | None) -> Iterator[Own]:
    if own_log is None:
        raise _stop("only the program that writes the log can do this")
    try:
        with own_log() as own:
            if not isinstance(own.parts.place, Postgres):
                yield own
                return
            url = db or own.url
            place = place_of(url) if url else own.parts.place
            if not isinstance(place, Postgres):
                raise AuditMismatch("--db is not postgresql://USER@HOST/DATABASE")
            parts = Parts(place, own.parts.record, InDatabase(place), own.parts.keepers, own.parts.want)
            yield Own(parts, own.days, own.exports, url)
    except NotYetAnchored as error:
        raise _stop(str(error), 1) from None
    except AuditError as error:
        raise _stop(str(error)) from None


def _time(text: str) -> str:
    """Read a time or a day, in UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise AuditMismatch("a time is such as 2026-01-31, or 2026-01-31T12:00:00Z") from None
    return written(at if at.tzinfo else at.replace(tzinfo=UTC))


def _past(own: Own) -> str:
    """Return the time before which all is past its period, by this machine's clock, if the log bears that out."""
    now = _now()
    until = written(now - timedelta(days=own.days))
    doing.require_steady(own.parts, until, now)
    return until


def _now() -> datetime:
    return datetime.now(UTC)


def _fault(name: str) -> bool:
    return NAME.compile()(name) is not None


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _reading(done: int, size: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done:,} of {size:,} records" + ("\n" if done >= size else ""))


def _stop(why: str, code: int = REFUSED) -> typer.Exit:
    typer.echo(why, err=True)
    return typer.Exit(code)


def mount(app: typer.Typer) -> None:
    """Add these commands to those of the log."""
    app.add_typer(holding, name="hold")
    app.command("prune")(prune)
    app.command("erase")(erase)
