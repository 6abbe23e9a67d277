"""`ringfence policy init`."""

import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from proxy.files.diagnostics import Problems
from proxy.policy import render, start
from proxy.policy import schema as vocabulary
from proxy.policy.commands.common import NOT_LOADED, USAGE, Injected, today
from proxy.policy.lint import Surroundings
from proxy.policy.load import Checked, check_files, read_directory
from proxy.policy.verify import CAVEAT
from proxy.policy.wanted import PACKS, Pack, VendorZone, Wanted, owner_name, team_name, zone_name
from proxy.policy.wanted import vendor_zone as read_vendor_zone
from proxy.settings import ROOT

SHIPPED = ROOT / "policies"
T = TypeVar("T")

New = Annotated[Path, typer.Argument(metavar="DIR", help="Where to write; must be empty or not be there.")]
OwnZone = Annotated[str | None, typer.Option(help="the zone of own models")]
Vendors = Annotated[
    list[str] | None,
    typer.Option("--vendor-zone", metavar="NAME[:REGION[:AGREEMENT,...]]", help="a vendor's zone; the preferred first"),
]
Teams = Annotated[
    list[str] | None, typer.Option("--team", help="a team that may use vendors; every team if none is named")
]
Packs = Annotated[list[Pack] | None, typer.Option("--pack", help="rules to begin with; soc2 and secrets if none is")]
Owner = Annotated[str | None, typer.Option(metavar="MAIL", help="who answers for the files")]
Upstreams = Annotated[Path | None, typer.Option(help="an upstream file to write as well, unless it is there")]
Yes = Annotated[bool, typer.Option("--yes", help="ask nothing, take what is usual")]


def init(
    directory: New,
    context: typer.Context,
    *,
    own_zone: OwnZone = None,
    vendor_zone: Vendors = None,
    team: Teams = None,
    pack: Packs = None,
    owner: Owner = None,
    upstreams: Upstreams = None,
    yes: Yes = False,
) -> None:
    """Write a commented set of policies to begin with, which loads, passes its tests and proves its claims."""
    target = _empty(directory)
    asking = not yes and _on_terminal()
    try:
        wanted = _wanted(own_zone, vendor_zone, team, pack, owner, asking=asking)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if not asking:
        typer.echo(f"not asked, so taken as given or usual: {_told(wanted)}", err=True)
    files = start.starting_set(wanted, _shipped())
    found = check_files({name: text.encode() for name, text in files.items()}, Surroundings(today()))
    _hold(found)
    _write(target, {**files, "schema.json": f"{json.dumps(vocabulary.schema(), indent=2)}\n"})
    typer.echo(f"wrote {directory}: {', '.join(sorted(files))}, schema.json")
    typer.echo(render.tests_text(found.tests) if found.tests else "")
    typer.echo(f"{len(found.proofs)} claims proved; {CAVEAT}")
    if upstreams:
        _write_upstreams(upstreams, start.upstreams(wanted))
    _hold_against(context.obj, files)


def _wanted(
    own: str | None,
    vendors: list[str] | None,
    teams: list[str] | None,
    packs: list[Pack] | None,
    owner: str | None,
    *,
    asking: bool,
) -> Wanted:
    """Take what was given, ask for the rest on a terminal, or take what is usual; raises ValueError."""
    usual = Wanted()

    def asked(question: str, default: str, read: Callable[[str], T]) -> T:
        return _ask(question, default, read) if asking else read(default)

    zone = zone_name(own) if own is not None else asked("Zone of your own models", usual.own, zone_name)
    zones = (
        tuple(map(read_vendor_zone, vendors))
        if vendors
        else asked("Vendor zones as NAME:REGION:AGREEMENT,... separated by spaces (- for none)", "-", _vendors)
    )
    allowed = tuple(teams or ())
    if not teams and zones:
        allowed = asked("Teams that may use vendors, separated by spaces (- for every team)", "-", _teams)
    chosen = tuple(packs) if packs else asked(f"Packs ({', '.join(PACKS)})", " ".join(usual.packs), _packs)
    person = owner if owner is not None else asked("Who answers for the files", usual.owner, owner_name)
    return Wanted(zone, zones, allowed, tuple(dict.fromkeys(map(str, chosen))), person)


def _on_terminal() -> bool:
    return sys.stdin.isatty()


def _ask(question: str, default: str, read: Callable[[str], T]) -> T:
    """Ask until the answer can be read."""

    def convert(answer: str) -> T:
        try:
            return read(answer)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None

    answer: T = typer.prompt(question, default=default, value_proc=convert)
    return answer


def _words(answer: str) -> list[str]:
    return [] if answer.strip() == "-" else answer.split()


def _vendors(answer: str) -> tuple[VendorZone, ...]:
    return tuple(map(read_vendor_zone, _words(answer)))


def _teams(answer: str) -> tuple[str, ...]:
    return tuple(map(team_name, _words(answer)))


def _packs(answer: str) -> tuple[str, ...]:
    chosen = tuple(answer.replace(",", " ").split())
    return Wanted(packs=chosen).packs


def _told(wanted: Wanted) -> str:
    vendors = ", ".join(vendor.name for vendor in wanted.vendors) or "none, so everything stays home"
    teams = ", ".join(wanted.teams) or "every team"
    return (
        f"own zone {wanted.own}; vendor zones {vendors}; {teams if wanted.vendors else 'no team'} may use vendors; "
        f"packs {', '.join(wanted.packs)}; owner {wanted.owner}"
    )


def _empty(directory: Path) -> Path:
    """Return where to write, or end with why it is not written there."""
    try:
        return _unused(directory)
    except (OSError, RuntimeError) as error:  # a loop of links is the latter
        why = getattr(error, "strerror", None) or "its links lead nowhere"
        raise typer.BadParameter(f"this place cannot be used: {why}", param_hint="DIR") from None


def _unused(directory: Path) -> Path:
    target = directory.resolve()
    if target == Path.cwd():
        raise typer.BadParameter("name a directory below or beside the one you are in", param_hint="DIR")
    if target.exists() and not target.is_dir():
        raise typer.BadParameter("there is a file of this name", param_hint="DIR")
    if target.is_dir() and any(target.iterdir()):
        raise typer.BadParameter("the directory is not empty; nothing was written", param_hint="DIR")
    if not target.parent.is_dir():
        raise typer.BadParameter("the directory above it does not exist", param_hint="DIR")
    return target


def _shipped() -> dict[str, str]:
    """Return the texts of the shipped files, or end with those that are not there any more."""
    texts = {name: data.decode() for name, data in read_directory(SHIPPED, Problems()).items()}
    missing = [name for name in start.FILES if name not in texts]
    if missing:
        typer.echo(f"{SHIPPED} no longer has {', '.join(missing)}, from which the files are made", err=True)
        raise typer.Exit(NOT_LOADED)
    return texts


def _hold(found: Checked) -> None:
    """End unless everything holds: the shipped files may have been changed into what cannot be adapted."""
    faults = [item for item in found.diagnostics if item.severity == "error"]
    if faults or found.tests is None or found.tests.coverage < 100:  # noqa: PLR2004 - per cent
        typer.echo(f"what was made from {SHIPPED} does not hold, and was not written:", err=True)
        typer.echo(render.diagnostics_text(faults, dict(found.files)), err=True)
        raise typer.Exit(NOT_LOADED)


def _hold_against(injected: Injected, files: Mapping[str, str]) -> None:
    """Say what lint finds when it also looks at the detectors that are configured here."""
    around = injected.around(today())
    found = check_files({name: text.encode() for name, text in files.items()}, around)
    faults = [item for item in found.diagnostics if item.severity == "error"]
    if faults:
        typer.echo("with the detectors that are configured here, this is left to do:", err=True)
        typer.echo(render.diagnostics_text(faults, dict(found.files)), err=True)


def _write(target: Path, files: Mapping[str, str]) -> None:
    """Write all files or none: beside the target, and then in one step to its place."""
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as scratch:
            made = Path(scratch) / target.name
            made.mkdir()
            for name, text in files.items():
                (made / name).write_text(text, encoding="utf-8")
            made.rename(target)
    except OSError as error:
        typer.echo(f"{target} cannot be written: {error.strerror}", err=True)
        raise typer.Exit(USAGE) from None


def _write_upstreams(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
        typer.echo(f"wrote {path}")
    except FileExistsError:
        typer.echo(f"{path} is there already and was left as it is", err=True)
    except OSError as error:
        typer.echo(f"{path} cannot be written: {error.strerror}", err=True)
        raise typer.Exit(USAGE) from None
