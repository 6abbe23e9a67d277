"""`ringfence costs`: what answers cost, from the audit log, and how budgets stand, from what servers counted."""

import asyncio
import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from audit.place import Postgres
from proxy.confidence.report import standings
from proxy.costs.log import Database as LogDatabase
from proxy.costs.log import Export as LogExport
from proxy.costs.log import Log, answered
from proxy.costs.pots import month_of
from proxy.costs.report import ALL_VENDOR, By, report
from proxy.costs.standing import Standing, added, in_log, missing, standing
from proxy.files.money import written
from proxy.place import audit_place, given_place
from proxy.policy.commands.common import Format, show
from proxy.policy.commands.logs import Db, Export, Since, moment, reading
from proxy.policy.lint import Surroundings
from proxy.policy.load import load_policy
from proxy.settings import Settings
from proxy.state.database import Database, state_place
from proxy.state.spending import LOG, Amounts, Spending
from proxy.upstreams.reading import load_registry

DEADLINE_S = 30.0
READER = "reader"
"""No server: it reads what all of them counted."""
Until = Annotated[str | None, typer.Option(help="the end of the time, the same way; now if not given")]
Lines = Annotated[str, typer.Option("--by", help="what has a line each: any of team, app, zone, model, by commas")]
WhatIf = Annotated[
    str,
    typer.Option("--what-if", help=f"what the same tokens would have cost: {ALL_VENDOR}, or in a zone; '' for neither"),
]
AsJson = Annotated[bool, typer.Option("--json", help="print it for a program, amounts exact to the billionth")]
Budgets = Annotated[bool, typer.Option("--budgets", help="how the budgets of the configured policies stand this month")]
LocalFirst = Annotated[
    bool, typer.Option("--local-first", help="how many answers of own servers, asked first, stood, and what that saved")
]
Recount = Annotated[
    bool, typer.Option("--recount", help="with --budgets: add what servers that were killed had not counted")
]


def costs(
    *,
    since: Since = None,
    until: Until = None,
    by: Lines = "team,app,zone",
    what_if: WhatIf = ALL_VENDOR,
    json: AsJson = False,
    db: Db = None,
    export: Export = None,
    local_first: LocalFirst = False,
    budgets: Budgets = False,
    recount: Recount = False,
) -> None:
    """Say what answers cost, by the tokens that they reported and the prices of their time.

    Nothing is guessed: answers that reported no tokens, or whose model has no price, are counted and in no sum.
    """
    if db and export:
        raise typer.BadParameter("give a database or an export, not both", param_hint="--export")
    if recount and not budgets:
        raise typer.BadParameter("what is counted is that of budgets: say --budgets as well", param_hint="--recount")
    if local_first and budgets:
        raise typer.BadParameter("ask for one after the other", param_hint="--local-first")
    if budgets and (since or until or export):
        raise typer.BadParameter("budgets are of this month, and of a running log", param_hint="--budgets")
    printed = Format.JSON if json else Format.TEXT
    start, end, lines = moment(since), moment(until, "--until"), _lines(by)
    with reading():
        if budgets:
            stand = _standing(_opened(db, None) if recount else None)
            show(stand.text(), stand.as_json(), printed)
            return
        log = _opened(db, export)
        if local_first:
            stood = standings(log, start, end)
            show(stood.text(), stood.as_json(), printed)
            return
        found = report(log, answered(log, start, end), lines, what_if)
    show(found.text(), found.as_json(), printed)


def _opened(db: str | None, export: Path | None) -> Log:
    return LogExport(export) if export else LogDatabase(given_place(db) if db else audit_place(Settings.load()))


def _lines(by: str) -> tuple[By, ...]:
    try:
        return tuple(dict.fromkeys(By(name) for name in by.split(",")))
    except ValueError:
        raise typer.BadParameter(f"expected any of {', '.join(By)}", param_hint="--by") from None


def _standing(recounted: Log | None) -> Standing:
    """Read how the configured budgets stand; with a log, correct first what was counted by what that says."""
    settings, now = Settings.load(), dt.datetime.now(dt.UTC)
    policy, _ = load_policy(settings.policies, Surroundings(now.date()))
    prices = load_registry(settings.upstreams).estate.prices
    amounts = asyncio.run(_counted(settings, month_of(now), recounted))
    return standing(policy.bundle.budgets, amounts, month_of(now), prices.currency)


async def _counted(settings: Settings, month: str, recounted: Log | None) -> Amounts:
    place = state_place(settings)
    if not isinstance(place, Postgres) and not place.is_file():
        return {}
    database = Database.open(place, DEADLINE_S)
    try:
        if recounted is not None:
            own = Spending(database, LOG)
            counted = await own.others(month)
            more = missing(counted, in_log(recounted, month))
            await own.put(month, more)
            total = added(more.values())
            typer.echo(f"{total.answers:,} answers for {written(total.nanos, 4)} had not been counted", err=True)
        return await Spending(database, READER).others(month)
    finally:
        database.close()
