"""`ringfence policy ...`: lint, test, verify and explain a directory of policies.

Exit codes: 0 fine, 1 findings, 2 usage, 3 does not load, 4 tests failed. The clock is read here and nowhere else in
this package; detectors and upstreams come as functions that the command line's root injects.
"""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from proxy.errors import ConfigurationError
from proxy.policy import render
from proxy.policy.decide import decide
from proxy.policy.explain import explain as explain_decision
from proxy.policy.labels import to_grid
from proxy.policy.lint import TOLERATED, Surroundings
from proxy.policy.load import Checked, check
from proxy.policy.model import Bundle, Call, Identity
from proxy.policy.parse_tests import UNLISTED
from proxy.policy.policy import Policy
from proxy.settings import Settings

FINDINGS, USAGE, NOT_LOADED, TESTS_FAILED = 1, 2, 3, 4

detector_types: Callable[[], tuple[frozenset[str], Mapping[str, float]]] | None = None
"""Injected: the types that detectors emit and the scores below which they discard. None: not checked."""
upstream_zones: Callable[[], frozenset[str]] | None = None
"""Injected: the zones that have an upstream. None: every zone counts as served."""

app = typer.Typer(help="Lint, test, prove and explain policies.", no_args_is_help=True, add_completion=False)


class Format(StrEnum):
    """How to print."""

    TEXT = "text"
    JSON = "json"


Directory = Annotated[Path | None, typer.Argument(help="Policy directory; the configured one if not given.")]
Printed = Annotated[Format, typer.Option("--format", help="text or json")]


@app.command()
def lint(directory: Directory = None, printed: Printed = Format.TEXT) -> None:
    """Report everything that the loader would refuse, and what deserves a look."""
    checked = _check(directory)
    _print(
        render.diagnostics_text(checked.diagnostics, dict(checked.files)) or "no findings",
        render.diagnostics_json(checked.diagnostics),
        printed,
    )
    errors = {found.code for found in checked.diagnostics if found.severity == "error"}
    if errors:
        raise typer.Exit(TESTS_FAILED if errors == {"test-failed"} else FINDINGS)


@app.command("test")
def run(directory: Directory = None, printed: Printed = Format.TEXT) -> None:
    """Run the inline tests, and say which rules they see matching and not matching."""
    checked = _check(directory)
    _bundle(checked)
    assert checked.tests is not None  # noqa: S101  # a bundle has been tested
    _print(render.tests_text(checked.tests), render.tests_json(checked.tests), printed)
    if checked.tests.failed:
        raise typer.Exit(TESTS_FAILED)


@app.command()
def verify(directory: Directory = None, printed: Printed = Format.TEXT) -> None:
    """Prove or refute every claim, and say what each proof rests on."""
    checked = _check(directory)
    _bundle(checked)
    _print(render.proofs_text(checked.proofs), render.proofs_json(checked.proofs), printed)
    if not all(proof.holds for proof in checked.proofs):
        raise typer.Exit(FINDINGS)


@app.command()
def explain(
    directory: Directory = None,
    *,
    team: str = UNLISTED,
    application: Annotated[str, typer.Option("--app")] = UNLISTED,
    key: str = UNLISTED,
    endpoint: str = "chat",
    model: str = UNLISTED,
    finding: Annotated[list[str] | None, typer.Option(help="TYPE=SCORE, once per distinct value")] = None,
    on: Annotated[str | None, typer.Option(help="the day as YYYY-MM-DD; today if not given")] = None,
    printed: Printed = Format.TEXT,
) -> None:
    """Show for a hypothetical request which zones are struck, by what, and what is decided."""
    findings = _findings(finding or [])
    try:
        day = dt.date.fromisoformat(on) if on else _today()
    except ValueError:
        raise typer.BadParameter("expected a day as YYYY-MM-DD", param_hint="--on") from None
    checked = _check(directory)
    live = upstream_zones() if upstream_zones else None
    policy = Policy.of(_bundle(checked), dict(checked.files), live)
    decision = decide(policy, Identity(team, application, key), Call(endpoint, model, model), findings, day)
    explanation = explain_decision(policy, decision)
    _print(explanation.text(), explanation.as_json(), printed)


def _findings(given: list[str]) -> dict[str, list[int]]:
    findings: dict[str, list[int]] = {}
    for item in given:
        entity, sign, score = item.partition("=")
        try:
            value = float(score)
        except ValueError:
            value = -1.0
        if not entity or not sign or not 0.0 <= value <= 1.0:
            raise typer.BadParameter("expected TYPE=SCORE with a score from 0 to 1", param_hint="--finding")
        findings.setdefault(entity, []).append(to_grid(value))
    return findings


def _check(directory: Path | None) -> Checked:
    try:
        folder = directory or Settings.load().policies
    except ConfigurationError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(USAGE) from None
    types, cuts = detector_types() if detector_types else (None, {})
    return check(folder, Surroundings(_today(), types, cuts, upstream_zones() if upstream_zones else None))


def _bundle(checked: Checked) -> Bundle:
    if checked.bundle is None:
        stopping = [item for item in checked.diagnostics if item.severity == "error" and item.code not in TOLERATED]
        typer.echo(render.diagnostics_text(stopping, dict(checked.files)), err=True)
        raise typer.Exit(NOT_LOADED)
    return checked.bundle


def _print(text: str, value: object, printed: Format) -> None:
    typer.echo(text if printed is Format.TEXT else json.dumps(value, indent=2))


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()
