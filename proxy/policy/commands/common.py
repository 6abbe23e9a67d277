"""What every command shares: its exit codes and options, the bundle it is about, and how it prints.

The only place below `ringfence policy` that reads the clock and the settings.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Protocol

import typer

from proxy.errors import ConfigurationError
from proxy.files.diagnostics import Diagnostic
from proxy.policy import render
from proxy.policy.labels import Scan
from proxy.policy.lint import Surroundings
from proxy.policy.load import Checked, check
from proxy.policy.model import Bundle
from proxy.policy.policy import Policy
from proxy.policy.replay import Log
from proxy.settings import Settings

FINDINGS, USAGE, NOT_LOADED, TESTS_FAILED = 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class Wish:
    """Who approves whose policies: with a key, or else by name, which nobody signs. No serial is the next one."""

    author: str
    key: Path | None
    approver: str
    ticket: str
    serial: int | None


class Approvals(Protocol):
    """Makes and judges approvals; knows keys, the upstream file and the log. All raise ConfigurationError."""

    def keygen(self, name: str, out: Path) -> str:
        """Write a new private key, and return its verifier key's line."""

    def sign(self, directory: Path, policy: Policy, wish: Wish) -> Mapping[str, str | int]:
        """Approve a loaded policy, and return what was written beside it."""

    def standing(
        self, directory: Path, policy: Policy
    ) -> tuple[Mapping[str, str | int] | None, tuple[Diagnostic, ...]]:
        """Return what is known of its approval, None if nobody approved it, and what is wrong with that."""


@dataclass(slots=True)
class Injected:
    """What the composition root knows and policy does not; None where nobody said, and then it is not checked."""

    detector_types: Callable[[], tuple[frozenset[str], Mapping[str, float]]] | None = None
    """Returns the types that detectors emit and the scores below which they discard."""
    upstream_zones: Callable[[], frozenset[str]] | None = None
    """Returns the zones that have an upstream."""
    open_log: Callable[[str | None, Path | None], Log] | None = None
    """Opens recorded decisions, to read: those of a database, of an export, or else of the configured log."""
    scan: Scan | None = None
    """Scans with the detectors, which are loaded once, by the first scan."""
    reload: Callable[[], Mapping[str, Any] | None] | None = None
    """Has the running server take up the files on disk, and returns what came of it; None if no server runs."""
    priced_zones: Callable[[], frozenset[str]] | None = None
    """Returns the zones in which models have prices."""
    channels: Callable[[], frozenset[str]] | None = None
    """Returns the channels that rules can tell; empty where no file of channels is configured."""
    approvals: Approvals | None = None
    """Makes and judges approvals."""

    def zones(self) -> frozenset[str] | None:
        """Return the zones that have an upstream; None: every zone counts as served."""
        return self.upstream_zones() if self.upstream_zones else None

    def around(self, today: dt.date) -> Surroundings:
        """Return what a bundle is held against."""
        types, cuts = self.detector_types() if self.detector_types else (None, {})
        channels = self.channels() if self.channels else None
        prices = self.priced_zones() if self.priced_zones else None
        return Surroundings(today, types, cuts, self.zones(), channels, prices)


class Format(StrEnum):
    """How every command can print; one that knows more forms lists them all, and no other takes them."""

    TEXT = "text"
    JSON = "json"


Directory = Annotated[Path | None, typer.Argument(help="Policy directory; the configured one if not given.")]
Printed = Annotated[Format, typer.Option("--format", help="text or json")]
Day = Annotated[str | None, typer.Option("--on", help="the day as YYYY-MM-DD; today if not given")]


def configured() -> Path:
    """Return the configured policy directory."""
    try:
        return Settings.load().policies
    except ConfigurationError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(USAGE) from None


def checked(context: typer.Context, directory: Path | None) -> Checked:
    """Check a directory against what the composition root knows."""
    injected: Injected = context.obj
    return check(directory or configured(), injected.around(today()))


def loaded(found: Checked) -> Bundle:
    """Return the bundle, or end with what keeps it from loading."""
    if found.bundle is None:
        raise refused(found.stopping, dict(found.files))
    return found.bundle


def refused(found: Iterable[Diagnostic], files: Mapping[str, str]) -> typer.Exit:
    """Say what keeps files from being read, and return what the command ends with."""
    typer.echo(render.diagnostics_text(found, files), err=True)
    return typer.Exit(NOT_LOADED)


def day(given: str | None) -> dt.date:
    """Read the day that was given; today if none was."""
    try:
        return dt.date.fromisoformat(given) if given else today()
    except ValueError:
        raise typer.BadParameter("expected a day as YYYY-MM-DD", param_hint="--on") from None


def from_here(directory: Path | None) -> PurePosixPath:
    """Return where a policy directory lies, from the working directory if it is below: as build systems name files."""
    whole, here = (directory or configured()).absolute(), Path.cwd()
    return PurePosixPath((whole.relative_to(here) if whole.is_relative_to(here) else whole).as_posix())


def show(text: str, value: object, printed: StrEnum) -> None:
    """Print the text, or the value as JSON."""
    typer.echo(text if printed == Format.TEXT else json.dumps(value, indent=2))


def today() -> dt.date:
    """Return today, in UTC."""
    return now().date()


def now() -> dt.datetime:
    """Return the time, in UTC."""
    return dt.datetime.now(dt.UTC)
