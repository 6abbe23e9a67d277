"""`ringfence ...`: wires commands to parts, decides nothing."""

import functools
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from audit import cli as audit_cli
from audit import cli_signing
from audit.keepers import Outside
from proxy import admin
from proxy.approvals import office
from proxy.detection import cli as detection_cli
from proxy.errors import RingfenceError
from proxy.identity import Role
from proxy.notify.channels import load_channels
from proxy.place import audit_place
from proxy.policy import cli as policy_cli
from proxy.policy.commands.common import Injected
from proxy.policy.labels import Scanned
from proxy.policy.replay import Log
from proxy.settings import PREFIX, Settings
from proxy.upstreams.registry import load_registry
from proxy.witnesses import witnesses

if TYPE_CHECKING:
    from proxy.once import Scanner


def _detector_types() -> tuple[frozenset[str], dict[str, float]]:
    from proxy.detection.configured.file import read  # noqa: PLC0415 - no other command reads rules
    from proxy.detection.detectors import emitted, thresholds  # noqa: PLC0415

    configuration = read(Settings.load().detectors)
    return frozenset(emitted(configuration)), thresholds(configuration)


def _upstream_zones() -> frozenset[str]:
    return load_registry(Settings.load().upstreams).zones


def _channels() -> frozenset[str]:
    return frozenset(load_channels(Settings.load().channels))


def _open_log(db: Path | None, export: Path | None) -> Log:
    from proxy.recorded import Database, Export  # noqa: PLC0415 - no other command reads decisions

    return Export(export) if export else Database(db or audit_place(Settings.load()))


@functools.cache
def _scanner() -> "Scanner":
    from proxy.once import Scanner  # noqa: PLC0415 - no other command scans and decides

    return Scanner(Settings.load())


def _scan(raw: bytes, request: bool) -> Scanned:
    return _scanner().scan(raw, request=request)


def _reload_server() -> dict[str, Any] | None:
    return admin.tell_server(Settings.load(), "policy.reload")


def _record_verification(kind: str, body: dict[str, Any]) -> None:
    admin.tell_server(Settings.load(), kind, **body)


def _own_log() -> cli_signing.Own:
    settings = Settings.load()

    def record(kind: str, body: dict[str, Any]) -> None:
        admin.call(settings, "audit.record", kind=kind, body=body)

    outside = Outside(settings.anchor_file, settings.anchor_git, witnesses(settings.anchor_witnesses))
    return cli_signing.Own(audit_place(settings), settings.home, record, outside)


app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
keys = typer.Typer(no_args_is_help=True, help="Grant and revoke access.")
app.add_typer(keys, name="key")
app.add_typer(audit_cli.app, name="audit")
app.add_typer(policy_cli.app, name="policy")
app.command("detect")(detection_cli.detect)

Home = Annotated[Path | None, typer.Option(help="Where databases, keys and the admin socket live.")]


def main() -> None:
    """Run a command; what Ringfence can explain ends in one line and status 1, never in a traceback."""
    policy_cli.injected = Injected(
        detector_types=_detector_types,
        upstream_zones=_upstream_zones,
        channels=_channels,
        open_log=_open_log,
        scan=_scan,
        reload=_reload_server,
        approvals=office,
    )
    audit_cli.record_hook = _record_verification
    cli_signing.own_log = _own_log
    audit_cli.own_place = lambda: audit_place(Settings.load())
    try:
        app()
    except RingfenceError as error:
        sys.stderr.write(error.said())
        raise SystemExit(1) from None


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    home: Home = None,
) -> None:
    """Run the proxy until it is told to stop."""
    from proxy import supervisor  # noqa: PLC0415 - no other command forks

    settings = _settings(host=host, port=port, home=home)
    homes = {"--keys": "keys", "--state": "signer", "--admin": "admin.sock"}
    if settings.anchor_file is not None:
        homes["--anchor-file"] = str(settings.anchor_file.absolute())
    signer = [word for flag, name in homes.items() for word in (flag, str(settings.home / name))]
    signer += [] if settings.anchor_git is None else ["--anchor-git", settings.anchor_git]
    signer += [word for told in witnesses(settings.anchor_witnesses) for word in ("--witness", *told)]
    server = [sys.executable, "-m", "proxy.server"]
    raise typer.Exit(supervisor.run(settings, server, [sys.executable, "-m", "audit.signing", *signer]))


@keys.command("create")
def create_key(
    app_name: Annotated[str, typer.Option("--app", help="The application that will use the key.")],
    team: Annotated[str, typer.Option(help="The team it belongs to: the tenant.")],
    role: Annotated[Role, typer.Option(help="What the key may do.")] = Role.APP,
    expires: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last valid moment is this day, 00:00 UTC.")
    ] = None,
    home: Home = None,
) -> None:
    """Create a key. It is shown once, here, and kept only as a hash."""
    until = expires.replace(tzinfo=UTC).isoformat() if expires else None
    made = admin.call(_settings(home=home), "key.create", app=app_name, team=team, role=role.value, expires=until)
    sys.stderr.write(f"{_line(made['key'])}\nThis is the only time the key is shown:\n")
    sys.stdout.write(f"{made['secret']}\n")


@keys.command("list")
def list_keys(home: Home = None) -> None:
    """List every key that ever was, without its secret."""
    for key in admin.call(_settings(home=home), "key.list")["keys"]:
        sys.stdout.write(f"{_line(key)}\n")


@keys.command("revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(help="The id, as `key list` shows it.")], home: Home = None
) -> None:
    """Revoke a key, at once."""
    sys.stdout.write(f"{_line(admin.call(_settings(home=home), 'key.revoke', key_id=key_id)['key'])}\n")


def _settings(**flags: Any) -> Settings:
    """Load settings and hand the flags down to processes that are started from here."""
    given = {name: value for name, value in flags.items() if value is not None}
    os.environ.update({f"{PREFIX}{name.upper()}": str(value) for name, value in given.items()})
    return Settings.load(given)


def _line(key: dict[str, str]) -> str:
    state = (
        f"revoked {key['revoked']}" if "revoked" in key else f"until {key['expires']}" if "expires" in key else "active"
    )
    return f"{key['id']}  app={key['app']}  team={key['team']}  role={key['role']}  created={key['created']}  {state}"
