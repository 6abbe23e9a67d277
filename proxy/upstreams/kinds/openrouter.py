"""OpenRouter, an aggregator: a zone of its own, since it hands a request on to servers of its choice.

Source: its documentation of 2026 ("Models", "Provider Selection", "Model Fallbacks", "Presets", "Web Search").
"""

from typing import Any

from proxy.upstreams.kinds.asking import below, rows, tokens
from proxy.upstreams.kinds.kind import MAX_LISTED, Body, Kind, Observation, Prober
from proxy.upstreams.profile import Profile
from proxy.upstreams.upstream import Upstream

ROUTING = (
    *("models", "fallbacks", "route", "provider", "preset"),
    *("plugins", "web_search_options", "transforms", "trace", "debug"),
)
"""Fields that choose other models or servers; that ask a search engine, cut a prompt in its middle, or show it."""
CHOOSES = "openrouter/"
"""Begins the names of models that choose among others."""
RUNS = ("openrouter", "web_search", "web_fetch")
"""Begin the types of tools that it runs itself, whatever the model."""


class OpenRouter(Kind):
    """OpenRouter's API."""

    name = "openrouter"
    base_url = "https://openrouter.ai/api/v1"
    key_variable = "OPENROUTER_API_KEY"

    async def observe(self, ask: Prober, upstream: Upstream) -> Observation:  # noqa: ARG002 - it is told of by nothing else
        """Ask what it sells. What chooses among models, and what is a model with a suffix, is not listed."""
        models = [row for row in rows(await ask.probe("/models")) if _plain(row.get("id"))][:MAX_LISTED]
        return Observation(tuple(row["id"] for row in models), {row["id"]: _profile(row) for row in models})

    def refused(self, body: Body) -> str | None:
        """Name a field of its own that would decide where a request goes, or `tools` for one that would."""
        if any(str(tool.get("type")).lower().startswith(RUNS) for tool in rows(body, "tools")):
            return "tools"
        return next((name for name in ROUTING if body.get(name) is not None), None)

    def written(self, endpoint: str, path: str, body: Body, salt: str) -> tuple[str, Body]:  # noqa: ARG002 - no cache of ours
        """Ask for servers that neither keep prompts for longer nor train on them."""
        return path, {**body, "provider": {"data_collection": "deny"}} if body else body


def _plain(name: Any) -> bool:
    return isinstance(name, str) and ":" not in name and not name.startswith(CHOOSES)


def _profile(row: dict[str, Any]) -> Profile:
    """Say what a model can do at the server that it is sent to first; others may offer less."""
    takes, makes = below(row, "architecture", "input_modalities"), below(row, "architecture", "output_modalities")
    parameters = row.get("supported_parameters")
    known = parameters if isinstance(parameters, list) and parameters else None
    sizes = (tokens(row.get("context_length")), tokens(below(row, "top_provider", "context_length")))
    return Profile(
        context_window=min((size for size in sizes if size is not None), default=None),
        max_output=tokens(below(row, "top_provider", "max_completion_tokens")),
        chat="text" in makes if isinstance(makes, list) else None,
        tools=None if known is None else "tools" in known,
        parallel_tools=True if known is not None and "parallel_tool_calls" in known else None,
        vision="image" in takes if isinstance(takes, list) else None,
        json_schema=None if known is None else "structured_outputs" in known,
        logprobs=None if known is None else "logprobs" in known,
        embeddings="embeddings" in makes if isinstance(makes, list) else None,
    )
