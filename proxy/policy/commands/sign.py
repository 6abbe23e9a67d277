"""`ringfence policy sign`."""

from pathlib import Path
from typing import Annotated

import typer

from proxy.policy.commands.common import Directory, Format, Printed, Wish, configured, show
from proxy.policy.commands.office import office, refusing, rows, whole

Author = Annotated[str, typer.Option(metavar="WHO", help="Who wrote what is approved: somebody else.")]
Key = Annotated[Path | None, typer.Option(metavar="FILE", help="The approver's private key, from keygen.")]
Approver = Annotated[str, typer.Option(metavar="WHO", help="Instead of --key: an approval that nobody signs, a claim.")]
Ticket = Annotated[str, typer.Option(metavar="ID", help="Where it was discussed.")]
Serial = Annotated[int | None, typer.Option(help="Higher than every one before; one more than the last if not given.")]


def sign(  # noqa: PLR0917 - the flags
    context: typer.Context,
    author: Author,
    directory: Directory = None,
    key: Key = None,
    approver: Approver = "",
    ticket: Ticket = "",
    serial: Serial = None,
    printed: Printed = Format.TEXT,
) -> None:
    """Approve exactly these policies with the configured upstream file: writes APPROVALS beside them."""
    if (key is None) == (not approver):
        raise typer.BadParameter("give either --key or --approver")
    policy = whole(context, directory)
    wish = Wish(author, key, approver, ticket, serial)
    with refusing():
        made = office(context).sign(directory or configured(), policy, wish)
    show(rows(made), made, printed)
