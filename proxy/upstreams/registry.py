"""The upstream registry: which model servers exist, in which zone each stands, and which models each serves.

Part of the bundle that is activated as one, read with the same strictness as a policy. Zones are names of the
policy's taxonomy; `bind` joins the two and gives each upstream the networks that its zone may be reached in.
"""

import hashlib
import ipaddress
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import orjson

from proxy.addresses import is_loopback
from proxy.content.token_ids import NO_TOKENIZERS, Tokenizers
from proxy.errors import RequestRefused
from proxy.files.diagnostics import Problems
from proxy.files.node import Node
from proxy.files.source import parse, read
from proxy.upstreams.tokenizers import read_tokenizers

OPENAI = ("chat", "completions", "embeddings", "responses")
ENDPOINTS = (*OPENAI, "messages")
KINDS: Mapping[str, tuple[str, ...]] = {
    "openai": OPENAI,
    "vllm": ENDPOINTS,
    "ollama": ENDPOINTS,
    "lmstudio": ENDPOINTS,
    "anthropic": ("messages",),
}
"""Kinds of servers, and the endpoints that each serves where `endpoints` does not say otherwise."""
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,126}")
PATTERN = re.compile(r"\*|[A-Za-z0-9][A-Za-z0-9._:/@-]{0,125}\*?")
VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")
ONLINE = ("search", "research", "@preset")
"""Words of models that send parts of a prompt on to a search engine, or that somebody set up at an aggregator (search,
models and all): no pattern serves them, only their full name."""
STORES_CHATS = "api.openai.com"
"""Keeps chats of new accounts unless told not to (its guide "Migrate to the Responses API"); so do its regions' hosts.
Others keep none by themselves, and some, such as Gemini, refuse a request that says anything of it."""
OTHER = "other"
"""Stands in records for every name that is not configured or registered."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Upstream:
    """One model server, in exactly one zone. `networks` empty means any address (a vendor's)."""

    id: str
    kind: str
    zone: str
    base_url: str
    api_key_env: str = ""
    models: tuple[str, ...] = ()
    default_model: str = ""
    region: str = ""
    allow_http: bool = False
    endpoints: tuple[str, ...] = OPENAI
    """What it is asked for, by the names that policies use."""
    vendor: bool = True
    networks: tuple[Network, ...] = ()
    where: Node | None = field(default=None, compare=False, repr=False)
    """The zone's name in the file, for what is said of it."""

    def api_key(self) -> str:
        """Read the upstream's key from the environment; it is in no file and no record."""
        return os.environ.get(self.api_key_env, "") if self.api_key_env else ""

    @property
    def lists_models(self) -> bool:
        """Whether it serves whatever its own `/v1/models` lists."""
        return "*" in self.models

    @property
    def stores_chats(self) -> bool:
        """Whether it keeps chats unless it is told not to."""
        host = (urlsplit(self.base_url).hostname or "").rstrip(".")
        return f".{host}".endswith(f".{STORES_CHATS}")

    @property
    def endpoint_sha256(self) -> str:
        """Digest of the base URL, as it stands in records."""
        return hashlib.sha256(self.base_url.encode()).hexdigest()


@dataclass(frozen=True)
class Registry:
    """Every upstream, what answers instead of a model in a zone, and what the upstreams were seen to serve."""

    upstreams: tuple[Upstream, ...]
    stand_ins: Mapping[str, Mapping[str, str]]
    sha256: str
    listed: Mapping[str, frozenset[str]]
    tokenizers: Tokenizers = NO_TOKENIZERS

    @property
    def zones(self) -> frozenset[str]:
        """Zones that have an upstream."""
        return frozenset(upstream.zone for upstream in self.upstreams)

    def text(self) -> bytes:
        """Return what `sha256` is the digest of: the file's meaning as canonical JSON, for the archive of bundles."""
        return _canonical(self.upstreams, self.stand_ins, self.tokenizers)

    def serves(self, upstream: Upstream, model: str) -> bool:
        """Whether an upstream serves a model under this very name."""
        if model == upstream.default_model or model in self.listed.get(upstream.id, ()):
            return True
        return any(_matches(pattern, model) for pattern in upstream.models if pattern != "*")

    def registered(self, model: str) -> str:
        """Return the configured name or pattern that a model name stands under; OTHER when there is none."""
        if model in self.names():
            return model
        patterns = (p for u in self.upstreams for p in u.models if p != "*" and _matches(p, model))
        return next(patterns, OTHER)

    def resolve(self, model: str) -> str:
        """Return the registered name of a requested model; raises RequestRefused (404) without repeating it."""
        registered = self.registered(model)
        if registered == OTHER:
            raise RequestRefused(
                "This model is not served here; GET /v1/models lists what you may use.",
                status=404,
                code="model_not_found",
                param="model",
            )
        return registered

    def names(self) -> frozenset[str]:
        """Every model that has a name of its own, that is, does not only match a pattern."""
        return self._names

    def every(self) -> list[str]:
        """Return every registered name and pattern."""
        patterns = {pattern for upstream in self.upstreams for pattern in upstream.models if pattern != "*"}
        return sorted(self._names | patterns)

    @cached_property
    def _names(self) -> frozenset[str]:
        exact = {m for u in self.upstreams for m in (*u.models, u.default_model) if m and not m.endswith("*")}
        mapped = {name for zones in self.stand_ins.values() for name in zones.values()}
        return frozenset(exact.union(mapped, self.stand_ins, *self.listed.values()))

    def with_listed(self, upstream_id: str, models: Iterable[str]) -> "Registry":
        """Return the registry with what an upstream's `/v1/models` listed; unusable names are left out."""
        usable = frozenset(model for model in models if MODEL.fullmatch(model))
        return replace(self, listed={**self.listed, upstream_id: usable})

    def with_listed_of(self, before: "Registry") -> "Registry":
        """Take over what the very same upstreams listed before; a changed one has to list anew."""
        same = [upstream.id for upstream in self.upstreams if upstream.lists_models and upstream in before.upstreams]
        return replace(self, listed={name: before.listed[name] for name in same if name in before.listed})

    def bind(self, zones: Mapping[str, tuple[bool, tuple[str, ...]]]) -> "Registry":
        """Join with the taxonomy: for each zone whether a vendor runs it, and the networks of an own one."""
        return replace(self, upstreams=tuple(_bound(upstream, *zones[upstream.zone]) for upstream in self.upstreams))


def load_registry(path: Path) -> Registry:
    """Read an upstream file; raises FileRefused with `file:line:col` for everything that is wrong with it."""
    return read_registry(read(path), path.name, path.parent)


def read_registry(text: bytes, name: str, folder: Path = Path()) -> Registry:
    """Read the text of an upstream file that was read already; raises FileRefused in the same way.

    What it names, such as tokenizers, lies in `folder`.
    """
    problems = Problems()
    top = parse(text, name).fields(problems, required=["upstreams"], optional=["models", "tokenizers"])
    upstreams = tuple(_upstream(node, problems) for node in top["upstreams"].items(problems, least=1))
    seen: set[str] = set()
    for node, upstream in zip(top["upstreams"].members, upstreams, strict=True):
        if upstream.id and upstream.id in seen:
            problems.error(node, "duplicate-id", f"'{upstream.id}' is the name of two upstreams")
        seen.add(upstream.id)
    stand_ins = _stand_ins(top["models"], {upstream.zone for upstream in upstreams}, problems)
    tokenizers = read_tokenizers(top["tokenizers"], folder, problems)
    problems.check()
    sha256 = hashlib.sha256(_canonical(upstreams, stand_ins, tokenizers)).hexdigest()
    return Registry(upstreams, stand_ins, sha256, {}, tokenizers)


def zones_of(text: bytes) -> frozenset[str]:
    """Return the zones that have an upstream in what `Registry.text` wrote."""
    return frozenset(upstream["zone"] for upstream in orjson.loads(text)["upstreams"])


def check_zones(registry: Registry, zones: Iterable[str]) -> None:
    """Raise FileRefused where an upstream stands in a zone that the taxonomy does not have."""
    problems = Problems()
    known = tuple(zones)
    for upstream in registry.upstreams:
        if upstream.where is not None:
            upstream.where.choice(problems, known, "unknown-zone")
    problems.check()


def _upstream(node: Node, problems: Problems) -> Upstream:
    keys = node.fields(
        problems,
        required=["name", "kind", "zone", "base_url"],
        optional=["api_key_env", "models", "default_model", "region", "allow_http", "endpoints"],
    )
    kind = keys["kind"].choice(problems, tuple(KINDS))
    asked = tuple(item.choice(problems, ENDPOINTS) for item in keys["endpoints"].items(problems))
    made = Upstream(
        id=keys["name"].text(problems, NAME, "a name of a-z, 0-9 and '-'"),
        kind=kind,
        zone=keys["zone"].text(problems, NAME, "the name of a zone"),
        base_url=_base_url(keys["base_url"], keys["allow_http"].boolean(problems), problems),
        api_key_env=keys["api_key_env"].text(problems, VARIABLE, "the name of an environment variable, never a key"),
        models=tuple(
            model.text(problems, PATTERN, "a model name, 'prefix*' or '*'") for model in keys["models"].items(problems)
        ),
        default_model=keys["default_model"].text(problems, MODEL, "a model name"),
        region=keys["region"].text(problems, NAME, "a region"),
        allow_http=keys["allow_http"].boolean(problems),
        endpoints=asked or KINDS.get(kind, OPENAI),
        where=keys["zone"],
    )
    if node.kind == "mapping" and not made.models and not made.default_model:
        problems.error(node, "serves-nothing", "an upstream needs 'models' or 'default_model'")
    return made


def _base_url(node: Node, allow_http: bool, problems: Problems) -> str:
    text = node.text(problems)
    try:
        url = urlsplit(text)
        host = url.hostname if url.port is None or url.port else None
    except ValueError:
        url, host = SplitResult("", "", "", "", ""), None
    if not text:
        return ""
    if url.scheme not in {"http", "https"} or not host or url.query or url.fragment or url.username or url.password:
        problems.error(
            node, "bad-url", "expected an http(s) URL without user, query or fragment, such as https://host/v1"
        )
    elif url.scheme == "http" and not (allow_http or is_loopback(host)):
        problems.error(
            node, "plain-http", "content would cross a network unencrypted", "use https, or say 'allow_http: true'"
        )
    return text.rstrip("/")


def _stand_ins(node: Node, zones: set[str], problems: Problems) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for key, value in node.pairs(problems):
        name = key.text(problems, MODEL, "a model name")
        found[name] = {
            zone.choice(problems, sorted(zones), "unknown-zone"): model.text(problems, MODEL, "a model name")
            for zone, model in value.pairs(problems)
        }
    return found


def _matches(pattern: str, model: str) -> bool:
    if not pattern.endswith("*"):
        return model == pattern
    rest = model.removeprefix(pattern[:-1])
    if rest == model or MODEL.fullmatch(model) is None:
        return False
    # A colon begins a routing suffix at aggregators, such as `:online`; a pattern that wants one says so.
    return not any(word in rest for word in ONLINE) and (":" not in rest or ":" in pattern)


def _canonical(
    upstreams: tuple[Upstream, ...], stand_ins: Mapping[str, Mapping[str, str]], tokenizers: Tokenizers
) -> bytes:
    plain: dict[str, Any] = {
        "upstreams": [
            {
                name: getattr(u, name)
                for name in Upstream.__dataclass_fields__
                if name not in {"networks", "vendor", "where"}
            }
            for u in upstreams
        ],
        "models": stand_ins,
    }
    if tokenizers.by_model:  # a file without them has the digest that it always had
        plain["tokenizers"] = {name: tokenizer.sha256 for name, tokenizer in tokenizers.by_model.items()}
    return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)


def _bound(upstream: Upstream, vendor: bool, networks: tuple[str, ...]) -> Upstream:
    return replace(upstream, vendor=vendor, networks=tuple(ipaddress.ip_network(text) for text in networks))
