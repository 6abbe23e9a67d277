"""`ringfence policy diff`."""

from typing import Annotated

import typer

from proxy.errors import ConfigurationError
from proxy.files.diagnostics import Problems
from proxy.policy import render_diff
from proxy.policy.commands.common import FINDINGS, USAGE, Day, Format, Printed, configured, day, loaded, show
from proxy.policy.diff import compare
from proxy.policy.lint import Surroundings
from proxy.policy.load import check_files
from proxy.policy.model import Bundle
from proxy.policy.revisions import read_files

_WHERE = "a directory, REV:path, or REV for the configured directory at that git revision"
Old = Annotated[str, typer.Argument(help=f"The bundle before: {_WHERE}.")]
New = Annotated[str | None, typer.Argument(help="The bundle after, the same way; the configured one if not given.")]


def diff(old: Old, new: New = None, on: Day = None, printed: Printed = Format.TEXT) -> None:
    """Compare what two bundles decide, from a day on; exit 1 unless it is proved that nothing is looser."""
    since = Surroundings(day(on))
    before, after = (_bundle(given, since) for given in (old, new or str(configured())))
    comparison = compare(before, after, since.today)
    show(render_diff.text(comparison), render_diff.as_json(comparison), printed)
    if not comparison.proved:
        raise typer.Exit(FINDINGS)


def _bundle(given: str, around: Surroundings) -> Bundle:
    """Load a bundle for itself: neither detectors nor upstreams of today say anything about an old one."""
    problems = Problems()
    try:
        data = read_files(given, configured, problems)
    except ConfigurationError as error:
        typer.echo(f"{given}: {error.message}", err=True)
        raise typer.Exit(USAGE) from None
    found = check_files(data, around, problems)
    if found.bundle is None:
        typer.echo(f"{given} does not load:", err=True)
    return loaded(found)
