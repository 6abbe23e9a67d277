"""Anthropic, through its own API."""

from proxy.upstreams.kinds.kind import Kind

VERSION = "2023-06-01"
"""Of Anthropic's API. A caller's own, and the betas it names, are headers of the caller's."""


class Anthropic(Kind):
    """Anthropic's messages."""

    name = "anthropic"
    endpoints = ("messages",)
    base_url = "https://api.anthropic.com/v1"
    key_variable = "ANTHROPIC_API_KEY"

    def headers(self, key: str) -> dict[str, str]:
        """Return Anthropic's headers."""
        return {"anthropic-version": VERSION, **({"x-api-key": key} if key else {})}
