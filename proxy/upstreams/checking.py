"""Tests what a file of upstreams says against the world, and says what to fix. No content is ever sent.

Per upstream, each step only if the one before it succeeded: what the file says, the name, the address, a connection,
the certificate, the key, the API, its models, whether they run where they should, how much they read. One bad upstream
hides no other, and none takes longer than WITHIN_S.
"""

import asyncio
import difflib
import ipaddress
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from proxy.addresses import is_loopback
from proxy.upstreams import dialing
from proxy.upstreams.client import Timeouts, UpstreamClient
from proxy.upstreams.dialing import NotReached
from proxy.upstreams.errors import UpstreamError
from proxy.upstreams.kinds.kind import Observation
from proxy.upstreams.kinds.known import KINDS
from proxy.upstreams.registry import Registry
from proxy.upstreams.report import silent
from proxy.upstreams.tls import Tls
from proxy.upstreams.upstream import Upstream, matches

WITHIN_S = 30.0
AT_ONCE = 32
MODELS_AT_ONCE = 8
SOON_DAYS = 30
"""A certificate that ends sooner is worth a word."""
FEW = 4
VENDOR_HOSTS = ("api.deepseek.com", "api.groq.com", "api.mistral.ai", "generativelanguage.googleapis.com", "ollama.com")
"""Hosts of vendors that no kind is for."""
AZURE = "openai.azure.com"
OPEN_LISTS = frozenset({"llamacpp", "openrouter"})
"""Kinds that list their models to everybody, so that a key may be wrong all the same."""
LOOSE_LISTS = frozenset({"anthropic", "azure", "llamacpp"})
"""Kinds that may serve what they do not list: they list no aliases, or models rather than deployments, or take any
name."""
NOT_REACHED = {
    "dns": "correct the name in base_url, or the resolver",
    "connect": "start the server, open the firewall, or correct base_url",
    "timeout": "a firewall may drop the packets: open it, or correct base_url",
    "unknown_ca": "name the CA that signed it: 'tls: {ca: FILE}'",
    "expired": "renew it on the server",
    "other_name": "use the name in base_url that the certificate is for",
    "tls": "does it speak TLS at this port, and does it want a certificate of yours ('tls: {certificate, key}')?",
}
ANSWERS = {
    "http_401": ("key", "it is not accepted (401)", "set a key that is valid there"),
    "http_403": ("key", "it is not allowed to list models (403)", "give it the right to read models, or another key"),
    "http_404": ("api", "there is no /models at this URL (404)", "base_url usually ends in '/v1'"),
    "http_429": ("api", "too many requests (429)", "its quota is used up, or come again later"),
    "bad_answer": ("api", "what it answers is no JSON", "base_url leads to something else, or lacks its '/v1'"),
    "timeout": ("api", "it took the connection and does not answer", "look at the server's log"),
    "connection_lost": ("api", "it hung up", "look at the server's log; does it want TLS or a client certificate?"),
    "tls": ("tls", "it broke the connection off", "does it want a certificate of yours ('tls: {certificate, key}')?"),
}
OLLAMA = "ollama"
MODELS = {
    "ollama_cloud_model": ("the name leads to Ollama's cloud", "take it out, or move it to a vendor's zone"),
    "ollama_cloud_open_set_OLLAMA_NO_CLOUD": ("its cloud is open", "start that server with OLLAMA_NO_CLOUD=1"),
    "ollama_status_unknown": ("it does not say whether its cloud is closed", "update Ollama, set OLLAMA_NO_CLOUD=1"),
    "ollama_remote_model": ("it runs at another host", "pull a model that runs on this server"),
    "ollama_model_not_pulled": ("not pulled", "ringfence models pull UPSTREAM MODEL"),
}
"""Why an own server would not be asked for a model -> what that means, and what to do."""


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that was looked at, and how it is."""

    what: str
    grade: Literal["ok", "note", "problem"]
    text: str
    fix: str = ""


Say = Callable[[Said], None]


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found of one upstream."""

    upstream: Upstream
    said: tuple[Said, ...]
    observed: Observation | None

    @property
    def ok(self) -> bool:
        """Whether nothing has to be fixed."""
        return all(each.grade != "problem" for each in self.said)


async def check_all(registry: Registry, timeouts: Timeouts) -> tuple[list[Checked], list[Said]]:
    """Check every upstream, and what the file says across them; raises nothing."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(upstream: Upstream) -> Checked:
        async with turn:
            return await check(upstream, registry, timeouts)

    found = await asyncio.gather(*(one(upstream) for upstream in registry.upstreams))
    for each in found:
        if each.observed is not None:
            registry = registry.with_observed(each.upstream, each.observed)
    silent_zones = {each.upstream.zone for each in found if each.observed is None and each.upstream.lists_models}
    return found, list(across(registry, silent_zones))


async def check(upstream: Upstream, registry: Registry, timeouts: Timeouts) -> Checked:
    """Check one upstream; raises nothing."""
    found: list[Said] = list(of_file(upstream))
    client = silent(upstream, timeouts)
    said: Observation | None = None
    try:
        async with asyncio.timeout(WITHIN_S):
            if await _reached(upstream, found.append):
                said = await _answers(upstream, client, found.append)
            if said is not None:
                await _models(upstream, registry.with_observed(upstream, said), said, client, found.append)
    except TimeoutError:
        found.append(Said("time", "problem", f"it is not done after {WITHIN_S:.0f} s", "look at the server's load"))
    except Exception as error:  # noqa: BLE001 - whatever one upstream does, the others are checked
        found.append(Said("check", "problem", f"it failed ({type(error).__name__})", "look at what it answers"))
    finally:
        await client.close()
    return Checked(upstream, tuple(found), said)


def of_file(upstream: Upstream) -> Iterator[Said]:
    """Say what can be seen without asking anybody: host and zone, plain http, the key."""
    url = urlsplit(upstream.base_url)
    host = (url.hostname or "").rstrip(".")
    if not upstream.vendor and is_vendors(host):
        text = f"{host} is a vendor's, and '{upstream.zone}' is a zone of your own"
        yield Said("zone", "problem", text, "move it to a vendor's zone: prompts that are pinned would go there")
    elif upstream.vendor and _is_private(host):
        yield Said("zone", "note", f"'{upstream.zone}' is a vendor's zone, and {host} is near: a gateway of yours?")
    if url.scheme == "http" and not is_loopback(host):
        grade: Literal["note", "problem"] = "problem" if upstream.vendor else "note"
        yield Said("http", grade, "prompts, answers and key cross a network unencrypted", "use https")
    if upstream.drain:
        yield Said("drain", "note", "it gets nothing new", "take 'drain' away when it may")
    yield from _key(upstream)


def is_vendors(host: str) -> bool:
    """Whether a host is known to be a vendor's."""
    of_kinds = {urlsplit(kind.base_url).hostname for kind in KINDS.values() if kind.key_variable and kind.base_url}
    return any(f".{host}".endswith(f".{known}") for known in (*of_kinds, *VENDOR_HOSTS, AZURE))


def across(registry: Registry, silent_zones: Iterable[str] = ()) -> Iterator[Said]:
    """Say which stand-ins and arms no upstream of their zone serves, as far as those have said what they serve."""
    wanted = set()
    for name, stand_ins in registry.stand_ins.items():
        wanted |= {(zone, model, f"stand-in of '{name}'") for zone, model in stand_ins.items()}
    for name, by in registry.estate.splits.items():
        wanted |= {(zone, arm, f"an arm of '{name}'") for zone, arms in by.items() for arm in arms if arms[arm]}
    for zone, model, what in sorted(wanted):
        inside = [upstream for upstream in registry.upstreams if upstream.zone == zone]
        if not any(registry.serves(upstream, model) for upstream in inside):
            text = f"{model}, {what}, is served by no upstream of zone {zone}"
            if zone in silent_zones:
                yield Said("models", "note", f"{text} that answered")
            else:
                yield Said("models", "problem", text, "correct the name, or add it to the 'models' of an upstream")


def _key(upstream: Upstream) -> Iterator[Said]:
    file = Path(upstream.api_key_file).name
    named_at = " or ".join(name for name in (upstream.api_key_env, file) if name)
    own = KINDS[upstream.kind].key_variable
    found = _has_key(upstream)
    if found is None:
        yield Said("key", "problem", f"{named_at} holds what is no key", "one line of letters, digits and signs")
    elif found:
        yield Said("key", "ok", f"set ({named_at})")
    elif named_at:
        yield Said("key", "problem", f"{named_at} gives none here", "set it where the server runs, too")
    elif own and is_vendors(urlsplit(upstream.base_url).hostname or ""):
        yield Said("key", "problem", "none is named", f"say 'api_key_env: {own}', and set that variable")
    path = Path(upstream.api_key_file)
    if file and path.is_file() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Said("key", "note", f"others may read {file}", f"chmod 600 {file}")


def _has_key(upstream: Upstream) -> bool | None:
    """Say whether there is a key; None where what is there cannot be one."""
    try:
        return bool(upstream.api_key())
    except UpstreamError:
        return None


async def _reached(upstream: Upstream, say: Say) -> bool:
    """Look up, connect and shake hands; says at which step that ends."""
    url = urlsplit(upstream.base_url)
    host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    step = "name"
    try:
        found = await dialing.addresses(host, port)
        wrong = [address for address in found if dialing.outside(address, upstream.networks)]
        if wrong:
            networks = ", ".join(str(network) for network in upstream.networks)
            fix = f"its networks are {networks}: add the right one in policies/taxonomy.yaml, or correct base_url"
            say(Said("address", "problem", f"{_few(wrong)} is in none of the zone's networks", fix))
            return False
        step = "tcp"
        address = await dialing.connect(found, port)
        say(Said("address", "ok", f"{host if host == found[0] else f'{host} is {_few(found)}'}, port {port} is open"))
        step = "tls"
        if url.scheme == "https":
            own_ca = upstream.tls is not None and upstream.tls.ca
            shown = await dialing.certificate(address, port, host, (upstream.tls or Tls()).context())
            text = f"by {shown.issuer} ({'your own CA' if own_ca else 'a CA of the system'}), {shown.days} days left"
            soon = shown.days < SOON_DAYS
            say(Said("tls", "note" if soon else "ok", text, "renew it" if soon else ""))
    except NotReached as failed:
        at = "tls" if failed.why in {"unknown_ca", "expired", "other_name", "tls"} else step
        detail = failed.detail or {"timeout": "no connection in time"}.get(failed.why, failed.why)
        say(Said(at, "problem", f"{host}:{port}: {detail}", NOT_REACHED[failed.why]))
        return False
    return True


async def _answers(upstream: Upstream, client: UpstreamClient, say: Say) -> Observation | None:
    """Ask what it serves; says what its answer means for key and API."""
    try:
        said = await KINDS[upstream.kind].observe(client, upstream)
    except UpstreamError as error:
        other = ("api", f"it fails ({error.reason.replace('http_', '')})", "look at the server's log")
        what, text, fix = ANSWERS.get(error.reason, other)
        if what == "key" and not _has_key(upstream):
            text, fix = f"none was sent, and one is needed ({error.reason[-3:]})", "name one: 'api_key_env: VARIABLE'"
        say(Said(what, "problem", text, fix))
        return None
    if not upstream.vendor and upstream.kind != OLLAMA and await _is_ollama(client):
        text = "it answers as an Ollama does, which can hand requests to its vendor"
        say(Said("kind", "problem", text, f"say 'kind: {OLLAMA}', so that this is looked at before each request"))
    if _has_key(upstream):
        if upstream.kind in OPEN_LISTS:
            say(Said("key", "note", "not judged: everybody may list the models of such a server"))
        else:
            say(Said("key", "ok", "accepted"))
    if upstream.kind in LOOSE_LISTS and not said.models:
        say(Said("api", "ok", "it answers, and lists no models"))
        return said
    say(Said("api", "ok", f"it lists {len(said.models)} model{'s' * (len(said.models) != 1)}"))
    return said


async def _is_ollama(client: UpstreamClient) -> bool:
    """Whether it answers to questions of which only Ollama is known to know both."""
    try:
        version, tags = await client.probe("/api/version"), await client.probe("/api/tags")
    except UpstreamError:
        return False
    return isinstance(version, dict) and "version" in version and isinstance(tags, dict) and "models" in tags


async def _models(upstream: Upstream, registry: Registry, said: Observation, client: UpstreamClient, say: Say) -> None:
    exact = [name for name in dict.fromkeys((*upstream.models, upstream.default_model)) if name and "*" not in name]
    listed = said.profiles.keys() | set(said.models)
    served = list(dict.fromkeys((*exact, *sorted(registry.listed.get(upstream.id, ())))))
    elsewhere = {} if upstream.vendor else await _elsewhere(upstream, served, client)
    for reason in dict.fromkeys(elsewhere.values()):
        say(_why_not(upstream, reason, [model for model, why in elsewhere.items() if why == reason]))
    lacking = [name for name in exact if name not in listed and f"{name}:latest" not in listed]
    loose = upstream.kind in LOOSE_LISTS
    for name in lacking:
        if name not in elsewhere and not (loose and not said.models):
            near = difflib.get_close_matches(name, [each for each in said.models if each.isprintable()], n=1)
            fix = f"is it '{near[0]}'?" if near else "load it there, or correct the name"
            say(Said("models", "note" if loose else "problem", f"{name} is not among them", fix))
    patterns = [pattern for pattern in upstream.models if pattern.endswith("*") and pattern != "*"]
    empty = [pattern for pattern in patterns if not any(matches(pattern, name) for name in listed)]
    if empty and said.models:
        say(Said("models", "note", f"none of them is called {_few(empty)}"))
    judged = elsewhere if loose else {*lacking, *elsewhere}
    _context(upstream, registry, [model for model in served if model not in judged], say)
    for warning in said.warnings:
        fact, _, fix = warning.partition(": ")
        say(Said("server", "note", fact, fix))


async def _elsewhere(upstream: Upstream, models: list[str], client: UpstreamClient) -> dict[str, str]:
    """Ask, as before each request, which models would not be answered by this server, itself, and why."""
    turn = asyncio.Semaphore(MODELS_AT_ONCE)

    async def why_not(model: str) -> str:
        async with turn:
            try:
                await KINDS[upstream.kind].check(client, model)
            except UpstreamError as error:
                return error.reason
            return ""

    reasons = zip(models, await asyncio.gather(*map(why_not, models)), strict=True)
    return {model: reason for model, reason in reasons if reason}


def _why_not(upstream: Upstream, reason: str, models: list[str]) -> Said:
    text, fix = MODELS.get(reason, (f"it would not be asked for them ({reason})", "look at the server"))
    fix = fix.replace("UPSTREAM", upstream.id).replace("MODEL", models[0])
    return Said("models", "problem", f"{_few(models)}: {text}", fix)


def _context(upstream: Upstream, registry: Registry, served: list[str], say: Say) -> None:
    sizes = {model: registry.profile(upstream, model).context_window for model in served}
    unknown = [model for model, size in sizes.items() if size is None]
    known = [f"{model} {size:,}" for model, size in sizes.items() if size is not None]
    if known:
        say(Said("context", "ok", f"{_few(known)} tokens"))
    if unknown and not KINDS[upstream.kind].cuts:  # such a kind says more itself
        fix = f"say it: 'profiles: {{\"{unknown[0]}\": {{context_window: TOKENS}}}}'"
        say(Said("context", "note", f"not known of {_few(unknown)}: what is too long is not noticed here", fix))


def _few(names: list[str]) -> str:
    return ", ".join(names[:FEW]) + (f" and {len(names) - FEW} more" if len(names) > FEW else "")


def _is_private(host: str) -> bool:
    try:
        return is_loopback(host) or ipaddress.ip_address(host).is_private
    except ValueError:
        return False
