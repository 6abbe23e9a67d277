"""`ringfence backup` and `ringfence restore`: a copy of an installation, and an installation from a copy."""

from pathlib import Path
from typing import Annotated

import typer

from audit.cli_common import progress
from audit.place import Postgres
from proxy.admin import tell_server
from proxy.backup import Made, back_up
from proxy.errors import RingfenceError
from proxy.restore import restore as put_back
from proxy.settings import Settings

Home = Annotated[Path | None, typer.Option(help="Where databases, keys and the admin socket live.")]
NO_KEYS = (
    "the log's keys are not in it: without them no server goes on with this log, and nobody can search it by "
    "fingerprint; copy them to a place of their own with --keys-to"
)
LACKING = (
    "what was recorded after that is lost, or lives on elsewhere; an API key of the copy that was revoked after that "
    "works again: revoke it now, with `ringfence key revoke`"
)
NEXT = "nothing is sent until that is on record: `ringfence audit acknowledge`"


def backup(
    folder: Annotated[Path, typer.Argument(help="A new folder for the log and the proxy's own state.")],
    keys_to: Annotated[
        Path | None, typer.Option(help="Another new folder, kept apart, for the keys that sign the log.")
    ] = None,
    home: Home = None,
) -> None:
    """Copy this installation, while it serves or not; whoever gets such a copy has all records of the log."""
    settings = _settings(home)
    made = back_up(settings, folder, keys_to)
    manifest = made.manifest
    typer.echo(f"{folder}: {manifest.size:,} records of the log {manifest.log_id}, head {manifest.hash[:12]}")
    for one in manifest.files:
        typer.echo(f"  {one.name:<10} {one.size:>13,} bytes")
    typer.echo(f"{made.sha256}  manifest.json")
    typer.echo(
        f"{made.keys}: the log's keys; keep them apart, for with both the log can be forged" if made.keys else NO_KEYS
    )
    if made.spooled:
        typer.echo("the spool holds records that the log does not have yet: they are not in this backup", err=True)
    if why := _unrecorded(settings, made):
        typer.echo(f"the log does not say that there is this backup: {why}", err=True)


def restore(
    folder: Annotated[Path, typer.Argument(help="What `ringfence backup` made.")],
    keys_from: Annotated[
        Path | None, typer.Option(help="What its --keys-to made, where the home does not have the keys.")
    ] = None,
    home: Home = None,
) -> None:
    """Verify a backup, and put it where no log is; nothing is sent until an operator has said what is lost."""
    settings = _settings(home)
    with progress(json=False) as bar:
        done = put_back(settings, folder, keys_from, bar)
    place, manifest = done.place, done.manifest
    typer.echo(f"{place}: {manifest.size:,} records of the log {manifest.log_id}, as of {manifest.time}")
    if isinstance(place, Postgres):
        typer.echo(f"every server of this log needs its keys: copy {settings.home / 'keys'} to its home")
    for name in sorted(done.stays):
        typer.echo(f"{settings.home / name} stays as it is: it is this home's own")
    typer.echo(LACKING)
    typer.echo(NEXT)


def _unrecorded(settings: Settings, made: Made) -> str:
    """Have a server record the backup; return why it is on no record, and a backup nevertheless."""
    of, keys = made.manifest, made.keys is not None
    try:
        told = tell_server(settings, "backup.made", size=of.size, head=of.hash, sha256=made.sha256, keys=keys)
    except RingfenceError as error:
        return error.message
    return "no server runs in this home" if told is None else ""


def _settings(home: Path | None) -> Settings:
    return Settings.load({} if home is None else {"home": home})
