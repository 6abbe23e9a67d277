"""Whether an Ollama server is what it seems: a local one.

Ollama can forward a request to its vendor: for a model named `...:cloud` or `...-cloud`, and for a local name that
carries `remote_host` (Ollama's documentation of cloud models, August 2026). It counts as local only when its cloud is
switched off (`OLLAMA_NO_CLOUD=1`), the name has no cloud suffix and the model has no remote host. Asked before every
request, because any of that can change.
"""

import asyncio
import re
from typing import Any

from proxy.upstreams.errors import NotSent, UpstreamError
from proxy.upstreams.kinds.kind import Kind, Prober
from proxy.upstreams.upstream import ENDPOINTS

CLOUD_NAME = re.compile(r".*[:-]cloud", re.IGNORECASE | re.DOTALL)


class Ollama(Kind):
    """An Ollama server."""

    name = "ollama"
    endpoints = ENDPOINTS
    base_url = "http://127.0.0.1:11434/v1"
    cuts = ("completions", "responses", "messages")
    least_context = 4096

    async def check(self, ask: Prober, model: str) -> None:
        """Raise NotSent unless the model is certain to run on this server."""
        await check_local(ask, model)


async def check_local(ask: Prober, model: str) -> None:
    """Raise NotSent with the reason unless the model is certain to run on this server."""
    if CLOUD_NAME.fullmatch(model):
        raise NotSent("ollama_cloud_model")
    try:
        status, tags = await asyncio.gather(ask.probe("/api/status"), ask.probe("/api/tags"))
    except UpstreamError as error:
        raise NotSent("ollama_status_unknown" if error.reason.startswith("http_") else error.reason) from None
    cloud = status.get("cloud") if isinstance(status, dict) else None
    if not isinstance(cloud, dict) or cloud.get("disabled") is not True:
        raise NotSent("ollama_cloud_open_set_OLLAMA_NO_CLOUD")
    entries = _entries(tags, model)
    if not entries:
        raise NotSent("ollama_model_not_pulled")
    if any(entry.get("remote_host") or entry.get("remote_model") for entry in entries):
        raise NotSent("ollama_remote_model")


def _entries(tags: Any, model: str) -> list[dict[str, Any]]:
    """Every entry that the name could mean."""
    rows = tags.get("models") if isinstance(tags, dict) else None
    names = (model, model if ":" in model else f"{model}:latest")  # no set: what it is asked for may be unhashable
    known = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return [row for row in known if row.get("name") in names or row.get("model") in names]
