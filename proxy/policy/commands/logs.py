"""What the commands share that read recorded decisions: which log, and what to say when it cannot be read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from proxy.errors import RingfenceError
from proxy.policy.commands.common import USAGE, Injected
from proxy.policy.replay import Log

Db = Annotated[Path | None, typer.Option("--db", help="A log's SQLite file; the configured one if not given.")]
Export = Annotated[
    Path | None, typer.Option("--export", help="A file with a record a line instead, as `audit tail --json` writes.")
]


def opened(context: typer.Context, db: Path | None, export: Path | None) -> Log:
    """Open the log that was asked for, to read."""
    injected: Injected = context.obj
    if db and export:
        raise typer.BadParameter("give a database or an export, not both", param_hint="--export")
    if injected.open_log is None:
        typer.echo("there is no log to read here", err=True)
        raise typer.Exit(USAGE)
    with reading():
        return injected.open_log(db, export)


@contextmanager
def reading() -> Iterator[None]:
    """End with a line, and not with a traceback, when the log cannot be read."""
    try:
        yield
    except RingfenceError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(USAGE) from None
