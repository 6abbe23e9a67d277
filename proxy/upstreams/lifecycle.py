"""The models on an Ollama server: what it has, fetching one, having it in memory or not.

For the command line, without a running Ringfence. Nothing but the name of a model is sent. What goes wrong is said with
what to run; the server's own words are shown to nobody.
"""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from proxy.errors import ConfigurationError
from proxy.upstreams.client import UpstreamClient
from proxy.upstreams.errors import UpstreamError
from proxy.upstreams.kinds.known import KINDS
from proxy.upstreams.kinds.ollama_names import entries, is_name, named, remote, rows, says_cloud
from proxy.upstreams.kinds.ollama_said import Failed, lines
from proxy.upstreams.upstream import Upstream

KIND = "ollama"
LAYER = re.compile(r"sha256:([0-9a-f]{12})[0-9a-f]{52}")
STEPS = frozenset({"pulling manifest", "verifying sha256 digest", "writing manifest", "removing any unused layers"})
DONE = "success"
MOST_BYTES = 1 << 50
WHY = {
    "ollama_cloud_model": "{model} is a model of Ollama's vendor: {id} is a server of your own.",
    "ollama_remote_model": "{model} on {id} is a name for a model on another host: `ollama rm {model}` there.",
    "ollama_cloud_open_set_OLLAMA_NO_CLOUD": "{id} can hand requests to its vendor: start it with OLLAMA_NO_CLOUD=1.",
    "ollama_status_unknown": "{id} does not say whether its cloud is off: it is too old, or no Ollama.",
    "ollama_model_not_pulled": "{model} is not on {id}: run `ringfence models pull {id} {model}`.",
    "connect": "Nothing listens at {base_url}: start {id} there with `OLLAMA_NO_CLOUD=1 ollama serve`.",
}
"""What to do about it, by what went wrong."""
OTHERWISE = "{id} at {base_url} did not do it ({reason})."


@dataclass(frozen=True, slots=True)
class Installed:
    """A model that a server has. Sizes in bytes and tokens; 0 where it is not loaded, or does not say."""

    name: str
    size: int
    context: int
    remote: bool

    @property
    def loaded(self) -> bool:
        """Whether it is in memory."""
        return self.context > 0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a download is: the step, in words of Ollama's that are known here, and the bytes of a layer."""

    step: str
    completed: int = 0
    total: int = 0


async def installed(client: UpstreamClient, upstream: Upstream) -> tuple[Installed, ...]:
    """List what a server has, and what of it is in memory; raises ConfigurationError."""
    _expect(upstream)
    try:
        tags, loaded = await client.probe("/api/tags"), await client.probe("/api/ps")
    except UpstreamError as error:
        raise _said(error.reason, upstream) from None
    names = {names[0]: row for row in rows(tags) if (names := named(row)) and is_name(names[0])}
    return tuple(
        Installed(name, _count(row.get("size")), _context(loaded, name), remote(row)) for name, row in names.items()
    )


async def pull(client: UpstreamClient, upstream: Upstream, model: str, told: Callable[[Progress], None]) -> None:
    """Have a server fetch a model from its registry, telling how far it is; raises ConfigurationError.

    For an own server, neither the vendor's models nor a name that turns out to stand for one.
    """
    _expect(upstream, model)
    if not upstream.vendor and says_cloud(model):
        raise _said("ollama_cloud_model", upstream, model)
    done = False
    try:
        async with aclosing(client.order("pull", model)) as chunks:
            async for line in lines(chunks):
                done = line.get("status") == DONE
                told(_progress(line))
    except UpstreamError as error:
        raise _said(error.reason, upstream, model) from None
    except Failed:
        raise ConfigurationError(f"{upstream.id} could not fetch {model}: its registry may not have it.") from None
    if not done:
        raise ConfigurationError(f"{upstream.id} broke off fetching {model}; run it again, and it goes on from there.")
    if not upstream.vendor:
        await _local(client, upstream, model)


async def warm(client: UpstreamClient, upstream: Upstream, model: str) -> int:
    """Have a model in memory until it is unloaded; return its context in tokens, 0 where the server does not say.

    It is loaded as chats will want it. Raises ConfigurationError.
    """
    _expect(upstream, model)
    await _local(client, upstream, model)
    try:
        said = await client.probe("/api/show", model)
        able = said.get("capabilities") if isinstance(said, dict) else None
        embeds = isinstance(able, list) and "embedding" in able and "completion" not in able
        await _ordered(client, "warm-embedder" if embeds else "warm", model)
        return _context(await client.probe("/api/ps"), model)
    except UpstreamError as error:
        raise _said(error.reason, upstream, model) from None


async def unload(client: UpstreamClient, upstream: Upstream, model: str) -> None:
    """Have a model out of memory, once it has answered what it was asked; raises ConfigurationError."""
    _expect(upstream, model)
    await _local(client, upstream, model)
    try:
        await _ordered(client, "unload", model)
    except UpstreamError as error:
        raise _said(error.reason, upstream, model) from None


async def _ordered(client: UpstreamClient, order: str, model: str) -> None:
    async with aclosing(client.order(order, model)) as chunks:
        await _drained(chunks)


async def _drained(chunks: AsyncIterator[bytes]) -> None:
    async for _ in chunks:
        pass


async def _local(client: UpstreamClient, upstream: Upstream, model: str) -> None:
    """Nothing is done with a model that is not one of the server's own."""
    try:
        await KINDS[KIND].check(client, model)
    except UpstreamError as error:
        raise _said(error.reason, upstream, model) from None


def _expect(upstream: Upstream, model: str | None = None) -> None:
    if upstream.kind != KIND:
        raise ConfigurationError(
            f"{upstream.id} is of the kind {upstream.kind}; models of {KIND} servers can be managed."
        )
    if model is not None and not is_name(model):
        raise ConfigurationError("That is no name of a model.")


def _said(reason: str, upstream: Upstream, model: str = "") -> ConfigurationError:
    text = WHY.get(reason, OTHERWISE)
    return ConfigurationError(text.format(id=upstream.id, base_url=upstream.base_url, model=model, reason=reason))


def _progress(line: dict[str, Any]) -> Progress:
    layer, step = line.get("digest"), line.get("status")
    found = LAYER.fullmatch(layer) if isinstance(layer, str) else None
    if found:
        return Progress(f"layer {found[1]}", _count(line.get("completed")), _count(line.get("total")))
    return Progress(step if step in STEPS or step == DONE else "working")


def _context(loaded: Any, model: str) -> int:
    return max((_count(row.get("context_length")) for row in entries(loaded, model)), default=0)


def _count(value: Any) -> int:
    return min(value, MOST_BYTES) if isinstance(value, int) and value > 0 else 0
