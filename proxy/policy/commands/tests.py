"""`ringfence policy test`."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from proxy.policy import render
from proxy.policy.commands.common import TESTS_FAILED, Directory, checked, from_here, loaded, refused, show
from proxy.policy.commands.scans import scanning
from proxy.policy.model import Bundle
from proxy.policy.outside import read_tests
from proxy.policy.render_junit import junit
from proxy.policy.testing import TestReport, run_tests


class Format(StrEnum):
    """How test can print."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"


Printed = Annotated[Format, typer.Option("--format", help="text, json, or junit for build systems")]
MinCoverage = Annotated[
    int | None, typer.Option(min=0, max=100, help="percentage of rules that tests must see matching and not matching")
]
Tests = Annotated[
    list[Path] | None,
    typer.Option("--tests", exists=True, help="tests from elsewhere, too: a file of them, or a folder of such files"),
]
Detect = Annotated[
    bool, typer.Option("--detect", help="scan texts and requests with the detectors, and test those, too")
]


def run(
    context: typer.Context,
    directory: Directory = None,
    *,
    tests: Tests = None,
    detect: Detect = False,
    min_coverage: MinCoverage = None,
    printed: Printed = Format.TEXT,
) -> None:
    """Run the tests, and say which rules they see matching and not matching."""
    bundle = _with(tests or [], loaded(checked(context, directory)))
    report = _report(context, bundle, detect=detect)
    if printed is Format.JUNIT:
        typer.echo(junit(report, from_here(directory)))
    else:
        show(render.tests_text(report), render.tests_json(report), printed)
    untested = min_coverage is not None and report.coverage < min_coverage
    if untested:
        typer.echo(f"{render.unseen_text(report, bundle.every_rule)}\n{min_coverage} % wanted", err=True)
    if report.failed or untested:
        raise typer.Exit(TESTS_FAILED)


def _with(paths: list[Path], bundle: Bundle) -> Bundle:
    """Return the bundle with tests from elsewhere, or end with what is wrong with their files."""
    outside = read_tests({_name(path): path for path in paths}, bundle)
    if outside.diagnostics:
        raise refused(outside.diagnostics, outside.files)
    return replace(bundle, tests=(*bundle.tests, *outside.tests))


def _name(path: Path) -> str:
    """Return the path from here, with a folder in it even if that is this one: the bundle's own files have none."""
    name = str(from_here(path))
    return name if "/" in name or path.is_dir() else f"./{name}"


def _report(context: typer.Context, bundle: Bundle, *, detect: bool) -> TestReport:
    if not detect:
        return run_tests(bundle)
    with scanning(context) as scan:
        return run_tests(bundle, scan)
