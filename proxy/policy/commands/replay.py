"""`ringfence policy replay`."""

import datetime as dt
import re
from pathlib import Path
from typing import Annotated

import typer

from proxy.policy.commands.common import FINDINGS, Format, Injected, Printed, checked, loaded, now, show
from proxy.policy.commands.logs import Db, Export, opened, reading
from proxy.policy.diff import Verdict
from proxy.policy.policy import Policy
from proxy.policy.replay import Why
from proxy.policy.replay import replay as replay_log

UNITS = {"h": dt.timedelta(hours=1), "d": dt.timedelta(days=1), "w": dt.timedelta(weeks=1)}
LONGEST_AGO = dt.timedelta(days=36_500)

Candidate = Annotated[Path, typer.Option(help="The policy directory to try.", exists=True, file_okay=False)]
Since = Annotated[
    str | None, typer.Option(help="7d, 12h, 2w, or a day as YYYY-MM-DD (UTC); the whole log if not given")
]


def replay(
    context: typer.Context,
    candidate: Candidate,
    *,
    since: Since = None,
    db: Db = None,
    export: Export = None,
    printed: Printed = Format.TEXT,
) -> None:
    """Say what a policy directory would have decided otherwise; exit 1 if anything looser, or a record that differs.

    Recorded decisions are made again, exactly, from what their records hold. The candidate is held against the
    detectors and upstreams of today; the log is only read, and may be in use.
    """
    start = _since(since)
    log = opened(context, db, export)
    found = checked(context, candidate)
    injected: Injected = context.obj
    policy = Policy.of(loaded(found), dict(found.files), injected.zones())
    with reading():
        report = replay_log(policy, log, start)
    show(report.text(), report.as_json(), printed)
    if report.count(Verdict.LOOSER) or any(why is Why.DIFFERS for why, _, _ in report.skipped):
        raise typer.Exit(FINDINGS)


def _since(given: str | None) -> str | None:
    """Return the moment from which on records count, as records write it."""
    if given is None:
        return None
    ago = re.fullmatch(r"([0-9]{1,6})([hdw])", given)
    try:
        if ago:
            moment = now() - min(int(ago[1]) * UNITS[ago[2]], LONGEST_AGO)
        else:
            moment = dt.datetime.combine(dt.date.fromisoformat(given), dt.time(), dt.UTC)
    except ValueError:
        raise typer.BadParameter("expected 7d, 12h, 2w or YYYY-MM-DD", param_hint="--since") from None
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
