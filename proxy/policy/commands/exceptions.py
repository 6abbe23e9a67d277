"""`ringfence policy exceptions`."""

import datetime as dt
from collections import Counter
from typing import Annotated, Any

import typer

from proxy.policy.commands.common import Day, Directory, Format, Printed, checked, day, loaded, show
from proxy.policy.exceptions import LONGEST_DAYS, Standing, standing
from proxy.policy.model import PolicyException

Within = Annotated[int, typer.Option(min=0, max=LONGEST_DAYS, help="days before its end that one counts as expiring")]
_WIDTH = len(Standing.EXPIRING) + 2


def exceptions(
    context: typer.Context,
    directory: Directory = None,
    on: Day = None,
    within: Within = 14,
    printed: Printed = Format.TEXT,
) -> None:
    """List exceptions by their end: what each waives, for whom, until when, who asked and who approved."""
    moment = day(on)
    bundle = loaded(checked(context, directory))
    listed = sorted(bundle.exceptions, key=lambda item: (item.until, item.id))
    rows = [(item, standing(item.until, moment, within)) for item in listed]
    lines = [line for item, stands in rows for line in _lines(item, stands, moment)]
    counted = Counter(stands for _, stands in rows)
    figures = f"{counted[Standing.LIVE]} live, {counted[Standing.EXPIRING]} expiring within {within} days"
    lines.append(f"{figures}, {counted[Standing.EXPIRED]} expired on {moment}")
    show("\n".join(lines), [_plain(item, stands, moment) for item, stands in rows], printed)


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
