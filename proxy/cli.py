"""`ringfence ...`: wires commands to parts, decides nothing."""

import functools
import gc
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from proxy import anchors
from proxy.errors import ConfigurationError, RingfenceError
from proxy.place import audit_place, given_place
from proxy.seat import desk
from proxy.settings import PREFIX, Settings

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from audit.cli_retention import Own as Retained
    from audit.cli_signing import Own
    from audit.place import Postgres
    from proxy.once import Scanner
    from proxy.policy.labels import Scanned
    from proxy.policy.replay import Log


MANIFEST_WITHIN_S, MANIFEST_POLL_S = 15.0, 0.2
"""The signer looks every second."""


def _detector_types() -> tuple[frozenset[str], dict[str, float]]:
    from proxy.detection.configured.file import read  # noqa: PLC0415 - no other command reads rules
    from proxy.detection.detectors import emitted, thresholds  # noqa: PLC0415

    configuration = read(Settings.load().detectors)
    return frozenset(emitted(configuration)), thresholds(configuration)


def _upstream_zones() -> frozenset[str]:
    from proxy.upstreams.reading import load_registry  # noqa: PLC0415 - no other command reads upstreams

    return load_registry(Settings.load().upstreams).zones


def _priced_zones() -> frozenset[str]:
    from proxy.upstreams.reading import load_registry  # noqa: PLC0415 - the same

    return load_registry(Settings.load().upstreams).estate.prices.zones()


def _channels() -> frozenset[str]:
    from proxy.notify.channels import load_channels  # noqa: PLC0415 - no other command reads channels

    return frozenset(load_channels(Settings.load().channels))


def _open_log(db: str | None, export: Path | None) -> "Log":
    from proxy.recorded import Database, Export  # noqa: PLC0415 - no other command reads decisions

    return Export(export) if export else Database(given_place(db) if db else audit_place(Settings.load()))


@functools.cache
def _scanner() -> "Scanner":
    from proxy.once import Scanner  # noqa: PLC0415 - no other command scans and decides

    return Scanner(Settings.load())


def _scan(raw: bytes, request: bool) -> "Scanned":
    return _scanner().scan(raw, request=request)


def _reload_server() -> dict[str, Any] | None:
    from proxy.admin import tell_server  # noqa: PLC0415 - it knows logs and key stores

    return tell_server(Settings.load(), "policy.reload")


def _record_reading(kind: str, body: dict[str, Any]) -> str | None:
    from proxy.admin import call, tell_server  # noqa: PLC0415 - it knows logs and key stores

    if kind == "audit.verified":
        tell_server(Settings.load(), kind, **body)
        return None
    try:
        call(Settings.load(), kind, **body)
    except ConfigurationError as error:
        return error.message
    return None


def _sign_now() -> bool:
    from proxy.admin import tell_server  # noqa: PLC0415 - it knows logs and key stores

    return tell_server(Settings.load(), "checkpoint.want") is not None


def _sign_manifest(statement: str) -> "bytes | str":
    """Have the signer sign what a pack consists of; return the note, or why there is none."""
    from proxy.admin import tell_server  # noqa: PLC0415 - it knows logs and key stores

    settings, until = Settings.load(), time.monotonic() + MANIFEST_WITHIN_S
    while (answer := tell_server(settings, "manifest.sign", text=statement)) is not None:
        if "note" in answer:
            note: str = answer["note"]
            return note.encode() or "the signer does not sign it"
        if time.monotonic() > until:
            return "the signer did not answer in time"
        time.sleep(MANIFEST_POLL_S)
    return "no server runs, and so no signer"


def _own_log() -> "Own":
    from audit.anchors.keepers import Outside  # noqa: PLC0415 - the same
    from audit.cli_signing import Own  # noqa: PLC0415 - no other command changes keys
    from proxy.admin import call  # noqa: PLC0415 - the same
    from proxy.seat import desks  # noqa: PLC0415 - the same

    settings = Settings.load()

    def record(kind: str, body: dict[str, Any]) -> None:
        call(settings, "audit.records.record", kind=kind, body=body)

    outside = Outside.of(Outside.flags().parse_args(anchors.flags(settings)))
    return Own(
        audit_place(settings),
        settings.home,
        record,
        outside,
        lambda what: call(settings, f"clock.{what}"),
        tuple(desks(settings.home)[1:]),
    )


def _retention() -> "AbstractContextManager[Retained]":
    from proxy import retention  # noqa: PLC0415 - no other command takes records away

    return retention.own(Settings.load())


def _own_state() -> tuple[dict[str, Any] | None, str | None]:
    from proxy.admin import tell_server  # noqa: PLC0415 - no other command asks

    try:
        return tell_server(Settings.load(), "audit.state"), None
    except RingfenceError as error:
        return None, error.message


def _migrate_state(place: "Postgres") -> None:
    from proxy.state.schema import migrate_postgres  # noqa: PLC0415 - no other command changes a schema

    migrate_postgres(place)


# The parts of the command line, each with what it needs of the others put into it.


def _detect() -> typer.Typer:
    from proxy.detection.cli import detect  # noqa: PLC0415 - read when it is asked for

    part = typer.Typer(add_completion=False)
    part.command("detect")(detect)
    return part


def _key() -> typer.Typer:
    from proxy.cli_keys import keys  # noqa: PLC0415 - read when it is asked for

    return keys


@functools.cache
def _audit() -> typer.Typer:
    from audit import cli, cli_retention, cli_signing  # noqa: PLC0415 - read when it is asked for
    from proxy import cli_break_glass  # noqa: PLC0415 - the same

    cli.record_hook = _record_reading
    cli.sign_hook = _sign_now
    cli.manifest_hook = _sign_manifest
    cli_signing.own_log = _own_log
    cli_retention.own_log = _retention
    cli.own_place = lambda: audit_place(Settings.load())
    cli.own_state = _own_state
    cli.also_migrate = _migrate_state
    cli.app.add_typer(cli_break_glass.app, name="break-glass")
    return cli.app


def _policy() -> typer.Typer:
    from proxy.approvals import office  # noqa: PLC0415 - read when it is asked for
    from proxy.policy import cli  # noqa: PLC0415 - the same
    from proxy.policy.commands.common import Injected  # noqa: PLC0415 - the same

    cli.injected = Injected(
        detector_types=_detector_types,
        upstream_zones=_upstream_zones,
        priced_zones=_priced_zones,
        channels=_channels,
        open_log=_open_log,
        scan=_scan,
        reload=_reload_server,
        approvals=office,
    )
    return cli.app


def _costs() -> typer.Typer:
    from proxy.cli_costs import costs  # noqa: PLC0415 - read when it is asked for

    part = typer.Typer(add_completion=False)
    part.command("costs")(costs)
    return part


def _upstreams() -> typer.Typer:
    from proxy import cli_upstreams  # noqa: PLC0415 - read when it is asked for

    return cli_upstreams.app


def _models() -> typer.Typer:
    from proxy import cli_models  # noqa: PLC0415 - read when it is asked for

    return cli_models.app


def _canary() -> typer.Typer:
    from proxy.canary.cli import canary  # noqa: PLC0415 - read when it is asked for

    part = typer.Typer(add_completion=False)
    part.command("canary")(canary)
    return part


def _doctor() -> typer.Typer:
    from proxy.cli_doctor import doctor  # noqa: PLC0415 - read when it is asked for

    part = typer.Typer(add_completion=False)
    part.command("doctor")(doctor)
    return part


def _backup() -> typer.Typer:
    from proxy.cli_backup import backup  # noqa: PLC0415 - read when it is asked for

    part = typer.Typer(add_completion=False)
    part.command("backup")(backup)
    return part


def _restore() -> typer.Typer:
    from proxy.cli_backup import restore  # noqa: PLC0415 - read when it is asked for

    part = typer.Typer(add_completion=False)
    part.command("restore")(restore)
    return part


LATER: dict[str, Callable[[], typer.Typer]] = {
    "detect": _detect,
    "key": _key,
    "audit": _audit,
    "policy": _policy,
    "costs": _costs,
    "upstreams": _upstreams,
    "models": _models,
    "canary": _canary,
    "doctor": _doctor,
    "backup": _backup,
    "restore": _restore,
}


class Commands(TyperGroup):
    """`serve`, and the parts that are read when they are asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return every name."""
        return [*super().list_commands(ctx), *LATER]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command or a group of them, or None where there is none of that name."""
        if cmd_name not in LATER:
            return super().get_command(ctx, cmd_name)
        part = get_command(LATER[cmd_name]())
        part.name = cmd_name
        return part


app = typer.Typer(
    cls=Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)

Home = Annotated[Path | None, typer.Option(help="Where databases, keys and the admin socket live.")]


@app.callback()
def ringfence() -> None:
    """Be a group of commands, though only one of them is here."""


def main() -> None:
    """Run a command; what Ringfence can explain ends in one line and status 1, never in a traceback."""
    try:
        app()
    except RingfenceError as error:
        sys.stderr.write(error.said())
        raise SystemExit(1) from None


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    workers: Annotated[int | None, typer.Option(help="How many processes serve; more than 1 need PostgreSQL.")] = None,
    home: Home = None,
) -> None:
    """Run the proxy until it is told to stop."""
    gc.disable()  # what is imported stays: until the supervisor keeps it, the collector would look for nothing
    from proxy import server, supervisor  # noqa: PLC0415 - no other command forks

    settings = _settings(host=host, port=port, workers=workers, home=home)
    homes = {"--keys": "keys", "--state": "signer", "--admin": "admin.sock"}
    signer = [word for flag, name in homes.items() for word in (flag, str(settings.home / name))]
    for number in range(1, settings.workers):
        signer += ["--tell", str(desk(settings.home, number) / "admin.sock")]
    signer += anchors.flags(settings)
    raise typer.Exit(supervisor.run(settings, server.main, [sys.executable, "-m", "audit.signing.process", *signer]))


def _settings(**flags: Any) -> Settings:
    """Load settings and hand the flags down to processes that are started from here."""
    given = {name: value for name, value in flags.items() if value is not None}
    os.environ.update({f"{PREFIX}{name.upper()}": str(value) for name, value in given.items()})
    return Settings.load(given)
