"""`ringfence audit ...`: verify, export and follow a log, all read-only; create or upgrade its schema."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from audit import cli_signing
from audit.access import Filters, ReadRecord, Records
from audit.errors import AuditError, AuditUnavailable
from audit.opening import FileLock
from audit.place import Place, Postgres, place_of
from audit.sources.export import Exported, export
from audit.sources.postgres import open_source
from audit.status import lines, look
from audit.stores.migrate import migrate_postgres, migrate_sqlite
from audit.verification.report import Report
from audit.verification.trust import MalformedTrust, Trust
from audit.verification.verifier import KeptReceipt, verify_source
from audit.witness.cli import witness

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Verify and read the audit log.")
app.add_typer(cli_signing.keys, name="keys")
app.command("acknowledge")(cli_signing.acknowledge)
app.command("witness")(witness)
record_hook: Callable[[str, dict[str, Any]], str | None] | None = None
"""Set by the program that mounts these commands: called when its own log was verified or exported, with the kind and
the body of the record, without the `actor`, which it adds. Returns why no record could be made; None when one was."""

sign_hook: Callable[[], bool] | None = None
"""Set by the same program: asks for a checkpoint of its own log; False where no server runs that could have one."""

own_place: Callable[[], Place] | None = None
"""Set by the same program: where its own log is kept."""

own_state: Callable[[], tuple[dict[str, Any] | None, str | None]] | None = None
"""Set by the same program: what its server says of its log, if it runs, or why it does not answer."""

also_migrate: Callable[[Postgres], None] | None = None
"""Set by the same program: creates or upgrades what it keeps beside a log in a database."""

FOUND, UNREADABLE = 1, 2
FOLLOW_S = 0.5
SIGNED_WITHIN_S = 15.0
SHOWN = 20
BAR = 40

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
    file: Annotated[str | None, typer.Argument(help="The log, as with --db, or the directory of an export.")] = None,
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
    db = db or file
    place = _there(db)
    try:
        with closing(open_source(place)) as source, _progress(json) as progress:
            report = verify_source(source, receipts=receipts, trust=outside, progress=progress)
    except AuditError as error:
        raise _unreadable(place, error) from None
    typer.echo(orjson.dumps({"ok": report.ok, **asdict(report)}).decode() if json else _text(place, report))
    if record_hook is not None and db is None:
        record_hook("audit.verified", _verified(report))
    raise typer.Exit(0 if report.ok else FOUND)


@app.command("export")
def export_command(
    out: Annotated[Path, typer.Option("--out", help="A directory that is not there yet.")],
    db: Db = None,
    json: Json = False,
) -> None:
    """Write the log up to its newest checkpoint into plain files; `audit verify DIRECTORY` judges them as the log."""
    place = _there(db)
    told: list[str | None] = []

    def recorded(made: Exported) -> None:
        if record_hook is None or db is not None:
            told.append("it is not the log of this home")
        else:
            told.append(record_hook("audit.exported", made.record()))

    try:
        if db is None and sign_hook is not None and sign_hook():
            _until_signed(place)
        with closing(open_source(place)) as source, _progress(json) as progress:
            made = export(source, out, recorded, progress)
    except AuditError as error:
        raise _unreadable(place, error) from None
    except OSError as error:
        typer.echo(f"{out} cannot be written: {error.strerror}", err=True)
        raise typer.Exit(UNREADABLE) from None
    if json:
        typer.echo(orjson.dumps({**asdict(made), "recorded": told == [None]}).decode())
        return
    typer.echo(f"{out}: {made.rows:,} records, {made.checkpoints:,} checkpoints, {made.texts:,} texts")
    typer.echo(f"{made.sha256}  records.jsonl")
    if made.behind:
        typer.echo(f"left out: {made.behind:,} records behind the newest checkpoint")
    if told != [None]:
        typer.echo(f"the log has no record of this export: {told[0]}", err=True)


def _until_signed(place: Place) -> None:
    """Wait until what is in the log now is under a checkpoint; for no longer than a signer takes that runs."""
    with closing(open_source(place)) as source:
        size, until = source.claim().size, time.monotonic() + SIGNED_WITHIN_S
        while source.claim().newest < size and time.monotonic() < until:
            time.sleep(FOLLOW_S)


@app.command("status")
def status_command(db: Db = None, json: Json = False) -> None:
    """Say how a log is doing. Exit code 0: all is well, 1: a person has to look, 2: it cannot be read."""
    place = _there(db)
    server, trouble = own_state() if db is None and own_state is not None else (None, None)
    try:
        found = look(place, server, trouble)
    except AuditError as error:
        raise _unreadable(place, error) from None
    said = orjson.dumps({"ok": not found.needs, **asdict(found)}).decode() if json else "\n".join(lines(place, found))
    typer.echo(said)
    raise typer.Exit(FOUND if found.needs else 0)


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
        raise _unreadable(place, error) from None
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
            if also_migrate is not None:
                also_migrate(place)
        else:
            _migrate_file(place)
    except AuditError as error:
        raise _unreadable(place, error) from None
    typer.echo(f"{place} has the schema of this version")


def _unreadable(place: Place, error: AuditError) -> typer.Exit:
    """Say why it could not be done; what is not the store's fault names the place itself, where there is one."""
    told = (
        f"{place}: the audit log cannot be used: {error.reason}" if isinstance(error, AuditUnavailable) else f"{error}"
    )
    typer.echo(told, err=True)
    return typer.Exit(UNREADABLE)


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
    if isinstance(place, Path) and not place.exists():
        typer.echo(f"there is no log at {place}", err=True)
        raise typer.Exit(UNREADABLE)
    return place


@contextmanager
def _progress(json: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar on a terminal, for as long as something is read."""
    if json or not sys.stderr.isatty():
        yield None
        return
    try:
        yield _bar
    finally:
        typer.echo("\r\x1b[K", nl=False, err=True)


def _bar(done: int, total: int) -> None:
    part = min(done / total, 1.0) if total > 0 else 1.0
    bar = f"{'#' * int(part * BAR):-<{BAR}}"
    typer.echo(f"\r[{bar}] {part:4.0%}  {done:,} of {total:,} records", nl=False, err=True)


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
    if report.existed is not None:
        existed = report.existed
        lines.insert(-1, f"timed      {existed.size:,} records were there at {existed.at}, says {existed.by}")
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
            _plain(fork.outside),
            _plain(fork.own or "(none stored)"),
        ]
    if report.findings_total > len(report.findings):
        lines.append(f"... and {report.findings_total - len(report.findings):,} more findings")
    if report.ok:
        kept = "record and link" if isinstance(place, Path) and place.is_dir() else "record, link, column and label"
        lines.append(f"Every {kept} agrees with every other. This does not prove")
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
    return _plain(" ".join(word for word in (str(record.seq), body["ts"], body["kind"], who, *words) if word))


def _plain(text: str) -> str:
    """Return what a log says without what would steer a terminal: nobody has checked yet what stands in it."""
    return "".join(mark if mark.isprintable() or mark == "\n" else "?" for mark in text)
