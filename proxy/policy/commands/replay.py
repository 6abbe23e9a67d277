"""`ringfence policy replay`."""

from pathlib import Path
from typing import Annotated

import typer

from proxy.policy.commands.common import FINDINGS, Format, Injected, Printed, checked, loaded, show
from proxy.policy.commands.logs import Db, Export, Since, moment, opened, reading
from proxy.policy.policy import Policy
from proxy.policy.replay import Why
from proxy.policy.replay import replay as replay_log
from proxy.policy.shift import Verdict

Candidate = Annotated[Path, typer.Option(help="The policy directory to try.", exists=True, file_okay=False)]


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
    start = moment(since)
    log = opened(context, db, export)
    found = checked(context, candidate)
    injected: Injected = context.obj
    policy = Policy.of(loaded(found), dict(found.files), injected.zones())
    with reading():
        report = replay_log(policy, log, start)
    show(report.text(), report.as_json(), printed)
    if report.count(Verdict.LOOSER) or any(why is Why.DIFFERS for why, _, _ in report.skipped):
        raise typer.Exit(FINDINGS)
