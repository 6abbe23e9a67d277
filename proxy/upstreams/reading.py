"""Reads the file of upstreams, with the strictness of a policy: what is wrong is named with its place."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from proxy.addresses import is_loopback
from proxy.costs.prices import read_prices
from proxy.files.diagnostics import Problems
from proxy.files.node import Node
from proxy.files.source import parse, read
from proxy.upstreams.kinds.kind import Kind
from proxy.upstreams.kinds.known import KINDS
from proxy.upstreams.profile import ABILITIES, Profile
from proxy.upstreams.registry import BALANCES, Estate, Registry, canonical
from proxy.upstreams.tls import read_tls
from proxy.upstreams.tokenizers import read_tokenizers
from proxy.upstreams.upstream import ENDPOINTS, MODEL, NAME, PATTERN, VARIABLE, Upstream, matches

MOST_TOKENS = 10**8
MOST_WEIGHT = 1000
MOST_REQUESTS = 100_000
MOST_SECONDS = 3600
SIZES = ("context_window", "max_output")
OPTIONAL = ("models", "tokenizers", "profiles", "splits", "balance", "prices")
NUMBERS = {
    "weight": (1, MOST_WEIGHT),
    "max_in_flight": (1, MOST_REQUESTS),
    "max_queue": (0, MOST_REQUESTS),
    "queue_s": (0, MOST_SECONDS),
    "connect_s": (1, MOST_SECONDS),
    "read_s": (1, MOST_SECONDS),
}
"""Keys of an upstream that are whole numbers, with the least and the most."""
OF_UPSTREAM = (
    "base_url",
    "api_key_env",
    "api_key_file",
    "models",
    "default_model",
    "region",
    "allow_http",
    "endpoints",
    "tls",
    "drain",
    *NUMBERS,
)


def load_registry(path: Path) -> Registry:
    """Read an upstream file; raises FileRefused with `file:line:col` for everything that is wrong with it."""
    return read_registry(read(path), path.name, path.parent)


def read_registry(text: bytes, name: str, folder: Path = Path()) -> Registry:
    """Read the text of an upstream file that was read already; raises FileRefused in the same way.

    What it names, such as tokenizers, lies in `folder`.
    """
    problems = Problems()
    top = parse(text, name).fields(problems, required=["upstreams"], optional=OPTIONAL)
    upstreams = tuple(_upstream(node, folder, problems) for node in top["upstreams"].items(problems, least=1))
    seen: set[str] = set()
    for node, upstream in zip(top["upstreams"].members, upstreams, strict=True):
        if upstream.id and upstream.id in seen:
            problems.error(node, "duplicate-id", f"'{upstream.id}' is the name of two upstreams")
        seen.add(upstream.id)
    zones = sorted({upstream.zone for upstream in upstreams})
    stand_ins = _stand_ins(top["models"], zones, problems)
    tokenizers = read_tokenizers(top["tokenizers"], folder, problems)
    estate = Estate(
        profiles=_profiles(top["profiles"], problems),
        splits=_splits(top["splits"], upstreams, problems),
        balance=_balance(top["balance"], zones, problems),
        prices=read_prices(top["prices"], zones, problems),
    )
    problems.check()
    sha256 = hashlib.sha256(canonical(upstreams, stand_ins, tokenizers, estate)).hexdigest()
    return Registry(upstreams, stand_ins, sha256, {}, tokenizers, estate)


def check_zones(registry: Registry, zones: Iterable[str]) -> None:
    """Raise FileRefused where an upstream stands in a zone that the taxonomy does not have."""
    problems = Problems()
    known = tuple(zones)
    for upstream in registry.upstreams:
        if upstream.where is not None:
            upstream.where.choice(problems, known, "unknown-zone")
    problems.check()


def _upstream(node: Node, folder: Path, problems: Problems) -> Upstream:
    keys = node.fields(problems, required=["name", "kind", "zone"], optional=OF_UPSTREAM)
    kind = keys["kind"].choice(problems, tuple(KINDS))
    is_kind = KINDS.get(kind, Kind())
    key_file = keys["api_key_file"].text(problems, wanted="a path")
    asked = tuple(item.choice(problems, ENDPOINTS) for item in keys["endpoints"].items(problems))
    made = Upstream(
        id=keys["name"].text(problems, NAME, "a name of a-z, 0-9 and '-'"),
        kind=kind,
        zone=keys["zone"].text(problems, NAME, "the name of a zone"),
        base_url=_base_url(node, keys, is_kind, problems),
        api_key_env=keys["api_key_env"].text(problems, VARIABLE, "the name of an environment variable, never a key"),
        models=tuple(
            model.text(problems, PATTERN, "a model name, 'prefix*' or '*'") for model in keys["models"].items(problems)
        ),
        default_model=keys["default_model"].text(problems, MODEL, "a model name"),
        region=keys["region"].text(problems, NAME, "a region"),
        allow_http=keys["allow_http"].boolean(problems),
        endpoints=asked or is_kind.endpoints,
        api_key_file=str(folder / key_file) if key_file else "",
        tls=read_tls(keys["tls"], folder, problems),
        drain=keys["drain"].boolean(problems),
        **{  # type: ignore[arg-type]
            name: keys[name].integer(problems, low, high) for name, (low, high) in NUMBERS.items() if keys[name].present
        },
        where=keys["zone"],
    )
    if made.tls is not None and made.base_url.startswith("http://"):
        problems.error(keys["tls"], "no-tls", "its 'base_url' is plain http, which has no certificates")
    if node.kind == "mapping" and not made.models and not made.default_model:
        problems.error(node, "serves-nothing", "an upstream needs 'models' or 'default_model'")
    return made


def _base_url(of: Node, keys: Mapping[str, Node], kind: Kind, problems: Problems) -> str:
    node, allow_http = keys["base_url"], keys["allow_http"].boolean(problems)
    text = node.text(problems) if node.present else kind.base_url
    if not text and not node.present and of.kind == "mapping":
        problems.error(of, "missing-key", "'base_url' is missing here")
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


def _profiles(node: Node, problems: Problems) -> dict[str, Profile]:
    """Read what models can do, by name or by the beginning of names (`name*`)."""
    found = {}
    for key, value in node.pairs(problems):
        given = value.fields(problems, optional=[*SIZES, *ABILITIES])
        said: dict[str, int | bool] = {
            name: item.integer(problems, 1, MOST_TOKENS) if name in SIZES else item.boolean(problems)
            for name, item in given.items()
            if item.present
        }
        found[key.text(problems, PATTERN, "a model name, 'prefix*' or '*'")] = Profile(**said)  # type: ignore[arg-type]
    return found


def _splits(node: Node, upstreams: tuple[Upstream, ...], problems: Problems) -> dict[str, dict[str, dict[str, int]]]:
    """Read for a requested model, and a zone, the models that share its requests, each with its weight.

    One that no upstream of the zone could serve is an error: its share would silently go to other models.
    """
    zones = sorted({upstream.zone for upstream in upstreams})
    found: dict[str, dict[str, dict[str, int]]] = {}
    for key, by_zone in node.pairs(problems):
        name = key.text(problems, MODEL, "a model name")
        found[name] = {}
        for zone, arms in by_zone.pairs(problems):
            named = zone.choice(problems, zones, "unknown-zone")
            inside = [upstream for upstream in upstreams if upstream.zone == named]
            found[name][named] = {
                _arm(model, inside, problems): weight.integer(problems, 0, MOST_WEIGHT)
                for model, weight in arms.pairs(problems)
            }
            if arms.kind == "mapping" and not any(found[name][named].values()):
                problems.error(arms, "too-few", "at least one model with a weight above 0 is needed here")
    return found


def _arm(node: Node, inside: list[Upstream], problems: Problems) -> str:
    model = node.text(problems, MODEL, "a model name")
    might = (at.lists_models or model == at.default_model or _named(at, model) for at in inside)
    if model and inside and not any(might):
        problems.error(node, "unserved", "no upstream of this zone serves this model", "add it to the 'models' of one")
    return model


def _named(upstream: Upstream, model: str) -> bool:
    return any(matches(pattern, model) for pattern in upstream.models)


def _balance(node: Node, zones: list[str], problems: Problems) -> dict[str, str]:
    return {
        zone.choice(problems, zones, "unknown-zone"): way.choice(problems, BALANCES)
        for zone, way in node.pairs(problems)
    }


def _stand_ins(node: Node, zones: list[str], problems: Problems) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for key, value in node.pairs(problems):
        name = key.text(problems, MODEL, "a model name")
        found[name] = {
            zone.choice(problems, zones, "unknown-zone"): model.text(problems, MODEL, "a model name")
            for zone, model in value.pairs(problems)
        }
    return found
