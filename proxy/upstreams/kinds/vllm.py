"""vLLM."""

from proxy.upstreams.kinds.kind import Kind
from proxy.upstreams.upstream import ENDPOINTS


class Vllm(Kind):
    """vLLM's OpenAI-compatible server."""

    name = "vllm"
    endpoints = ENDPOINTS
    base_url = "http://127.0.0.1:8000/v1"
