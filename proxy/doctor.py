"""Examines an installation from end to end, as far as can be seen from where the server runs. Nothing is changed.

Each part is looked at whether or not another is well. What is said names files and settings, never what they hold.
"""

import asyncio
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from audit import keys as key_files
from audit.errors import AuditError
from audit.place import Postgres
from audit.sources.postgres import open_source
from audit.space import MIB, floor_of, measure
from audit.stores.migrate import require_current
from audit.stores.postgres import require_safe
from proxy import activation, anchors
from proxy.addresses import is_loopback
from proxy.admin import tell_server
from proxy.cli_upstreams import configured, timeouts
from proxy.detection.configured.file import read as read_detectors
from proxy.errors import RingfenceError
from proxy.oidc import configuration as oidc
from proxy.place import audit_place, unopened
from proxy.settings import Settings
from proxy.supervisor import require_workers
from proxy.tls import Certificate
from proxy.upstreams import dialing
from proxy.upstreams.checking import Said, check_all

State = Literal["ok", "look", "mend"]
OPEN = 0o077
"""What nobody but the owner may do with a home and its keys."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one part: `look` for what a person should know, `mend` for what keeps it from its work."""

    part: str
    state: State
    said: str
    mend: str = ""


def examine(settings: Settings, unreachable: Iterable[str] = ()) -> Iterator[Finding]:
    """Examine each part in turn; `unreachable` are `HOST:PORT` that this machine should not be able to reach."""
    parts: dict[str, Callable[[], Iterator[Finding]]] = {
        "home": partial(_home, settings.home),
        "settings": partial(_settings, settings),
        "policies": partial(_policies, settings),
        "detection": partial(_detection, settings),
        "audit log": partial(_log, settings),
        "room": partial(_room, settings),
        "server": partial(_server, settings),
        "model servers": partial(_upstreams, settings),
        "traces": partial(_traces, settings),
        "egress": partial(_egress, unreachable),
    }
    for part, look in parts.items():
        try:
            yield from look()
        except RingfenceError as error:
            yield Finding(part, "mend", error.message)
        except AuditError as error:
            yield Finding(part, "mend", unopened(settings, error).message)
        except OSError as error:
            yield Finding(part, "mend", f"{error.filename or part}: {error.strerror or type(error).__name__}")


def _home(home: Path) -> Iterator[Finding]:
    if not home.exists():
        yield Finding("home", "look", f"{home} is not there: the first start makes it")
        return
    for path in [each for each in (home, home / "keys", home / "state.db") if each.exists()]:
        state = path.stat()
        if state.st_uid != os.geteuid():
            yield Finding("home", "mend", f"{path} belongs to another user", "run as the server's user, or chown it")
        elif state.st_mode & OPEN:
            mode = f"{stat.S_IMODE(state.st_mode):o}"
            yield Finding("home", "mend", f"others may read {path} (mode {mode})", f"chmod go= {path}")
    if key_files.exist(home / "keys"):
        key_files.load(home / "keys")
        yield Finding("home", "ok", f"{home}, with keys of the log that only its user can read")


def _settings(settings: Settings) -> Iterator[Finding]:
    require_workers(settings)
    kept_outside = anchors.flags(settings)
    oidc.load(settings)
    if Certificate.of(settings) is None and not is_loopback(settings.host):
        said = f"the server listens on {settings.host} without TLS: keys and prompts are in the clear up to it"
        yield Finding("settings", "look", said, "set tls_certificate, or keep it behind something that speaks TLS")
    if not kept_outside:
        said = "nothing outside keeps heads of the log: who holds its key could rewrite it unseen"
        yield Finding("settings", "look", said, "set one of anchor_*; see deploy/docs/audit.md")
    yield Finding("settings", "ok", "they can be used together")


def _policies(settings: Settings) -> Iterator[Finding]:
    active = activation.load(settings, None)
    for warning in active.warnings:
        yield Finding("policies", "look", str(warning).partition("\n")[0])
    yield Finding("policies", "ok", f"{settings.policies}, bundle {active.sha256[:12]}")


def _detection(settings: Settings) -> Iterator[Finding]:
    read_detectors(settings.detectors)
    if find_spec(settings.detect_model) is None:
        said, package = f"the model {settings.detect_model} is not installed", settings.detect_model.replace("_", "-")
        yield Finding("detection", "mend", said, f"pip install {package}")
        return
    yield Finding("detection", "ok", f"the model {settings.detect_model} is installed")


def _log(settings: Settings) -> Iterator[Finding]:
    place = audit_place(settings)
    if isinstance(place, Postgres):
        require_current(place, settings.audit_deadline_s)
        require_safe(place, settings.audit_deadline_s)
    elif not place.exists():
        yield Finding("audit log", "look", f"{place} is not there: the first start begins it")
        return
    with closing(open_source(place)) as source:
        size, newest = source.claim().size, source.newest_checkpoint()
    signed = newest.size if newest else 0
    if signed < size and tell_server(settings, "audit.state") is None:
        yield Finding("audit log", "look", f"the last {size - signed} records are not signed", "start the server")
    yield Finding("audit log", "ok", f"{place}, {size} records, {signed} of them signed")


def _room(settings: Settings) -> Iterator[Finding]:
    found = measure(settings.home if settings.home.exists() else settings.home.parent)
    free, floor = found.free // MIB, floor_of(found.total) // MIB
    if free < floor:
        yield Finding("room", "mend", f"{free} MiB are free; below {floor} the server is not ready", "make room")
        return
    yield Finding("room", "ok", f"{free} MiB are free where the home is")


def _server(settings: Settings) -> Iterator[Finding]:
    state = tell_server(settings, "audit.state")
    if state is None:
        yield Finding("server", "look", f"no server runs in {settings.home}")
        return
    wrong = {name: str(state[name]) for name in ("log", "signer") if state[name]}
    for name, why in wrong.items():
        yield Finding("server", "mend", f"{name}: {why}", "see its log, and ringfence audit status")
    if state["clock"]["off"]:
        yield Finding("server", "mend", f"its clock is off: {state['clock']['off']}", "ringfence audit acknowledge")
    if not wrong:
        yield Finding("server", "ok", "it runs, takes records, and they are signed")


def _upstreams(settings: Settings) -> Iterator[Finding]:
    registry = configured(settings, settings.upstreams).registry
    checked, of_file = asyncio.run(check_all(registry, timeouts(settings)))
    for said in of_file:
        yield from _said(said.what, said)
    for server in checked:
        for said in server.said:
            yield from _said(f"{server.upstream.id}: {said.what}", said)
    well = sum(server.ok for server in checked)
    yield Finding("model servers", "ok" if well == len(checked) else "look", f"{well} of {len(checked)} are well")


def _said(what: str, said: Said) -> Iterator[Finding]:
    if said.grade != "ok":
        yield Finding("model servers", "mend" if said.grade == "problem" else "look", f"{what}: {said.text}", said.fix)


def _traces(settings: Settings) -> Iterator[Finding]:
    url = urlsplit(settings.traces_url or "")
    if url.hostname is None:
        return
    if asyncio.run(_reached(url.hostname, url.port or (443 if url.scheme == "https" else 80))):
        yield Finding("traces", "ok", "their collector can be reached")
    else:
        yield Finding("traces", "look", "their collector cannot be reached: they are lost", "see setting traces_url")


def _egress(unreachable: Iterable[str]) -> Iterator[Finding]:
    for target in unreachable:
        host, _, port = target.rpartition(":")
        if not port.isdecimal():
            yield Finding("egress", "mend", f"{target} is not HOST:PORT", "name the port, too")
        elif asyncio.run(_reached(host.strip("[]"), int(port))):
            yield Finding("egress", "mend", f"{target} can be reached from here", "close that path")
        else:
            yield Finding("egress", "ok", f"{target} cannot be reached from here")


async def _reached(host: str, port: int) -> bool:
    """Whether a connection can be made, over which nothing is sent."""
    try:
        await dialing.connect(await dialing.addresses(host, port), port)
    except (dialing.NotReached, OverflowError):
        return False
    return True
