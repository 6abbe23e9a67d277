"""The canary's lane: the way of every request, but for where it ends.

The canary's requests come in by the server's own socket and are authenticated, read, scanned, decided, recorded and
permitted by the code and the objects that serve everybody. Only these differ for them, and for nobody else's: the
upstreams, each of which is replaced by a sink on loopback (`sunk`); the connections, which lead to sinks alone; and
what must not be touched on behalf of the team that the canary acts as: budgets, limits, who is told, kept state.

Nobody else can enter: a pass is a random secret, in this process' memory for the length of one test, and neither a
role nor the name of an app leads here. And nothing in here leads out: a pool of the lane has no client for what is no
sink, and a sink may be at loopback only.
"""

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from proxy.activation import Activation, Active
from proxy.canary.sink import Sink
from proxy.costs.ledger import Ledger
from proxy.identity import CANARY_APP, KEY_PREFIX, Caller, Keys, Role
from proxy.limits.limits import NO_LIMITS
from proxy.notify.channels import NO_CHANNELS
from proxy.pipeline import Pipeline
from proxy.policy.model import Budget, Identity
from proxy.routing import Route
from proxy.state.held import Held, HeldStates
from proxy.upstreams.client import Timeouts, UpstreamClient
from proxy.upstreams.errors import NotSent
from proxy.upstreams.estate.estate import Estate
from proxy.upstreams.estate.retries import Retries
from proxy.upstreams.estate.turns import Turns
from proxy.upstreams.pool import Pool
from proxy.upstreams.registry import Registry
from proxy.upstreams.upstream import Upstream

CALLER_ID = "canary"
PREFIX = "canary-"
"""Begins the id of a sink, as records name it; the rest is the id of the upstream that it replaces."""
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
CONNECT_S, READ_S = 5.0, 10.0
NEVER = 1_000_000
"""Failures in a row after which a sink would be left alone: it fails on purpose."""


@dataclass(frozen=True, slots=True)
class CanaryCaller(Caller):
    """The canary, as one team. No key and no token makes one: only a pass does."""

    @property
    def actor(self) -> dict[str, str]:
        """Return the `actor` object of an audit record: the system itself."""
        return {
            "kind": "system",
            "id": self.key_id,
            "app": self.app,
            "team": self.team,
            "auth_strength": "in_memory",
        }


def canary_of(team: str) -> CanaryCaller:
    """Return the canary as one team."""
    return CanaryCaller(CALLER_ID, CANARY_APP, team, Role.APP)


class Passes:
    """Secrets that let the canary in, by their digests. Each is made for one test and one team, and revoked after it.

    Only `proxy.api.exchange` asks here, so a pass is unknown at every other path.
    """

    def __init__(self) -> None:
        self._callers: dict[bytes, CanaryCaller] = {}

    def issue(self, team: str) -> str:
        """Make a pass for the canary as this team."""
        secret = KEY_PREFIX + secrets.token_urlsafe(32)
        self._callers[_digest(secret)] = canary_of(team)
        return secret

    def revoke(self) -> None:
        """Let nobody in any more."""
        self._callers.clear()

    def beside(self, keys: Keys) -> Keys:
        """Return what knows passes, and the keys of everybody else."""
        return _Both(self, keys)

    def authenticate(self, secret: str) -> Caller | None:
        """Return the canary as the team that a pass is for; None for anything else."""
        if not self._callers:
            return None
        digest = _digest(secret)
        return next((who for known, who in self._callers.items() if hmac.compare_digest(known, digest)), None)


@dataclass(frozen=True, slots=True)
class _Both:
    passes: Passes
    keys: Keys

    def authenticate(self, secret: str) -> Caller | None:
        return self.passes.authenticate(secret) or self.keys.authenticate(secret)


@dataclass(frozen=True, slots=True)
class Lane:
    """Which pipeline a caller's requests take, and who is known at its entrance."""

    usual: Pipeline
    canarys: Pipeline
    keys: Keys

    def of(self, caller: Caller) -> Pipeline:
        """Return the usual one for everybody but the canary itself."""
        return self.canarys if type(caller) is CanaryCaller else self.usual


def lane(usual: Pipeline, active: "Sunk", passes: Passes, keys: Keys) -> Lane:
    """Lay the canary's lane beside the usual one; who ends it closes the pool of its pipeline."""
    audit = usual.audit

    def fingerprint(tenant: str, endpoint: str, told: bytes) -> str:
        return audit.fingerprinter.fingerprint(tenant, "body", endpoint, told)

    pool = SinkPool(Timeouts(CONNECT_S, READ_S), audit.committed, fingerprint, audit.confirmed, audit.read_back)
    pool.sink = active.sink
    estate = Unhurried(failures=NEVER)
    canarys = replace(usual, activation=active, pool=pool, estate=estate, ledger=NoLedger(), states=NoStates())
    return Lane(usual, canarys, passes.beside(keys))


class Sunk(Activation):
    """What is in force, with a sink in place of each upstream. The bundle and its digest are the real ones."""

    def __init__(self, real: Activation, sink: Sink) -> None:
        self._real, self.sink = real, sink
        self._of: Active | None = None
        self._made: Active | None = None

    @property
    def active(self) -> Active:
        """The snapshot in force. Of what is no part of the bundle, nothing: nobody is told, nothing is limited."""
        real = self._real.active
        if self._made is None or self._of is not real:
            registry = sunk(real.registry, self.sink)
            made = replace(real, registry=registry, channels=NO_CHANNELS, limits=NO_LIMITS)
            self._of, self._made = real, made
        return self._made


def sunk(registry: Registry, sink: Sink) -> Registry:
    """Return a registry whose every upstream is the sink of its zone; models, endpoints and digest stay as they are."""
    return replace(
        registry,
        upstreams=tuple(_sunk(upstream, sink) for upstream in registry.upstreams),
        listed={f"{PREFIX}{name}": models for name, models in registry.listed.items()},
        seen={f"{PREFIX}{name}": models for name, models in registry.seen.items()},
    )


def _sunk(upstream: Upstream, sink: Sink) -> Upstream:
    """Speaks the OpenAI API without a credential, on loopback; never drained, never busy."""
    return Upstream(
        id=f"{PREFIX}{upstream.id}",
        kind="openai",
        zone=upstream.zone,
        base_url=sink.url(upstream.zone),
        models=upstream.models,
        default_model=upstream.default_model,
        region=upstream.region,
        allow_http=True,
        endpoints=upstream.endpoints,
        vendor=upstream.vendor,
        networks=LOOPBACK,
    )


class SinkPool(Pool):
    """Connections to sinks, and to nothing else."""

    sink: Sink

    def client(self, upstream: Upstream) -> UpstreamClient:
        """Return the client of a sink; raises NotSent for anything else."""
        if upstream.base_url != self.sink.url(upstream.zone) or upstream.networks != LOOPBACK:
            raise NotSent("no_sink")
        return super().client(upstream)


class Unhurried(Estate):
    """Sinks that fail on purpose use up no budget of attempts: each request begins anew."""

    def turns(self, route: Route, *, again: bool, balance: str) -> Turns:
        """Begin the attempts of a request along a route."""
        return Turns(route, self.standing, Retries(), again=again, by=balance)


class NoLedger(Ledger):
    """No budget is used up for the canary, and none of what it does is counted."""

    def __init__(self) -> None:
        """Count nothing."""

    def exhausted(self, budgets: Sequence[Budget], who: Identity, now: datetime) -> frozenset[str]:  # noqa: ARG002
        """Return none."""
        return frozenset()

    def spent(self, *_: Any, **__: Any) -> None:
        """Count nothing."""


class NoStates(HeldStates):
    """Nothing of the canary's is kept anywhere, and it refers to nothing."""

    def __init__(self) -> None:
        """Remember nothing."""

    async def find_all(self, *_: Any) -> dict[tuple[Any, str], Held | None]:
        """Find nothing."""
        return {}

    async def remember_all(self, *_: Any) -> None:
        """Remember nothing."""

    async def forget(self, *_: Any) -> None:
        """Forget nothing."""


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
