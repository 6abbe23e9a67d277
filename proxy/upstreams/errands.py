"""What a model server may be asked or told without a permit.

Constant requests, which carry nothing of anybody's content: what varies is at most the name of a model, which is
configured, was listed by the server itself, is a person's who manages it, or one that an own server is to be asked for,
when the record of that decision is durable.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from proxy.upstreams.permit import PermitError
from proxy.upstreams.upstream import MODEL

BELOW_BASE = frozenset({"/models", "/models?limit=1000"})
PROBES = BELOW_BASE | {
    "/health",
    "/is_sleeping",
    "/metrics",
    "/props",
    "/version",
    "/api/status",
    "/api/tags",
    "/api/version",
    "/api/ps",
    "/api/show",
    "/api/v1/models",
}
"""Paths that may be read. All but those BELOW_BASE stand beside the API."""
ABOUT = frozenset({"/api/show"})
"""Of these, those that are asked about one model."""
BESIDE = "/api/"
"""Paths of a server's own API, which stand beside the one of OpenAI."""
ORDERS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "pull": ("/api/pull", {"stream": True}),
    "warm": ("/api/generate", {"keep_alive": -1, "shift": False, "stream": False}),
    "warm-embedder": ("/api/embed", {"keep_alive": -1, "input": []}),
    "unload": ("/api/generate", {"keep_alive": 0, "stream": False}),
}
"""What a server can be told to do with a model, by Ollama's API. It is loaded as chats will want it (`shift`), or the
first of them would have it loaded again."""


def question(path: str, model: str = "") -> bytes:
    """Return the body of a probe, empty where there is none; raises PermitError for what is no probe."""
    if path not in PROBES or bool(model) != (path in ABOUT) or (model and not MODEL.fullmatch(model)):
        raise PermitError("not a probe")
    return orjson.dumps({"model": model}) if model else b""


def order(name: str, model: str) -> tuple[str, bytes]:
    """Return the path and the body of one of ORDERS; raises PermitError for anything else."""
    if name not in ORDERS or not MODEL.fullmatch(model):
        raise PermitError("not an order")
    path, fields = ORDERS[name]
    return path, orjson.dumps({**fields, "model": model})


def url(base_url: str, path: str) -> str:
    """Return where a path is: below the API's base, or beside it."""
    beside = path.startswith(BESIDE) or path in PROBES - BELOW_BASE
    return (base_url.removesuffix("/v1") if beside else base_url) + path
