"""OpenRouter, an aggregator: a zone of its own, since it hands a request on to servers of its choice."""

from proxy.upstreams.kinds.kind import Kind


class OpenRouter(Kind):
    """OpenRouter's API."""

    name = "openrouter"
    base_url = "https://openrouter.ai/api/v1"
    key_variable = "OPENROUTER_API_KEY"
