"""The upstream registry: which model servers exist, in which zone each stands, and which models each serves.

Part of the bundle that is activated as one. Zones are names of the policy's taxonomy; `bind` joins the two and gives
each upstream the networks that its zone may be reached in.
"""

import hashlib
import ipaddress
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from proxy.content.token_ids import NO_TOKENIZERS, Tokenizers
from proxy.costs.prices import Prices
from proxy.errors import RequestRefused
from proxy.memo import Memo
from proxy.upstreams.kinds.kind import Observation
from proxy.upstreams.kinds.known import KINDS
from proxy.upstreams.profile import UNKNOWN, Profile
from proxy.upstreams.upstream import MODEL, OTHER, Upstream, matches

BALANCES = ("least-busy", "weighted")
"""How the upstreams of a zone share requests; the first where nothing is said."""
FIRST_FIELDS = frozenset(
    {"id", "kind", "zone", "base_url", "api_key_env", "models", "default_model", "region", "allow_http", "endpoints"}
)
"""Of an upstream, what is in the digest whatever it says; the rest is where it says something."""


@dataclass(frozen=True, slots=True)
class Estate:
    """What the file says of models and zones beyond who serves what."""

    profiles: Mapping[str, Profile] = field(default_factory=dict)
    """By model name or pattern."""
    splits: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)
    """Requested model -> zone -> the models that share its requests there, each with its weight."""
    balance: Mapping[str, str] = field(default_factory=dict)
    """By zone, one of BALANCES."""
    prices: Prices = field(default_factory=Prices)


@dataclass(frozen=True)
class Registry:
    """Every upstream, what answers instead of a model in a zone, and what the upstreams were seen to serve."""

    upstreams: tuple[Upstream, ...]
    stand_ins: Mapping[str, Mapping[str, str]]
    sha256: str
    listed: Mapping[str, frozenset[str]]
    tokenizers: Tokenizers = NO_TOKENIZERS
    estate: Estate = field(default_factory=Estate)
    seen: Mapping[str, Mapping[str, Profile]] = field(default_factory=dict)
    """What upstreams were seen to say of their models."""

    @property
    def zones(self) -> frozenset[str]:
        """Zones that have an upstream."""
        return frozenset(upstream.zone for upstream in self.upstreams)

    def text(self) -> bytes:
        """Return what `sha256` is the digest of: the file's meaning as canonical JSON, for the archive of bundles."""
        return canonical(self.upstreams, self.stand_ins, self.tokenizers, self.estate)

    def serves(self, upstream: Upstream, model: str) -> bool:
        """Whether an upstream serves a model under this very name."""
        if model == upstream.default_model or model in self.listed.get(upstream.id, ()):
            return True
        return any(matches(pattern, model) for pattern in upstream.models if pattern != "*")

    def wanted(self, model: str, zone: str, draw: str) -> tuple[str, bool]:
        """Return what is asked for in a zone when this model is requested, and whether it was drawn from a split.

        The same `draw` gives the same model; over many, each arm comes as often as its weight says.
        """
        arms = self.estate.splits.get(model, {}).get(zone)
        if not arms:
            return self.stand_ins.get(model, {}).get(zone, model), False
        drawn = int.from_bytes(hashlib.sha256(f"{model}\n{zone}\n{draw}".encode()).digest()) % sum(arms.values())
        for arm, weight in sorted(arms.items()):  # a file that means the same draws the same
            drawn -= weight
            if drawn < 0:
                return arm, True
        raise AssertionError("the weights add up")

    def balance(self, zone: str) -> str:
        """Return how the upstreams of a zone share its requests."""
        return self.estate.balance.get(zone, BALANCES[0])

    def profile(self, upstream: Upstream, model: str) -> Profile:
        """Return what is known of a model there: configured, else seen, else of its kind of server.

        Configured is what stands under its name, else under the longest beginning of it, and so on.
        """
        return self._profiles[upstream.id, upstream.kind, model]

    @cached_property
    def _profiles(self) -> Memo[tuple[str, str, str], Profile]:
        return Memo(self._profile)

    def _profile(self, at: tuple[str, str, str]) -> Profile:
        upstream, kind, model = at
        profiles, said = self.estate.profiles, UNKNOWN
        begins = [name for name in profiles if name.endswith("*") and model.startswith(name[:-1])]
        for name in (model, *sorted(begins, key=len, reverse=True)):
            said = said.over(profiles.get(name, UNKNOWN))
        said = said.over(self.seen.get(upstream, {}).get(model, UNKNOWN)).over(KINDS[kind].profile)
        return UNKNOWN if said == UNKNOWN else said

    def saw(self, upstream: Upstream, model: str) -> Profile:
        """Return what an upstream itself was seen to say of a model."""
        return self.seen.get(upstream.id, {}).get(model, UNKNOWN)

    def registered(self, model: str) -> str:
        """Return the configured name or pattern that a model name stands under; OTHER when there is none.

        Where its price is that of a narrower name or pattern, it stands under that: records have to tell what it cost.
        """
        return self._registered[model] or OTHER

    @cached_property
    def _registered(self) -> Memo[str, str | None]:
        return Memo(self._register)

    def _register(self, model: str) -> str | None:
        if model in self._names:
            return model
        pattern = next((p for u in self.upstreams for p in u.models if p != "*" and matches(p, model)), "")
        names = (pattern, self.estate.prices.name(model))
        return max(names, key=lambda name: (name == model, len(name))) if pattern else None

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
        arms = {arm for zones in self.estate.splits.values() for of_zone in zones.values() for arm in of_zone}
        return frozenset(exact.union(mapped, arms, self.stand_ins, self.estate.splits, *self.listed.values()))

    def with_observed(self, upstream: Upstream, said: Observation) -> "Registry":
        """Return the registry with what an upstream said of itself; unusable names are left out.

        What it lists is served only where the file says so.
        """
        listed = self.listed
        if upstream.lists_models:
            listed = {**listed, upstream.id: frozenset(model for model in said.models if MODEL.fullmatch(model))}
        return replace(self, listed=listed, seen={**self.seen, upstream.id: said.profiles})

    def with_observed_of(self, before: "Registry") -> "Registry":
        """Take over what the very same upstreams said before; a changed one has to say it anew."""
        known = {upstream.server for upstream in before.upstreams}
        same = [upstream.id for upstream in self.upstreams if upstream.server in known]
        listed = {name: before.listed[name] for name in same if name in before.listed}
        return replace(self, listed=listed, seen={name: before.seen[name] for name in same if name in before.seen})

    def bind(self, zones: Mapping[str, tuple[bool, tuple[str, ...]]]) -> "Registry":
        """Join with the taxonomy: for each zone whether a vendor runs it, and the networks of an own one."""
        return replace(self, upstreams=tuple(_bound(upstream, *zones[upstream.zone]) for upstream in self.upstreams))


def prices_of(text: bytes) -> Prices:
    """Return the prices in what `Registry.text` wrote."""
    estate = orjson.loads(text).get("estate", {})
    return Prices.from_plain(estate["prices"]) if "prices" in estate else Prices()


def zones_of(text: bytes) -> frozenset[str]:
    """Return the zones that have an upstream in what `Registry.text` wrote."""
    return frozenset(upstream["zone"] for upstream in orjson.loads(text)["upstreams"])


def canonical(
    upstreams: tuple[Upstream, ...],
    stand_ins: Mapping[str, Mapping[str, str]],
    tokenizers: Tokenizers,
    estate: Estate,
) -> bytes:
    """Return the meaning of a file of upstreams; what it does not mention is not in it."""
    plain: dict[str, Any] = {"upstreams": [_plain(upstream) for upstream in upstreams], "models": stand_ins}
    if tokenizers.by_model:  # a file without them has the digest that it always had
        plain["tokenizers"] = {name: tokenizer.sha256 for name, tokenizer in tokenizers.by_model.items()}
    if estate != Estate():
        plain["estate"] = _plain_estate(estate)
    return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)


def _plain(upstream: Upstream) -> dict[str, Any]:
    fields = Upstream.__dataclass_fields__
    later = [name for name in fields if name not in FIRST_FIELDS | {"networks", "vendor", "where", "tls"}]
    said = {name: getattr(upstream, name) for name in FIRST_FIELDS}
    said |= {name: value for name in later if (value := getattr(upstream, name)) != fields[name].default}
    # Of files, the name: the same text means the same wherever it lies.
    if upstream.api_key_file:
        said["api_key_file"] = Path(upstream.api_key_file).name
    if upstream.tls is not None:
        said["tls"] = {"ca_sha256": upstream.tls.sha256, "certificate": Path(upstream.tls.certificate).name}
    return said


def _plain_estate(estate: Estate) -> dict[str, Any]:
    unsaid, said = asdict(Estate()), asdict(estate)
    said["profiles"] = {
        name: {field: value for field, value in profile.items() if value is not None}
        for name, profile in said["profiles"].items()
    }
    return {name: value for name, value in said.items() if value != unsaid[name]}


def _bound(upstream: Upstream, vendor: bool, networks: tuple[str, ...]) -> Upstream:
    return replace(upstream, vendor=vendor, networks=tuple(ipaddress.ip_network(text) for text in networks))
