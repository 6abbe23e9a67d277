"""Anthropic, through its own API. Source: its API reference ("List Models", "Versions"), 2026."""

from typing import Any

from proxy.upstreams.kinds.asking import below, rows, tokens, truth
from proxy.upstreams.kinds.kind import MAX_LISTED, Kind, Observation, Prober, listed
from proxy.upstreams.profile import Profile
from proxy.upstreams.upstream import Upstream

VERSION = "2023-06-01"
"""Of Anthropic's API. A caller's own, and the betas it names, are headers of the caller's."""
ALL_MODELS = "/models?limit=1000"
"""The most that it lists at once; it would list 20."""


class Anthropic(Kind):
    """Anthropic's messages."""

    name = "anthropic"
    endpoints = ("messages",)
    base_url = "https://api.anthropic.com/v1"
    key_variable = "ANTHROPIC_API_KEY"
    profile = Profile(chat=True, tools=True, parallel_tools=True, logprobs=False, embeddings=False)

    async def observe(self, ask: Prober, upstream: Upstream) -> Observation:  # noqa: ARG002 - it is told of by nothing else
        """Ask which models it has and what they can do."""
        answer = await ask.probe(ALL_MODELS)
        profiles = {row["id"]: _profile(row) for row in rows(answer)[:MAX_LISTED] if isinstance(row.get("id"), str)}
        return Observation(listed(answer), profiles)

    def headers(self, key: str) -> dict[str, str]:
        """Return Anthropic's headers."""
        return {"anthropic-version": VERSION, **({"x-api-key": key} if key else {})}


def _profile(row: dict[str, Any]) -> Profile:
    can = row.get("capabilities")
    return Profile(
        context_window=tokens(row.get("max_input_tokens")),
        max_output=tokens(row.get("max_tokens")),
        vision=truth(below(can, "image_input", "supported")),
        json_schema=truth(below(can, "structured_outputs", "supported")),
    )
