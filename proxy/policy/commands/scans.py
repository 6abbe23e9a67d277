"""What the commands share that scan something: where it is read from, and what to say when it cannot be."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from proxy.errors import RingfenceError
from proxy.policy.commands.common import USAGE, Injected
from proxy.policy.labels import Scan, Scanned


def scanned(context: typer.Context, file: str, *, request: bool) -> Scanned:
    """Scan a file, or standard input for `-`; ends with a line that quotes nothing when that cannot be done."""
    with scanning(context) as scan:
        try:
            return scan(sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes(), request)
        except OSError as error:
            typer.echo(f"{file} cannot be read: {error.strerror}", err=True)
            raise typer.Exit(USAGE) from None


@contextmanager
def scanning(context: typer.Context) -> Iterator[Scan]:
    """Give the detectors to a block, which ends with a line when there are none, or when they cannot do it."""
    injected: Injected = context.obj
    if injected.scan is None:
        typer.echo("there is no detector here", err=True)
        raise typer.Exit(USAGE)
    try:
        yield injected.scan
    except RingfenceError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(USAGE) from None
