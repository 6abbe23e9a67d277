"""LM Studio."""

from proxy.upstreams.kinds.kind import Kind
from proxy.upstreams.upstream import ENDPOINTS


class LMStudio(Kind):
    """LM Studio's local server."""

    name = "lmstudio"
    endpoints = ENDPOINTS
    base_url = "http://127.0.0.1:1234/v1"
