"""What a model string means, as operators and other tools write them, and how it resolves here.

    ollama/NAME, vllm/NAME ...     a preset: a kind of model server, at its usual place unless the file says another
    http(s)://host/v1/NAME         a URL, split at its last `/`
    claude-..., gpt-..., llama...  a bare name: by its beginning a vendor's, whom OpenRouter names before a `/`

These forms are the operator's. A caller's `model` is looked up as it stands: what is registered under this very name
is served, all else is 404. Nothing here opens a connection, and no key is ever returned, only where it would come from.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from proxy.addresses import is_loopback, is_plain
from proxy.errors import ConfigurationError
from proxy.routing import Candidate, candidates
from proxy.upstreams.errors import UpstreamError
from proxy.upstreams.kinds.known import KINDS
from proxy.upstreams.kinds.ollama_names import says_cloud
from proxy.upstreams.profile import Profile
from proxy.upstreams.registry import Registry
from proxy.upstreams.upstream import ENDPOINTS, MODEL, OTHER, Upstream

URL = re.compile(r"https?://", re.IGNORECASE)
AZURE = ".openai.azure.com"
AGGREGATOR = "openrouter"
VENDORS = {
    "claude": "anthropic",
    "gpt": "openai",
    "o1": "openai",
    "o3": "openai",
    "o4": "openai",
    "gemini": "google",
    "llama": "meta-llama",
    "deepseek": "deepseek",
    "mistral": "mistralai",
}
"""The beginning of a bare name -> its vendor, as OpenRouter names vendors (openrouter.ai/models)."""


@dataclass(frozen=True, slots=True)
class Meant:
    """What a model string says by its form."""

    form: str
    """`url`, `preset` or `name`."""
    model: str
    """What the server is asked for."""
    kind: str = ""
    """Of its server; empty where nothing tells."""
    base_url: str = ""
    vendor: str = ""
    """Whose model it is, by the beginning of a bare name."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Serving:
    """One upstream that would be asked, and under which name."""

    zone: str
    upstream: str
    model: str
    how: str
    """`by this name`, `stand-in`, `split, 30 of 100`, or that with `default model` where the upstream lacks it."""
    tier: int
    endpoints: tuple[str, ...]
    profile: Profile
    key: str
    drain: bool


@dataclass(frozen=True, slots=True)
class Resolved:
    """How a model string resolves in an estate."""

    text: str
    meant: Meant
    registered: str
    """The name or pattern under which callers get it; empty where they get 404."""
    asked: str
    """What callers have to write for what `serving` says; empty where nothing serves it."""
    serving: tuple[Serving, ...] = ()
    near: tuple[str, ...] = ()
    """Registered names that may have been meant."""
    entry: str = ""
    """For the file of upstreams, where nothing there serves it."""


@dataclass(frozen=True, slots=True)
class Zones:
    """The zones of the taxonomy, in its order, with whether a vendor runs them."""

    vendor: Mapping[str, bool] = field(default_factory=dict)

    def first(self, *, vendor: bool) -> str:
        """Return the first zone of this trust, or a usual name for one."""
        usual = "cloud" if vendor else "onprem"
        return next((name for name, is_vendor in self.vendor.items() if is_vendor is vendor), usual)


def read(text: str) -> Meant:
    """Say what a string means by its form alone; raises ConfigurationError for what can be no model string."""
    if URL.match(text):
        return _of_url(text)
    if MODEL.fullmatch(text) is None:
        raise ConfigurationError(
            "This is no model string: letters, digits and . _ : / @ - (at most 127), or an http(s) URL before a name."
        )
    preset, slash, name = text.partition("/")
    if slash and preset in KINDS and MODEL.fullmatch(name):
        return Meant("preset", name, preset, KINDS[preset].base_url)
    if slash:
        note = f"'{preset}' is no preset ({', '.join(KINDS)}): a name with a '/', as vLLM and OpenRouter have them"
        return Meant("name", text, notes=(note,))
    if ":" in text:
        return Meant("name", text, "ollama", KINDS["ollama"].base_url, notes=("a ':' begins a tag of Ollama",))
    vendor = next((of for begin, of in VENDORS.items() if text.lower().startswith(begin)), "")
    kind = vendor if vendor in KINDS else AGGREGATOR if vendor else ""
    return Meant("name", text, kind, KINDS[kind].base_url if kind else "", vendor)


def resolve(text: str, registry: Registry, zones: Zones) -> Resolved:
    """Say how a string resolves against what is configured, and what the upstreams were seen to list."""
    meant = read(text)
    names = registry.names()
    registered = registry.registered(text)
    if registered != OTHER:
        return Resolved(text, meant, registered, text, _serving(text, registry, zones))
    there = [at for at in registry.upstreams if _is_meant(at, meant)] if meant.form != "name" else []
    within = replace(registry, upstreams=tuple(there))
    found = _serving(meant.model, within, zones) if registry.registered(meant.model) != OTHER else ()
    exact = tuple(one for one in found if one.tier == 0)
    near = tuple(sorted(name for name in names - {meant.model} if meant.model in name))[:5]
    entry = "" if exact else paste(meant, zones)
    return Resolved(text, meant, "", meant.model if exact else "", exact, () if exact else near, entry)


def key_source(upstream: Upstream) -> str:
    """Say where an upstream's key comes from, never what it is: the environment, then a file, then none."""
    variable, file = upstream.api_key_env, Path(upstream.api_key_file).name
    by_environment = bool(variable and os.environ.get(variable))
    try:
        if upstream.api_key():
            return f"environment {variable}" if by_environment else f"file {file}"
    except UpstreamError:
        return f"{f'environment {variable}' if by_environment else f'file {file}'}, which cannot be used"
    named = [f"{variable} is not set"] if variable else []
    named += [f"file {file} cannot be read or is empty"] if file else []
    return f"none: {', '.join(named)}" if named else "none"


def paste(meant: Meant, zones: Zones) -> str:
    """Return lines for the file of upstreams that serve what is meant; empty where nothing says what server that is."""
    if not meant.kind:
        return ""
    kind = KINDS[meant.kind]
    away = meant.kind == "ollama" and says_cloud(meant.model)
    local = _is_local(meant.base_url) and not away
    zone = zones.first(vendor=not local)
    via = meant.kind == AGGREGATOR and meant.vendor
    served = f"{meant.vendor}/{meant.model}" if via else meant.model
    host = urlsplit(meant.base_url).hostname or ""
    slug = re.sub(r"[^a-z0-9]+", "-", host.lower()).strip("-")[:32] if meant.form == "url" else ""
    plain_http = meant.base_url.startswith("http:") and not is_loopback(host)
    fields = {
        "name": json.dumps(slug) if slug else meant.kind,
        "kind": meant.kind,
        "zone": zone,
        "base_url": json.dumps(meant.base_url or "https://RESOURCE.openai.azure.com/openai/v1"),
        **({"allow_http": "true"} if plain_http else {}),
        **({"api_key_env": kind.key_variable} if kind.key_variable and not local else {}),
        "models": json.dumps([served]),
    }
    lines = ["upstreams:", f"  - {{{', '.join(f'{field}: {value}' for field, value in fields.items())}}}"]
    if away:
        lines.append(
            "# a model of Ollama's vendor, which answers for your server: in a zone of your own it is never used"
        )
    if via:
        lines += [
            "models:  # so that callers may write the bare name",
            f"  {meant.model}: {{{zone}: {json.dumps(served)}}}",
        ]
    return "\n".join(lines)


def _of_url(text: str) -> Meant:
    base, _, model = text.rpartition("/")
    if not is_plain(base) or not MODEL.fullmatch(model) or not (urlsplit(base).hostname or ""):
        raise ConfigurationError(
            "Of a URL form, http(s)://host/v1/NAME, what follows the last '/' is the model, and what precedes it a URL "
            "without user, query or fragment."
        )
    url = urlsplit(base)
    host, port = (url.hostname or "").lower(), url.port
    places = {name: urlsplit(kind.base_url) for name, kind in KINDS.items() if kind.base_url}
    kind = next((name for name, place in places.items() if place.hostname == host and place.port == port), "")
    kind = kind or ("azure" if host.endswith(AZURE) else "")
    by_port = next((name for name, place in places.items() if place.port and place.port == port), "")
    notes = [f"by its port perhaps {by_port}"] if by_port and not kind else []
    if base.rstrip("/").rpartition("/")[2] not in {"v1", "openai"} and "/v1/" in base:
        notes.append("a name with a '/' cannot be written in this form")
    return Meant("url", model, kind or by_port or "openai", base, notes=tuple(notes))


def _is_meant(upstream: Upstream, meant: Meant) -> bool:
    """Whether a preset or a URL is about this upstream."""
    return upstream.kind == meant.kind if meant.form == "preset" else upstream.base_url == meant.base_url


def _is_local(base_url: str) -> bool:
    """Whether this is no vendor's: a usual place on this machine, or any URL that no vendor is known by."""
    host = urlsplit(base_url).hostname or ""
    vendors = {urlsplit(kind.base_url).hostname for kind in KINDS.values() if kind.key_variable}
    return bool(host) and host not in vendors and not host.endswith(AZURE)


def _serving(model: str, registry: Registry, zones: Zones) -> tuple[Serving, ...]:
    order = [*zones.vendor, *sorted(registry.zones - zones.vendor.keys())]
    return tuple(one for zone in order for one in _in_zone(zone, model, registry))


def _in_zone(zone: str, model: str, registry: Registry) -> list[Serving]:
    arms = registry.estate.splits.get(model, {}).get(zone, {})
    if not arms:
        stand_in = registry.stand_ins.get(model, {}).get(zone)
        return _of(zone, model, registry, "by this name" if stand_in in {None, model} else "stand-in")
    whole = replace(registry, stand_ins={}, estate=replace(registry.estate, splits={}))
    drawn = {arm: weight for arm, weight in arms.items() if weight}
    share = sum(drawn.values())
    return [one for arm, weight in drawn.items() for one in _of(zone, arm, whole, f"split, {weight} of {share}")]


def _of(zone: str, model: str, registry: Registry, how: str) -> list[Serving]:
    found: dict[Candidate, list[str]] = {}
    for endpoint in ENDPOINTS:
        for candidate in candidates(zone, endpoint, model, registry):
            found.setdefault(candidate, []).append(endpoint)
    made = [
        Serving(
            zone,
            at.upstream.id,
            at.model,
            "default model" if at.tier and how == "by this name" else f"{how}, else default model" if at.tier else how,
            at.tier,
            tuple(endpoints),
            registry.profile(at.upstream, at.model),
            key_source(at.upstream),
            at.upstream.drain,
        )
        for at, endpoints in found.items()
    ]
    return sorted(made, key=lambda one: one.tier)
