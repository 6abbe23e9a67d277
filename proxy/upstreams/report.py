"""What `ringfence upstreams` shows: how each upstream stands, what it serves, and what that can do."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from proxy.files.money import written
from proxy.upstreams.client import Timeouts, UpstreamClient
from proxy.upstreams.errors import NotSent, UpstreamError
from proxy.upstreams.estate.standing import Standing
from proxy.upstreams.kinds.known import KINDS
from proxy.upstreams.registry import Registry
from proxy.upstreams.upstream import Upstream

WITHIN_S = 10.0
"""An upstream that has not answered by then is shown as one that does not."""
AT_ONCE = 64
OF_A_SERVER = frozenset({"breaker", "in_flight", "waiting", "requests", "failures", "ttfb_ms", "since_s"})
"""What only a server that runs can know."""


def rows(registry: Registry, standings: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Join how upstreams stand (`Estate.report`) with what the registry knows of them; plain JSON."""
    by_name = {standing["name"]: standing for standing in standings}
    return [_row(registry, upstream, by_name.get(upstream.id, {})) for upstream in registry.upstreams]


def models(registry: Registry, upstream: Upstream) -> list[dict[str, Any]]:
    """Return every name and pattern that an upstream serves, each with what is known of it."""
    named = {name for name in (*upstream.models, upstream.default_model) if name and name != "*"}
    served = sorted(named | registry.listed.get(upstream.id, frozenset()))
    return [{"name": name, **_known(registry, upstream, name)} for name in served]


async def ask_each(registry: Registry, timeouts: Timeouts) -> tuple[Registry, list[dict[str, Any]]]:
    """Ask each upstream once, as a server does all the time; returns what they list, and the rows.

    Raises nothing for one that does not answer. Only constant questions are asked; no content and no permit.
    """
    turn = asyncio.Semaphore(AT_ONCE)
    standings = []

    async def ask(upstream: Upstream) -> dict[str, Any]:
        nonlocal registry
        standing = Standing()
        client = silent(upstream, timeouts)
        begun = time.monotonic()
        took_ms: float | None = None
        try:
            async with turn, asyncio.timeout(WITHIN_S):
                begun = time.monotonic()
                said = await KINDS[upstream.kind].observe(client, upstream)
            took_ms = round((time.monotonic() - begun) * 1000, 1)
            standing.observed(said)
            registry = registry.with_observed(upstream, said)
        except Exception as error:  # noqa: BLE001 - its text may be the upstream's
            standing.unobserved(named(error))
        finally:
            await client.close()
        told = standing.report(upstream)
        return {**{name: told[name] for name in told.keys() - OF_A_SERVER}, "asked_ms": took_ms}

    standings = await asyncio.gather(*(ask(upstream) for upstream in registry.upstreams))
    return registry, rows(registry, standings)


def silent(upstream: Upstream, timeouts: Timeouts) -> UpstreamClient:
    """Return a client that can ask constant questions and send nothing: no permit is ever confirmed."""
    return UpstreamClient(upstream, timeouts, lambda _: None, lambda *_: "")


def named(error: Exception) -> UpstreamError:
    """Return an error with a reason of ours, never the text of what an upstream or a library raised."""
    if isinstance(error, UpstreamError):
        return error
    return NotSent("timeout" if isinstance(error, TimeoutError) else type(error).__name__)


def _row(registry: Registry, upstream: Upstream, standing: Mapping[str, Any]) -> dict[str, Any]:
    served = models(registry, upstream)
    priced = list(dict.fromkeys(each["price"] for each in served if "price" in each))
    price = {"price": f"{priced[0]} …" if priced[1:] else priced[0]} if priced else {}
    return {**standing, "models": served, **price}


def _price(registry: Registry, upstream: Upstream, model: str) -> dict[str, str]:
    """Return what a million tokens cost there, sent and answered, where the file says it."""
    prices = registry.estate.prices
    found = prices.of(model if model.endswith("*") else registry.registered(model), upstream.zone)
    if found is None:
        return {}
    return {"price": f"{written(found.input)}/{written(found.output)} {prices.currency}"}


def _known(registry: Registry, upstream: Upstream, model: str) -> dict[str, Any]:
    profile = asdict(registry.profile(upstream, model))
    known = {name: value for name, value in profile.items() if value is not None}
    return {**known, **_price(registry, upstream, model)}
