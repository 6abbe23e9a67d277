"""llama.cpp's server."""

from proxy.upstreams.kinds.kind import Kind
from proxy.upstreams.upstream import ENDPOINTS


class LlamaCpp(Kind):
    """`llama-server`, and what embeds it."""

    name = "llamacpp"
    endpoints = ENDPOINTS
    base_url = "http://127.0.0.1:8080/v1"
