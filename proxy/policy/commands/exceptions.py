"""`ringfence policy exceptions`."""

from typing import Annotated

import typer

from proxy.policy.commands.common import Day, Directory, Format, Printed, checked, day, loaded, show
from proxy.policy.commands.logs import Db, Export, Since, moment, opened, reading
from proxy.policy.exceptions import LONGEST_DAYS
from proxy.policy.noted import Noted
from proxy.policy.register import register
from proxy.policy.uses import collect

Within = Annotated[int, typer.Option(min=0, max=LONGEST_DAYS, help="days before its end that one counts as expiring")]


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
    listed = register(bundle.exceptions, today, within, uses)
    show(listed.text(), listed.as_json(), printed)
