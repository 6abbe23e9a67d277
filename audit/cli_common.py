"""What the commands for the audit log share: how they end, and how they show how far they are."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

from audit.errors import AuditError, AuditUnavailable
from audit.place import Place

FOUND, UNREADABLE = 1, 2
BAR = 40


def stop(why: str) -> typer.Exit:
    """Say why it could not be done."""
    typer.echo(why, err=True)
    return typer.Exit(UNREADABLE)


def unreadable(place: Place, error: AuditError) -> typer.Exit:
    """Say why it could not be done; what is not the store's fault names the place itself, where there is one."""
    return stop(
        f"{place}: the audit log cannot be used: {error.reason}" if isinstance(error, AuditUnavailable) else f"{error}"
    )


@contextmanager
def progress(json: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar on a terminal, for as long as something is read."""
    if json or not sys.stderr.isatty():
        yield None
        return
    try:
        yield bar
    finally:
        typer.echo("\r\x1b[K", nl=False, err=True)


def bar(done: int, total: int, what: str = "records") -> None:
    """Draw a bar over the one before it."""
    part = min(done / total, 1.0) if total > 0 else 1.0
    drawn = f"{'#' * int(part * BAR):-<{BAR}}"
    typer.echo(f"\r[{drawn}] {part:4.0%}  {done:,} of {total:,} {what}", nl=False, err=True)
