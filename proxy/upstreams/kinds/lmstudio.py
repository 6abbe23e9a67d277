"""LM Studio. Sources: its documentation of 0.4 ("List your models", "OpenAI Compatibility Endpoints"); not run here."""

from typing import Any

from proxy.upstreams.kinds.asking import asked, below, if_there, rows, tokens, truth
from proxy.upstreams.kinds.kind import MAX_LISTED, Body, Dropped, Kind, Observation, Prober, listed
from proxy.upstreams.profile import Profile
from proxy.upstreams.upstream import ENDPOINTS, Upstream

REPORTED = ("keep_alive", "options", "service_tier", "prediction")
REMOTE = "mcp"
"""Begins the type of a tool that it asks a server for which the request names, if its settings allow that."""
NEEDED = ("functions", "function_call", "audio", "modalities", "web_search_options")


class LMStudio(Kind):
    """LM Studio's local server. A model that is not loaded is loaded when it is asked for."""

    name = "lmstudio"
    endpoints = ENDPOINTS
    base_url = "http://127.0.0.1:1234/v1"

    async def observe(self, ask: Prober, upstream: Upstream) -> Observation:
        """Ask what it has on disk and what of it is loaded; before 0.4 it says only the names."""
        said = await if_there(ask.probe("/api/v1/models"))
        if said is None:
            old = "it does not say what its models can do: upgrade it to 0.4, or name its key if it wants one"
            return Observation(listed(await ask.probe("/models")), warnings=(old,))
        models = rows(said, "models")[:MAX_LISTED]
        profiles = {name: _profile(model) for model in models for name in _names(model)}
        named = [name for name in (upstream.default_model, *upstream.models) if name and not name.endswith("*")]
        loaded = {name for model in models if rows(model, "loaded_instances") for name in _names(model)}
        warnings = tuple(
            f"'{name}' is not loaded, so the first request waits, and its context may be small: load it beforehand"
            for name in named
            if name in profiles and name not in loaded
        )
        return Observation(tuple(profiles), profiles, warnings=warnings)

    def dropped(self, endpoint: str, body: Body) -> Dropped:
        """Name what its documentation does not have among what it takes, and what would matter."""
        return Dropped(asked(body, REPORTED), asked(body, NEEDED if endpoint == "chat" else ()))

    def refused(self, body: Body) -> str | None:
        """Name `tools` or `integrations` by which it would send parts of a prompt to servers of the caller's choice."""
        if any(str(tool.get("type")).lower().startswith(REMOTE) for tool in rows(body, "tools")):
            return "tools"
        return "integrations" if body.get("integrations") else None


def _names(model: dict[str, Any]) -> list[str]:
    """Return a model's own name and those of its loaded instances."""
    names = (model.get("key"), *(instance.get("id") for instance in rows(model, "loaded_instances")))
    return [name for name in names if isinstance(name, str)]


def _profile(model: dict[str, Any]) -> Profile:
    """Say what a model can do. Of instances of different size a request may meet any: the smallest counts."""
    sizes = [tokens(below(instance, "config", "context_length")) for instance in rows(model, "loaded_instances")]
    known = [size for size in sizes if size is not None]
    embeds = model.get("type") == "embedding"
    return Profile(
        context_window=min(known) if known else tokens(model.get("max_context_length")),
        chat=not embeds,
        tools=truth(below(model, "capabilities", "trained_for_tool_use")),
        vision=truth(below(model, "capabilities", "vision")),
        embeddings=embeds,
    )
