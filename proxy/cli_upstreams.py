"""`ringfence upstreams ...`: how the model servers stand, and whether what a file says of them is so."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from proxy.admin import tell_server
from proxy.errors import ConfigurationError, RingfenceError
from proxy.files.diagnostics import FileRefused
from proxy.policy.lint import Surroundings
from proxy.policy.load import load_policy
from proxy.policy.model import Trust
from proxy.settings import Settings
from proxy.tables import plain, table
from proxy.upstreams.checking import Checked, Said, check_all
from proxy.upstreams.client import Timeouts
from proxy.upstreams.profile import ABILITIES
from proxy.upstreams.reading import check_zones, load_registry
from proxy.upstreams.registry import Registry
from proxy.upstreams.report import ask_each

app = typer.Typer(add_completion=False, invoke_without_command=True, help="Show how the model servers stand.")

PROBLEMS = 1
LONGEST = 16
"""Of a name or a reason in the table: so a line stays readable in 100 columns."""
NUMBERS = frozenset({4, 5, 6, 8, 9})
"""Columns of the table that are numbers."""
CONNECT_S = 5.0
Json = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]


@app.callback()
def upstreams(
    context: typer.Context,
    models: Annotated[bool, typer.Option("--models", help="With each model, its context and what it can do.")] = False,
    json_: Json = False,
) -> None:
    """Show each model server: health, models, latency, errors, load. Of the last five minutes, from the server."""
    if context.invoked_subcommand is not None:
        return
    settings = Settings.load()
    rows, note = _standings(settings)
    if json_:
        typer.echo(json.dumps({"server": not note, "upstreams": rows}))
        return
    if note:
        typer.echo(note, err=True)
    typer.echo("\n".join(lines(rows, models=models)))


@app.command("check")
def check(
    file: Annotated[Path | None, typer.Argument(help="A file of upstreams; without one, the configured.")] = None,
    json_: Json = False,
) -> None:
    """Test a file of upstreams against the world and say what to fix. No content is sent. Exit code 1: problems."""
    settings = Settings.load()
    path = file or settings.upstreams
    try:
        made = configured(settings, path)
    except FileRefused as refused:
        if json_:
            faults = [asdict(each) for each in refused.diagnostics]
            typer.echo(json.dumps({"ok": False, "file": faults, "upstreams": []}))
        else:
            typer.echo(refused.said(), err=True, nl=False)
        raise typer.Exit(PROBLEMS) from None
    checked, more = asyncio.run(check_all(made.registry, timeouts(settings)))
    of_file = [*made.said, *more]
    ok = all(each.ok for each in checked) and all(each.grade != "problem" for each in of_file)
    if json_:
        found = [_plain(each) for each in checked]
        typer.echo(json.dumps({"ok": ok, "file": [asdict(each) for each in of_file], "upstreams": found}))
    else:
        typer.echo("\n".join(report(path, checked, of_file)))
    raise typer.Exit(0 if ok else PROBLEMS)


@dataclass(frozen=True, slots=True)
class Configured:
    """A file of upstreams, joined with the zones of the taxonomy."""

    registry: Registry
    zones: Mapping[str, bool]
    """Each with whether a vendor runs it, own ones first; empty where the policies cannot be loaded."""
    said: tuple[Said, ...] = ()
    """What is wrong with the policies."""


def configured(settings: Settings, path: Path) -> Configured:
    """Read a file of upstreams and join it with the taxonomy; raises FileRefused for what is wrong with the first.

    Policies that cannot be loaded are a problem; nothing is known of zones then, and none counts as one's own.
    """
    registry = load_registry(path)
    around = Surroundings(datetime.now(UTC).date(), zones_with_upstreams=registry.zones)
    try:
        policy, _ = load_policy(settings.policies, around)
    except ConfigurationError as error:
        said = Said("policies", "problem", f"{error.message}: zones are not known", "ringfence policy lint")
        return Configured(registry, {}, (said,))
    check_zones(registry, policy.zones)
    zones = {name: (zone.trust is Trust.VENDOR, zone.networks) for name, zone in policy.zones.items()}
    by_trust = sorted(zones, key=lambda name: zones[name][0])
    return Configured(registry.bind(zones), {name: zones[name][0] for name in by_trust})


def timeouts(settings: Settings) -> Timeouts:
    """Return how long a person at a terminal waits."""
    within = min(CONNECT_S, settings.upstream_connect_timeout_s)
    return Timeouts(within, min(CONNECT_S, settings.upstream_read_timeout_s))


def lines(rows: list[dict[str, Any]], *, models: bool = False) -> list[str]:
    """Lay the table out, one line an upstream, and under it its models if they are wanted."""
    priced = any(row.get("price") for row in rows)
    head = ["name", "zone", "kind", "health", "models", "first byte ms", "errors", "breaker", "busy", "weight"]
    cells = [head + ["price"] * priced, *(_cells(row, priced=priced) for row in rows)]
    head_line, *body = table(cells, NUMBERS, LONGEST)
    if not models:
        return [head_line, *body]
    found = [head_line]
    for line, row in zip(body, rows, strict=True):
        found.append(line)
        found += [f"  {one}" for one in table([_of_model(each) for each in row["models"]], longest=80)]
    return found


def report(path: Path, checked: list[Checked], of_file: list[Said]) -> list[str]:
    """Lay out what `check` found, one line a thing, and what to do about it under it."""
    found: list[str] = []
    for each in checked:
        at = each.upstream
        found.append(plain(f"{at.id}  {at.zone}  {at.kind}  {at.base_url}"))
        found += _said(each.said)
    if of_file:
        found += [plain(path.name), *_said(of_file)]
    bad = sum(not each.ok for each in checked)
    others = sum(each.grade == "problem" for each in of_file)
    notes = sum(said.grade == "note" for said in (*of_file, *(said for each in checked for said in each.said)))
    many = f"{len(checked)} upstream{'s' * (len(checked) != 1)}"
    wrong = [f"at {bad} of {many}"] * bool(bad) + [f"in {path.name} itself"] * bool(others)
    end = f"problems {' and '.join(wrong)}" if wrong else f"{many}, all fine"
    return [*found, plain(f"{end}; {notes} note{'s' * (notes != 1)}" if notes else end)]


def _said(said: tuple[Said, ...] | list[Said]) -> list[str]:
    shown: list[str] = []
    for each in said:
        shown.append(plain(f"  {each.grade:<7}  {each.what:<8}  {each.text}"))
        if each.fix:
            shown.append(plain(f"{'':<21}-> {each.fix}"))
    return shown


def _plain(checked: Checked) -> dict[str, Any]:
    at = checked.upstream
    said = [asdict(each) for each in checked.said]
    return {"name": at.id, "zone": at.zone, "kind": at.kind, "ok": checked.ok, "said": said}


def _standings(settings: Settings) -> tuple[list[dict[str, Any]], str]:
    """Return how the upstreams stand, and what has to be said of where that comes from."""
    trouble = "No server runs here"
    try:
        told = tell_server(settings, "upstreams.state")
    except RingfenceError as error:
        told, trouble = None, error.message.rstrip(".")
    if told is not None:
        return told["upstreams"], ""
    made = configured(settings, settings.upstreams)
    _, rows = asyncio.run(ask_each(made.registry, timeouts(settings)))
    more = "".join(f"; {each.text}" for each in made.said)
    return rows, f"{trouble}: each upstream was asked once, just now; errors and load are not known{more}."


def _cells(row: Mapping[str, Any], *, priced: bool) -> list[str]:
    took, asked = row.get("ttfb_ms"), row.get("asked_ms")
    requests, failures = row.get("requests", 0), row.get("failures", 0)
    first = f"{took['median']:.0f}/{took['p95']:.0f}" if took else "-" if asked is None else f"{asked:.0f}"
    health = "draining" if row.get("drain") else str(row.get("health", "unknown"))
    reason = str(row.get("reason") or "").replace("http_", "")
    return [
        str(row.get("name", "")),
        str(row.get("zone", "")),
        str(row.get("kind", "")),
        f"{health} {reason}".strip(),
        str(len(row.get("models", ()))),
        first,
        f"{failures}/{requests}" if requests else "-",
        str(row.get("breaker", "-")),
        f"{row['in_flight']}+{row['waiting']}" if "in_flight" in row else "-",
        str(row.get("weight", 1)),
        *([str(row.get("price") or "-")] if priced else []),
    ]


def _of_model(model: Mapping[str, Any]) -> list[str]:
    window, most = model.get("context_window"), model.get("max_output")
    context = "context unknown" if window is None else f"context {window:,}"
    context += f", answers to {most:,}" if most else ""
    can = [name for name in ABILITIES if model.get(name)]
    lacks = [f"no {name}" for name in ABILITIES if model.get(name) is False]
    price = [f"{model['price']} for a million tokens"] if "price" in model else []
    return [str(model["name"]), context, ", ".join([*can, *lacks]), *price]
