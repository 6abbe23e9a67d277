"""`ringfence policy lint`."""

from enum import StrEnum
from typing import Annotated

import typer

from proxy.files.diagnostics import did_you_mean
from proxy.policy import render
from proxy.policy.codes import page, pages
from proxy.policy.commands.common import (
    FINDINGS,
    TESTS_FAILED,
    USAGE,
    Directory,
    checked,
    from_here,
    show,
)
from proxy.policy.render_sarif import sarif

Code = Annotated[str | None, typer.Option("--explain", metavar="CODE", help="print the page of a code, and stop")]


class Format(StrEnum):
    """How lint can print."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


Printed = Annotated[Format, typer.Option("--format", help="text, json, or sarif for systems that show findings")]


def lint(
    context: typer.Context, directory: Directory = None, explain: Code = None, printed: Printed = Format.TEXT
) -> None:
    """Report everything that the loader would refuse, and what deserves a look."""
    if explain is not None:
        if printed is Format.SARIF:
            raise typer.BadParameter("a page is printed as text or json", param_hint="--format")
        if explain not in pages():
            hint = did_you_mean(explain, pages())
            typer.echo(f"there is no such code{f'; {hint}' if hint else ''}", err=True)
            raise typer.Exit(USAGE)
        show(page(explain).rstrip("\n"), {"code": explain, "page": page(explain)}, printed)
        return
    found = checked(context, directory)
    text = render.diagnostics_text(found.diagnostics, dict(found.files)) or "no findings"
    as_sarif = printed is Format.SARIF
    plain = sarif(found.diagnostics, from_here(directory)) if as_sarif else render.diagnostics_json(found.diagnostics)
    show(text, plain, printed)
    errors = {item.code for item in found.diagnostics if item.severity == "error"}
    if errors:
        raise typer.Exit(TESTS_FAILED if errors == {"test-failed"} else FINDINGS)
