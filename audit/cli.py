"""`ringfence audit ...`: verify a log offline, and follow it. Both open it read-only."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from audit.access import Filters, ReadRecord, Records
from audit.errors import AuditError
from audit.verifier import KeptReceipt, Report, verify

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Verify and read the audit log.")
record_hook: Callable[[str, dict[str, Any]], None] | None = None
"""Set by the program that mounts these commands: called when its own log was verified, with `audit.verified` and its
body without the `actor`, which it adds before it appends the record."""

FOUND, UNREADABLE = 1, 2
FOLLOW_S = 0.5
SHOWN = 20

Db = Annotated[
    str | None, typer.Option("--db", help="A SQLite file, or sqlite:///FILE. Default: $RINGFENCE_HOME/audit.db")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line instead of text.")]


@app.command("verify")
def verify_command(
    file: Annotated[str | None, typer.Argument(help="The log, as with --db.")] = None,
    db: Db = None,
    json: Json = False,
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
    show = not json and sys.stderr.isatty()
    db = db or file
    path = _path(db)
    try:
        report = verify(path, receipts=receipts, progress=_progress if show else None)
    except AuditError as error:
        typer.echo(f"{path}: {error}", err=True)
        raise typer.Exit(UNREADABLE) from None
    if show:
        typer.echo("\r\x1b[K", nl=False, err=True)
    typer.echo(orjson.dumps({"ok": report.ok, **asdict(report)}).decode() if json else _text(path, report))
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
    path = _path(db)
    records = Records(path)
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
        typer.echo(f"{path}: {error}", err=True)
        raise typer.Exit(UNREADABLE) from None
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def _path(db: str | None) -> Path:
    if db is None:
        return _there(Path(os.environ.get("RINGFENCE_HOME") or Path.home() / ".ringfence") / "audit.db")
    if "://" in db and not db.startswith("sqlite:///"):
        typer.echo("only SQLite logs can be read: a file, or sqlite:///FILE", err=True)
        raise typer.Exit(UNREADABLE)
    return _there(Path(db.removeprefix("sqlite:///")))


def _there(path: Path) -> Path:
    if not path.is_file():
        typer.echo(f"there is no log at {path}", err=True)
        raise typer.Exit(UNREADABLE)
    return path


def _progress(done: int, total: int) -> None:
    typer.echo(f"\r{done:,} of {total:,} records ({done * 100 // max(total, 1)} %)", nl=False, err=True)


def _text(path: Path, report: Report) -> str:
    lines = [
        f"log        {report.log_id} of {report.origin or '(unknown origin)'}, {path}",
        f"records    {report.checked:,} checked; the head names {report.size:,}",
        f"time       {report.first_ts or '-'} to {report.last_ts or '-'}",
        f"head       {report.head}",
        f"receipts   {report.receipts}",
        f"grade      {report.grade}",
    ]
    lines += [
        f"{finding.code:16} {'log' if finding.seq is None else finding.seq}: {finding.what}"
        for finding in report.findings
    ]
    if report.findings_total > len(report.findings):
        lines.append(f"... and {report.findings_total - len(report.findings):,} more findings")
    if report.ok:
        lines.append("Every record, link, column and label agrees with every other. This grade does not prove")
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
