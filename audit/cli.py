"""`ringfence audit ...`: verify, export and follow a log, all read-only; create or upgrade its schema."""

import os
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from audit import cli_evidence, cli_export, cli_retention, cli_signing, cli_verify
from audit.access import Filters, ReadRecord, Records
from audit.cli_common import FOUND, UNREADABLE, unreadable
from audit.errors import AuditError
from audit.opening import FileLock
from audit.place import Place, Postgres, place_of
from audit.status import lines, look
from audit.stores.migrate import migrate_postgres, migrate_sqlite
from audit.verification.text import plain
from audit.witness.cli import witness

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Verify and read the audit log.")
app.add_typer(cli_signing.keys, name="keys")
app.command("acknowledge")(cli_signing.acknowledge)
cli_retention.mount(app)
app.command("witness")(witness)
record_hook: Callable[[str, dict[str, Any]], str | None] | None = None
"""Set by the program that mounts these commands: called when its own log was verified or exported, with the kind and
the body of the record, without the `actor`, which it adds. Returns why no record could be made; None when one was."""

sign_hook: Callable[[], bool] | None = None
"""Set by the same program: asks for a checkpoint of its own log; False where no server runs that could have one."""

manifest_hook: Callable[[str], bytes | str] | None = None
"""Set by the same program: has the statement of a pack's manifest signed; returns the note, or why there is none."""

own_place: Callable[[], Place] | None = None
"""Set by the same program: where its own log is kept."""

own_state: Callable[[], tuple[dict[str, Any] | None, str | None]] | None = None
"""Set by the same program: what its server says of its log, if it runs, or why it does not answer."""

also_migrate: Callable[[Postgres], None] | None = None
"""Set by the same program: creates or upgrades what it keeps beside a log in a database."""

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


Trusted = Annotated[
    list[Path] | None,
    typer.Option(
        "--trust",
        help="A file from outside the log: keys and witnesses (C2SP tlog-policy), or checkpoints that you kept; "
        "repeatable. Never one that the log's operator gave you for this.",
    ),
]


@app.command("verify")
def verify_command(
    file: Annotated[
        str | None, typer.Argument(help="The log, as with --db, the directory of an export, or a pack.")
    ] = None,
    db: Db = None,
    json: Json = False,
    trust: Trusted = None,
    receipt: Annotated[
        list[str] | None,
        typer.Option(
            "--receipt", help="SEQ:LINK from the response headers x-ringfence-audit-seq and -link; repeatable."
        ),
    ] = None,
) -> None:
    """Recompute every hash, column and label of a log. Exit code 0: nothing found, 1: findings, 2: cannot be read."""
    db = db or file
    report = cli_verify.run(lambda: _there(db), receipt or [], trust or [], json=json)
    if record_hook is not None and db is None:
        record_hook("audit.verified", cli_verify.recorded(report))
    raise typer.Exit(0 if report.ok else FOUND)


@app.command("sample")
def sample_command(  # noqa: PLR0917 - options have names
    pack: Annotated[Path, typer.Argument(help="A pack of evidence.")],
    nonce: Annotated[str, typer.Option("--nonce", help="Words of yours that the operator could not know.")],
    count: Annotated[int, typer.Option("--count", help="How many records.")],
    where: Annotated[
        list[str] | None,
        typer.Option("--where", help="NAME=VALUE of kind, decision, zone, app, team, class or rule; repeatable."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="A new directory for the records and their proofs.")] = None,
    trust: Trusted = None,
    json: Json = False,
) -> None:
    """Draw a sample from a pack that its operator cannot steer, each record with its proof."""
    raise typer.Exit(cli_verify.draw(pack, (nonce, count, where or []), out, trust or [], json=json))


@app.command("verifiers")
def verifiers_command() -> None:
    """Print the SHA-256 of the verifiers that packs of this version carry, to be published elsewhere."""
    for name, content in cli_verify.verifiers():
        typer.echo(f"{content}  {name}")


@app.command("export")
def export_command(  # noqa: PLR0917 - options have names
    out: Annotated[Path, typer.Option("--out", help="A directory that is not there yet; a FILE.tar is a pack.")],
    since: Annotated[
        str | None, typer.Option("--from", help="Of a pack: a day or a time in UTC from which on records are in it.")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="The day or time before which they are.")] = None,
    as_of: Annotated[
        int | None, typer.Option("--as-of", min=1, help="Of a pack: the size of the checkpoint at which it ends.")
    ] = None,
    db: Db = None,
    json: Json = False,
    request: Annotated[str | None, typer.Option("--request", hidden=True)] = None,
) -> None:
    """Write the log up to a checkpoint into plain files, or into one pack of evidence; `audit verify` judges either."""
    order = cli_export.Order.parse(_there(db), out, since, until, as_of, request, json)
    cli_export.run(order, cli_export.Own(record_hook, sign_hook, manifest_hook) if db is None else None)


@app.command("status")
def status_command(db: Db = None, json: Json = False) -> None:
    """Say how a log is doing. Exit code 0: all is well, 1: a person has to look, 2: it cannot be read."""
    place = _there(db)
    server, trouble = own_state() if db is None and own_state is not None else (None, None)
    try:
        found = look(place, server, trouble)
    except AuditError as error:
        raise unreadable(place, error) from None
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
        raise unreadable(place, error) from None
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
        raise unreadable(place, error) from None
    typer.echo(f"{place} has the schema of this version")


def _migrate_file(path: Path) -> None:
    lock = FileLock(path.with_name(path.name + ".lock"))
    try:
        migrate_sqlite(path)
    finally:
        lock.release()


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


def _line(record: ReadRecord, json: bool) -> str:
    if json:
        return orjson.dumps(asdict(record)).decode()
    body = record.body.get("erased", record.body)
    words = [
        "erased" if "erased" in record.body else "",
        str(body.get("decision", "")),
        str(body.get("zone", "")),
        str(body.get("status", "")),
    ]
    words += [rule["id"] for rule in body.get("rules", [])]
    words += [f"{found['c']}:{found['count']}" for found in body.get("classes", [])]
    actor = body.get("actor", {})
    who = f"{actor.get('team', '-')}/{actor.get('app', '-')}" if actor else ""
    return plain(" ".join(word for word in (str(record.seq), body["ts"], body["kind"], who, *words) if word))


cli_evidence.mount(app, _there)
