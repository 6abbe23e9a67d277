"""`ringfence policy exceptions`."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from proxy.policy.commands.common import Day, Directory, Format, Printed, checked, day, loaded, show
from proxy.policy.commands.logs import Db, Export, Since, moment, opened, reading
from proxy.policy.exceptions import LONGEST_DAYS, Standing, standing
from proxy.policy.model import PolicyException
from proxy.policy.noted import Noted
from proxy.policy.uses import UNUSED, Use, Uses, collect

Within = Annotated[int, typer.Option(min=0, max=LONGEST_DAYS, help="days before its end that one counts as expiring")]
_WIDTH = len(Standing.EXPIRING) + 2


def exceptions(
    context: typer.Context,
    directory: Directory = None,
    *,
    on: Day = None,
    within: Within = 14,
    since: Since = None,
    db: Db = None,
    export: Export = None,
    printed: Printed = Format.TEXT,
) -> None:
    """List exceptions by their end: what each waives, for whom, until when, who asked and who approved.

    With --since, --db or --export also how often each was used and what that opened, according to the log.
    """
    today, start = day(on), moment(since)
    log = opened(context, db, export) if since or db or export else None
    bundle = loaded(checked(context, directory))
    with reading():
        uses = collect(log.notes(start), Noted.waived) if log else None
    listed = sorted(bundle.exceptions, key=lambda item: (item.until, item.id))
    rows = [(item, standing(item.until, today, within)) for item in listed]
    lines = [line for item, stands in rows for line in (*_lines(item, stands, today), *_used(item.id, uses))]
    counted = Counter(stands for _, stands in rows)
    figures = f"{counted[Standing.LIVE]} live, {counted[Standing.EXPIRING]} expiring within {within} days"
    unlisted = sorted(uses.found.keys() - {item.id for item in listed}) if uses else []
    for name in unlisted:
        lines += [f"{'unlisted':<{_WIDTH}}{name}  is not in this bundle", *_used(name, uses)]
    lines += [f"{figures}, {counted[Standing.EXPIRED]} expired on {today}", *(uses.lines() if uses else ())]
    show("\n".join(lines), _json(rows, unlisted, uses, today), printed)


def _json(
    rows: list[tuple[PolicyException, Standing]], unlisted: list[str], uses: Uses | None, on: dt.date
) -> dict[str, Any]:
    """Return the list as plain values; `uses` and `log` are null when no log was read.

    `uses` is {requests, otherwise, first, last, turns} as `policy shadow` prints it, where before is the decision
    without the exception. `unlisted` are those that the log knows and the bundle does not.
    """
    return {
        "on": on.isoformat(),
        "exceptions": [
            {**_plain(item, stands, on), "uses": _used_json(uses.found.get(item.id)) if uses else None}
            for item, stands in rows
        ],
        "unlisted": [{"id": name, "uses": _used_json(uses.found[name])} for name in unlisted] if uses else [],
        "log": uses.as_json() if uses else None,
    }


def _used_json(use: Use | None) -> dict[str, Any]:
    return use.as_json() if use else UNUSED


def _used(name: str, uses: Uses | None) -> Iterator[str]:
    """Say how often an exception was used, if a log was read."""
    if uses is None:
        return
    use = uses.found.get(name)
    if use is None:
        yield f"{'':<{_WIDTH}}not used"
        return
    yield f"{'':<{_WIDTH}}used by {use.requests}, {use.otherwise:,} of them opened by it; {use.span}"
    yield from use.lines()


def _lines(item: PolicyException, stands: Standing, on: dt.date) -> list[str]:
    callers = "; ".join(f"{kind} {', '.join(names)}" for kind, names in _callers(item).items())
    what = f"{item.id}  waives {item.waives}  for {callers}  {_end(item.until, on)}  [{item.where}]"
    return [
        f"{stands.value:<{_WIDTH}}{what}",
        f"{'':<{_WIDTH}}{item.ticket}, asked for by {item.owner}, approved by {item.approved_by}",
        f"{'':<{_WIDTH}}{item.because}",
    ]


def _end(until: dt.date, on: dt.date) -> str:
    left = (until - on).days
    if left < 0:
        return f"until {until}, {-left} days ago"
    return f"until {until}, {left} days left" if left else f"until {until}, its last day"


def _callers(item: PolicyException) -> dict[str, tuple[str, ...]]:
    named = {"teams": item.who.teams, "apps": item.who.apps, "keys": item.who.keys}
    return {kind: names for kind, names in named.items() if names}


def _plain(item: PolicyException, stands: Standing, on: dt.date) -> dict[str, Any]:
    return {
        "id": item.id,
        "standing": stands.value,
        "waives": item.waives,
        "for": {kind: list(names) for kind, names in _callers(item).items()},
        "until": item.until.isoformat(),
        "days_left": (item.until - on).days,
        "ticket": item.ticket,
        "owner": item.owner,
        "approved_by": item.approved_by,
        "because": item.because,
        "file": item.where.file,
        "line": item.where.line,
    }
