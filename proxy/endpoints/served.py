"""The endpoints that are served."""

from typing import Any

from proxy.endpoints.chat import CHAT
from proxy.endpoints.endpoint import Endpoint
from proxy.endpoints.messages import COUNT_TOKENS, MESSAGES
from proxy.endpoints.responses import RESPONSES
from proxy.endpoints.texts import COMPLETIONS, EMBEDDINGS

ENDPOINTS: tuple[Endpoint, ...] = (CHAT, RESPONSES, COMPLETIONS, EMBEDDINGS, MESSAGES, COUNT_TOKENS)
BY_NAME = {endpoint.name: endpoint for endpoint in ENDPOINTS if not endpoint.op}


def endpoint_of(body: dict[str, Any]) -> Endpoint | None:
    """Return the endpoint whose body this looks like, for tools that are given no path; None for something else."""
    if "messages" in body:
        return MESSAGES if "system" in body else CHAT
    if "model" not in body:
        return None
    if "prompt" in body:
        return COMPLETIONS
    given = body.get("input")
    if isinstance(given, str) or (isinstance(given, list) and any(isinstance(item, dict) for item in given)):
        return RESPONSES
    return EMBEDDINGS if given else None
