"""Ollama: by its own API where the OpenAI-compatible one would cut prompts, and only if it is what it seems, local.

Ollama can forward a request to its vendor: for a model named `...:cloud` or with a tag `...-cloud`, and for a local
name that carries `remote_host` (Ollama's documentation of cloud models, August 2026). It counts as local only when its
cloud is switched off (`OLLAMA_NO_CLOUD=1`, after which it refuses such requests itself), the name has no cloud suffix
and the model has no remote host, as it is listed and as it is described. Asked before every request, because any of
that can change; what changes between the question and the request, the answers of its own API tell, and then they are
withheld.
"""

import asyncio
from typing import Any

from proxy.upstreams.errors import NotSent, UpstreamError
from proxy.upstreams.kinds import ollama_chat, ollama_dropped, ollama_embed, ollama_seen
from proxy.upstreams.kinds.asking import rows
from proxy.upstreams.kinds.kind import Body, Dropped, Kind, Observation, Prober
from proxy.upstreams.kinds.ollama_chat import ChatTranslation
from proxy.upstreams.kinds.ollama_embed import EmbedTranslation
from proxy.upstreams.kinds.ollama_names import entries, is_name, remote, says_cloud
from proxy.upstreams.kinds.ollama_seen import cloud_open
from proxy.upstreams.profile import Profile
from proxy.upstreams.translation import Translation
from proxy.upstreams.upstream import ENDPOINTS, Upstream

WEB_SEARCH = "web_search"
MODEL = "model"


class Ollama(Kind):
    """An Ollama server."""

    name = "ollama"
    endpoints = ENDPOINTS
    base_url = "http://127.0.0.1:11434/v1"
    cuts = ollama_seen.CUTS
    least_context = 4096
    profile = Profile(json_schema=True, logprobs=True)

    async def observe(self, ask: Prober, upstream: Upstream) -> Observation:
        """Ask what it serves and how it does; raises UpstreamError where it does not answer."""
        return await ollama_seen.observe(ask, upstream)

    async def check(self, ask: Prober, model: str) -> None:
        """Raise NotSent unless the model is certain to run on this server."""
        await check_local(ask, model)

    def dropped(self, endpoint: str, body: Body) -> Dropped:
        """Say which parameters of a request it would not obey."""
        return ollama_dropped.dropped(endpoint, body)

    def refused(self, body: Body) -> str | None:
        """Name what could lead to its vendor: a model in other letters, as it takes the last of all; and its search."""
        if any(name != MODEL and name.casefold() == MODEL for name in body):
            return MODEL
        kinds = [kind for tool in rows(body, "tools") for name, kind in tool.items() if name.casefold() == "type"]
        return "tools" if any(isinstance(kind, str) and kind.startswith(WEB_SEARCH) for kind in kinds) else None

    def written(self, endpoint: str, path: str, body: Body, salt: str) -> tuple[str, Body]:  # noqa: ARG002 - no caches
        """Return the path and the body of its own API, for chat and embeddings."""
        if endpoint == "chat":
            return ollama_chat.PATH, ollama_chat.written(body)
        if endpoint == "embeddings":
            return ollama_embed.PATH, ollama_embed.written(body)
        return path, body

    def translation(self, upstream: Upstream, endpoint: str, body: Body) -> Translation | None:
        """Return what makes answers of its own API those of the OpenAI API."""
        if endpoint == "chat":
            return ChatTranslation(upstream, body)
        return EmbedTranslation(upstream, body) if endpoint == "embeddings" else None


async def check_local(ask: Prober, model: str) -> None:
    """Raise NotSent with the reason unless the model is certain to run on this server."""
    if says_cloud(model):
        raise NotSent("ollama_cloud_model")
    if not is_name(model):
        raise NotSent("ollama_model_not_pulled")
    status, tags, shown = await asyncio.gather(
        _said(ask, "/api/status"), _said(ask, "/api/tags"), _said(ask, "/api/show", model)
    )
    if isinstance(status, UpstreamError):
        raise NotSent("ollama_status_unknown" if _answered(status) else status.reason)
    if cloud_open(status):
        raise NotSent("ollama_cloud_open_set_OLLAMA_NO_CLOUD")
    if isinstance(tags, UpstreamError):
        raise NotSent("ollama_models_unknown" if _answered(tags) else tags.reason)
    found = entries(tags, model)
    if not found:
        raise NotSent("ollama_model_not_pulled")
    if any(remote(entry) for entry in found):
        raise NotSent("ollama_remote_model")
    if isinstance(shown, UpstreamError):
        # With its cloud off it describes no remote model: 403.
        raise NotSent("ollama_model_unknown" if _answered(shown) else shown.reason)
    if remote(shown):
        raise NotSent("ollama_remote_model")


async def _said(ask: Prober, path: str, model: str = "") -> Any:
    try:
        return await ask.probe(path, model)
    except UpstreamError as error:
        return error


def _answered(error: UpstreamError) -> bool:
    return error.reason.startswith("http_")
