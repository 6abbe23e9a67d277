"""`ringfence policy approval`."""

import typer

from proxy.policy import render
from proxy.policy.commands.common import FINDINGS, Directory, Format, Printed, configured, show
from proxy.policy.commands.office import office, refusing, rows, whole

NOBODY = {"approval": "none"}


def approval(context: typer.Context, directory: Directory = None, printed: Printed = Format.TEXT) -> None:
    """Say who approved exactly these policies, and how that is known; exit 1 if nobody did."""
    policy = whole(context, directory)
    with refusing():
        known, said = office(context).standing(directory or configured(), policy)
    if said:
        typer.echo(render.diagnostics_text(said, {}), err=True)
    found = known or NOBODY
    show(rows(found), found, printed)
    if known is None:
        raise typer.Exit(FINDINGS)
