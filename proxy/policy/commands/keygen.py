"""`ringfence policy keygen`."""

from pathlib import Path
from typing import Annotated

import typer

from proxy.policy.commands.office import office, refusing

Name = Annotated[str, typer.Argument(metavar="NAME", help="Who will sign with it, such as an e-mail address.")]
Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the private key goes; no file may be there.")]


def keygen(context: typer.Context, name: Name, out: Out) -> None:
    """Make a key that approves policies, and print the line that servers know it by."""
    with refusing():
        typer.echo(office(context).keygen(name, out))
