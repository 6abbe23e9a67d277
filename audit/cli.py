"""`ringfence audit ...`: verify a log offline, and follow it, both read-only; create or upgrade its schema."""

import os
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from audit import cli_signing
from audit.access import Filters, ReadRecord, Records
from audit.errors import AuditError, AuditUnavailable
from audit.migrate import migrate_postgres, migrate_sqlite
from audit.opening import FileLock
from audit.place import Place, Postgres, place_of
from audit.report import Report
from audit.source_postgres import open_source
from audit.trust import MalformedTrust, Trust
from audit.verifier import KeptReceipt, verify_source
from audit.witness.cli import witness

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Verify and read the audit log.")
app.add_typer(cli_signing.keys, name="keys")
app.command("acknowledge")(cli_signing.acknowledge)
app.command("witness")(witness)
record_hook: Callable[[str, dict[str, Any]], None] | None = None
"""Set by the program that mounts these commands: called when its own log was verified, with `audit.verified` and its
body without the `actor`, which it adds before it appends the record."""

own_place: Callable[[], Place] | None = None
"""Set by the same program: where its own log is kept."""

FOUND, UNREADABLE = 1, 2
FOLLOW_S = 0.5
SHOWN = 20

Db = Annotated[
    str | None,
    typer.Option(
        "--db",
        help="A SQLite file, or postgresql://HOST/DATABASE. Default: $RINGFENCE_AUDIT_URL, or audit.db in the home.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line instead of text.")]


@app.command("verify")
def verify_command(
    file: Annotated[str | None, typer.Argument(help="The log, as with --db.")] = None,
    db: Db = None,
    json: Json = False,
    trust: Annotated[
        list[Path] | None,
        typer.Option(
            "--trust",
            help="A file from outside the log: keys and witnesses (C2SP tlog-policy), or checkpoints that you kept; "
            "repeatable. Never one that the log's operator gave you for this.",
        ),
    ] = None,
    receipt: Annotated[
        list[str] | None,
        typer.Option(
            "--receipt", help="SEQ:LINK from the response headers x-ringfence-audit-seq and -link; repeatable."
        ),
    ] = None,
) -> None:
    """Recompute every hash, column and label of a log. Exit code 0: nothing found, 1: findings, 2: cannot be read."""
    try:
        receipts = [KeptReceipt.parse(text) for text in receipt or []]
    except ValueError:
        typer.echo("a receipt has the form SEQ:LINK, a number and 64 hexadecimal digits", err=True)
        raise typer.Exit(UNREADABLE) from None
    outside = _trust(trust or [])
    show = not json and sys.stderr.isatty()
    db = db or file
    place = _there(db)
    try:
        with closing(open_source(place)) as source:
            report = verify_source(source, receipts=receipts, trust=outside, progress=_progress if show else None)
    except AuditError as error:
        typer.echo(f"{place}: {error}", err=True)
        raise typer.Exit(UNREADABLE) from None
    if show:
        typer.echo("\r\x1b[K", nl=False, err=True)
    typer.echo(orjson.dumps({"ok": report.ok, **asdict(report)}).decode() if json else _text(place, report))
    if record_hook is not None and db is None:
        record_hook("audit.verified", _verified(report))
    raise typer.Exit(0 if report.ok else FOUND)


@app.command("tail")
def tail_command(
    db: Db = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for more.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, max=1000)] = SHOWN,
    json: Json = False,
) -> None:
    """Print the last records, one a line."""
    place = _there(db)
    records = Records(place)
    try:
        shown = records.last(lines) if lines else ()
        after = shown[-1].seq if shown else max((record.seq for record in records.last(1)), default=-1)
        for record in shown:
            typer.echo(_line(record, json))
        while follow:
            page = records.page(Filters(), after=after)
            for record in page.records:
                typer.echo(_line(record, json))
                after = record.seq
            if page.next is None:
                time.sleep(FOLLOW_S)
    except AuditError as error:
        typer.echo(f"{place}: {error}", err=True)
        raise typer.Exit(UNREADABLE) from None
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


@app.command("migrate")
def migrate_command(db: Db = None) -> None:
    """Create the schema of a log, or upgrade it. On PostgreSQL, run it as a user who may create schemas and roles."""
    place = _place(db)
    try:
        if isinstance(place, Postgres):
            for said in migrate_postgres(place):
                typer.echo(said, err=True)
        else:
            _migrate_file(place)
    except AuditError as error:
        typer.echo(f"{place}: {error}" if isinstance(error, AuditUnavailable) else str(error), err=True)
        raise typer.Exit(UNREADABLE) from None
    typer.echo(f"{place} has the schema of this version")


def _migrate_file(path: Path) -> None:
    lock = FileLock(path.with_name(path.name + ".lock"))
    try:
        migrate_sqlite(path)
    finally:
        lock.release()


def _trust(paths: list[Path]) -> Trust:
    files: list[bytes] = []
    for path in paths:
        try:
            files.append(path.read_bytes())
            Trust.read(files)
        except OSError:
            typer.echo(f"{path} cannot be read", err=True)
            raise typer.Exit(UNREADABLE) from None
        except MalformedTrust as error:
            typer.echo(f"{path}:{error.line}: {error.what}", err=True)
            raise typer.Exit(UNREADABLE) from None
    return Trust.read(files)


def _place(db: str | None) -> Place:
    if db is None and own_place is not None:
        return own_place()
    home = Path(os.environ.get("RINGFENCE_HOME") or Path.home() / ".ringfence")
    try:
        return place_of(db or os.environ.get("RINGFENCE_AUDIT_URL") or str(home / "audit.db"))
    except AuditError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(UNREADABLE) from None


def _there(db: str | None) -> Place:
    place = _place(db)
    if isinstance(place, Path) and not place.is_file():
        typer.echo(f"there is no log at {place}", err=True)
        raise typer.Exit(UNREADABLE)
    return place


def _progress(done: int, total: int) -> None:
    typer.echo(f"\r{done:,} of {total:,} records ({done * 100 // max(total, 1)} %)", nl=False, err=True)


def _text(place: Place, report: Report) -> str:
    behind = report.size - report.signed
    lines = [
        f"log        {report.log_id} of {report.origin or '(unknown origin)'}, {place}",
        f"records    {report.checked:,} checked; the head names {report.size:,}",
        f"time       {report.first_ts or '-'} to {report.last_ts or '-'}",
        f"head       {report.head}",
        f"receipts   {report.receipts}",
        f"signed     {report.signed:,} records, by {report.checkpoints:,} checkpoints; behind them {behind:,}",
        f"outside    {report.anchored:,} records are under a head from outside, {report.witnessed:,} under witnesses",
        f"grade      {report.grade}",
    ]
    lines += [f"dark       no record from {dark.since} to {dark.until}, before {dark.seq}" for dark in report.dark]
    if report.dark_total > len(report.dark):
        lines.append(f"dark       ... and {report.dark_total - len(report.dark):,} more times without a record")
    lines += [
        f"{finding.code:16} {'log' if finding.seq is None else finding.seq}: {finding.what}"
        for finding in report.findings
    ]
    for fork in report.forks:
        lines += [
            "proof of a fork, the head from outside and the log's own:",
            fork.outside,
            fork.own or "(none stored)",
        ]
    if report.findings_total > len(report.findings):
        lines.append(f"... and {report.findings_total - len(report.findings):,} more findings")
    if report.ok:
        lines.append("Every record, link, column and label agrees with every other. This does not prove")
        lines += [f"  - {what}" for what in report.unproven]
    return "\n".join(lines)


def _verified(report: Report) -> dict[str, Any]:
    return {
        "grade": report.grade,
        "size": report.size,
        "findings": report.findings_total,
        "head": report.head,
        "receipts": report.receipts,
    }


def _line(record: ReadRecord, json: bool) -> str:
    if json:
        return orjson.dumps(asdict(record)).decode()
    body = record.body
    words = [str(body.get("decision", "")), str(body.get("zone", "")), str(body.get("status", ""))]
    words += [rule["id"] for rule in body.get("rules", [])]
    words += [f"{found['c']}:{found['count']}" for found in body.get("classes", [])]
    actor = body.get("actor", {})
    who = f"{actor.get('team', '-')}/{actor.get('app', '-')}" if actor else ""
    return " ".join(word for word in (str(record.seq), body["ts"], body["kind"], who, *words) if word)
