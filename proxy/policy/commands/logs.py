"""What the commands share that read recorded decisions: which log, from when on, and what is said if it cannot be."""

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from proxy.errors import RingfenceError
from proxy.policy.commands.common import USAGE, Injected, now
from proxy.policy.replay import Log

Db = Annotated[
    str | None,
    typer.Option("--db", help="A SQLite file, or postgresql://HOST/DATABASE; the configured log if not given."),
]
Export = Annotated[
    Path | None, typer.Option("--export", help="A file with a record a line instead, as `audit tail --json` writes.")
]
Since = Annotated[
    str | None, typer.Option(help="7d, 12h, 2w, or a day as YYYY-MM-DD (UTC); the whole log if not given")
]
UNITS = {"h": dt.timedelta(hours=1), "d": dt.timedelta(days=1), "w": dt.timedelta(weeks=1)}
LONGEST_AGO = dt.timedelta(days=36_500)


def moment(since: str | None, option: str = "--since") -> str | None:
    """Return a moment that an option names, as records write it."""
    if since is None:
        return None
    ago = re.fullmatch(r"([0-9]{1,6})([hdw])", since)
    try:
        if ago:
            start = now() - min(int(ago[1]) * UNITS[ago[2]], LONGEST_AGO)
        else:
            start = dt.datetime.combine(dt.date.fromisoformat(since), dt.time(), dt.UTC)
    except ValueError:
        raise typer.BadParameter("expected 7d, 12h, 2w or YYYY-MM-DD", param_hint=option) from None
    return start.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def opened(context: typer.Context, db: str | None, export: Path | None) -> Log:
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
