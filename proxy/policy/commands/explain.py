"""`ringfence policy explain`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from proxy.files.diagnostics import did_you_mean, shown
from proxy.policy.account import Account, account_of
from proxy.policy.answering import decided
from proxy.policy.commands.common import (
    FINDINGS,
    Day,
    Directory,
    Format,
    Injected,
    Printed,
    checked,
    day,
    loaded,
    show,
)
from proxy.policy.commands.logs import Db, opened, reading
from proxy.policy.commands.scans import scanned
from proxy.policy.decide import decide
from proxy.policy.explain import explain as explain_decision
from proxy.policy.labels import Scanned, to_grid
from proxy.policy.model import Call, Identity
from proxy.policy.parse_tests import UNLISTED
from proxy.policy.policy import Policy
from proxy.policy.replay import Log
from proxy.policy.vocabulary import ENDPOINTS

Name = str | None
Text = Annotated[Name, typer.Option("--text", help="a text to scan; - reads standard input")]
Request = Annotated[Name, typer.Option("--request", help="the body of a chat request to scan; - reads standard input")]
Source = Annotated[Name, typer.Option("--from", help="explain an answer from this zone, in which that was found")]
Record = Annotated[Name, typer.Option("--record", help="the id of a recorded decision, under the bundle that made it")]


def explain(
    context: typer.Context,
    directory: Directory = None,
    *,
    team: Annotated[str, typer.Option(help="the caller's team")] = UNLISTED,
    application: Annotated[str, typer.Option("--app", help="the caller's app")] = UNLISTED,
    key: Annotated[str, typer.Option(help="the id of the caller's key")] = UNLISTED,
    endpoint: Annotated[str, typer.Option(help=", ".join(sorted(ENDPOINTS)))] = "chat",
    model: Annotated[Name, typer.Option(help="the requested model; that of the --request if not given")] = None,
    finding: Annotated[list[str] | None, typer.Option(help="TYPE=SCORE, once per distinct value")] = None,
    source: Source = None,
    budget: Annotated[
        list[str] | None, typer.Option(help="the id of a budget that is used up; may be repeated")
    ] = None,
    text: Text = None,
    request: Request = None,
    record: Record = None,
    db: Db = None,
    on: Day = None,
    printed: Printed = Format.TEXT,
) -> None:
    """Show which zones are struck, by what, and what is decided: for a hypothetical, a text, a request or a record.

    With --from, whether an answer passes, and which rules on answers say so.
    """
    if sum(map(bool, (finding, text, request, record))) > 1:
        raise typer.BadParameter("give one of --finding, --text, --request and --record")
    if source and request:
        raise typer.BadParameter("a request is no answer", param_hint="--from")
    if source and budget:
        raise typer.BadParameter("no budget decides whether an answer passes", param_hint="--budget")
    if record:
        if directory or on or model or source or budget or (team, application, key) != (UNLISTED,) * 3:
            raise typer.BadParameter(
                "a record says who asked for what, when, and of which bundle", param_hint="--record"
            )
        found = _recorded(record, opened(context, db, None))
    elif db:
        raise typer.BadParameter("a log is read for a --record", param_hint="--db")
    else:
        moment, given = day(on), _findings(finding or [])
        _known(endpoint, ENDPOINTS, "there is no such endpoint", "--endpoint")
        policy, who = _policy(context, directory), Identity(team, application, key)
        for entity in given:
            _known(entity, policy.index.types, f"no class has the type {shown(entity)}", "--finding")
        for name in budget or ():
            _known(name, policy.index.budgets, f"there is no budget {shown(name)}", "--budget")
        file = text or request
        seen = scanned(context, file, request=request is not None) if file else Scanned({}, ())
        call = Call(endpoint, model or seen.model or UNLISTED, model or seen.resolved or UNLISTED)
        if source:
            _known(source, policy.zones, f"there is no zone {shown(source)}", "--from")
            made = decided(policy, who, call, source, given or seen.findings, moment)
        else:
            made = decide(policy, who, call, given or seen.findings, moment, budget or ())
        found = Account(who, call, seen, explain_decision(policy, made))
    show(found.text(), found.as_json(), printed)


def _policy(context: typer.Context, directory: Path | None) -> Policy:
    found = checked(context, directory)
    injected: Injected = context.obj
    return Policy.of(loaded(found), dict(found.files), injected.zones())


def _recorded(record: str, log: Log) -> Account:
    """Account for a record, or end with why that cannot be done."""
    with reading():
        item = log.decision(record)
        found = account_of(log, item) if item else "there is no decision with this id"
    if isinstance(found, str):
        typer.echo(f"{record} cannot be explained: {found}", err=True)
        raise typer.Exit(FINDINGS)
    return found


def _known(name: str, known: Iterable[str], what: str, option: str) -> None:
    """End with a hint, where a decision would take a slip for something new, and look right."""
    if name not in known:
        hint = did_you_mean(name, known)
        raise typer.BadParameter(f"{what}{f'; {hint}' if hint else ''}", param_hint=option)


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
