"""`ringfence policy shadow`."""

import typer

from proxy.policy.commands.common import Directory, Format, Printed, checked, loaded, show
from proxy.policy.commands.logs import Db, Export, Since, moment, opened, reading
from proxy.policy.shadow import summarise


def shadow(
    context: typer.Context,
    directory: Directory = None,
    *,
    since: Since = None,
    db: Db = None,
    export: Export = None,
    printed: Printed = Format.TEXT,
) -> None:
    """Say what the rules in shadow would have changed, for whom, according to the log, which is only read."""
    start = moment(since)
    log = opened(context, db, export)
    rules = loaded(checked(context, directory)).every_rule
    with reading():
        report = summarise(rules, log.notes(start))
    show(report.text(), report.as_json(), printed)
