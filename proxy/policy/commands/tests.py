"""`ringfence policy test`."""

from enum import StrEnum
from typing import Annotated

import typer

from proxy.policy import render
from proxy.policy.commands.common import TESTS_FAILED, Directory, checked, from_here, loaded, show
from proxy.policy.render_junit import junit


class Format(StrEnum):
    """How test can print."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"


Printed = Annotated[Format, typer.Option("--format", help="text, json, or junit for build systems")]
MinCoverage = Annotated[
    int | None, typer.Option(min=0, max=100, help="percentage of rules that tests must see matching and not matching")
]


def run(
    context: typer.Context,
    directory: Directory = None,
    min_coverage: MinCoverage = None,
    printed: Printed = Format.TEXT,
) -> None:
    """Run the inline tests, and say which rules they see matching and not matching."""
    found = checked(context, directory)
    bundle, report = loaded(found), found.tests
    assert report is not None  # noqa: S101  # a bundle has been tested
    if printed is Format.JUNIT:
        typer.echo(junit(report, from_here(directory)))
    else:
        show(render.tests_text(report), render.tests_json(report), printed)
    untested = min_coverage is not None and report.coverage < min_coverage
    if untested:
        typer.echo(f"{render.unseen_text(report, bundle.rules)}\n{min_coverage} % wanted", err=True)
    if report.failed or untested:
        raise typer.Exit(TESTS_FAILED)
