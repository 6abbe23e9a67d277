"""`ringfence doctor`: what is wrong with this installation, and what to do."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from proxy.doctor import examine
from proxy.settings import Settings
from proxy.tables import plain

MEND = 1


def doctor(
    unreachable: Annotated[
        list[str] | None,
        typer.Option(help="HOST:PORT that this machine should not reach, such as a vendor from a model server's."),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="JSON instead of text.")] = False,
) -> None:
    """Examine this installation and say what to mend. Exit code 1: something is to be mended."""
    found = []
    for finding in examine(Settings.load(), unreachable or ()):
        found.append(finding)
        if not json_:
            typer.echo(plain(f"{finding.state:<5} {finding.part:<14} {finding.said}"))
            if finding.mend:
                typer.echo(plain(f"{'':20} -> {finding.mend}"))
    if json_:
        typer.echo(json.dumps([asdict(finding) for finding in found]))
    raise typer.Exit(MEND if any(finding.state == "mend" for finding in found) else 0)
