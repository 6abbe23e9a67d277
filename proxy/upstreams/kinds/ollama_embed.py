"""Embeddings by Ollama's own API, where a text that is too long is refused; at `/v1` it is cut without a word.

Source: Ollama's docs/api.md ("Generate Embeddings"), August 2026; the form of `base64` is that of OpenAI's clients:
little-endian floats of 32 bits.
"""

import base64
import struct
from collections.abc import AsyncIterator
from typing import Any

from proxy.upstreams.kinds import ollama_said
from proxy.upstreams.kinds.ollama_said import Body, Failed
from proxy.upstreams.upstream import Upstream

PATH = "/api/embed"


def written(body: Body) -> Body:
    """Return a request for embeddings as `/api/embed` takes it."""
    size = {"dimensions": body["dimensions"]} if body.get("dimensions") is not None else {}
    return {"model": body["model"], "input": body.get("input"), "truncate": False, **size}


class EmbedTranslation:
    """Of one answer. There are no streams of these."""

    content_type = "application/x-ndjson"

    def __init__(self, upstream: Upstream, body: Body) -> None:
        self._upstream = upstream
        self._packed = body.get("encoding_format") == "base64"

    def whole(self, body: bytes, status: int) -> bytes:
        """Return a whole answer, or what went wrong."""
        try:
            said = ollama_said.own(ollama_said.whole(body, status), self._upstream)
            data = [self._row(index, vector) for index, vector in enumerate(_vectors(said))]
            used = said.get("prompt_eval_count")
            used = used if isinstance(used, int) else 0
            usage = {"prompt_tokens": used, "total_tokens": used}
            return ollama_said.written({"object": "list", "data": data, "model": said.get("model"), "usage": usage})
        except Failed as failed:
            return ollama_said.written(ollama_said.error(failed.code))

    async def stream(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:  # noqa: ARG002 - the protocol's
        """Yield an error: whatever this is, nobody asked for it."""
        yield ollama_said.event(ollama_said.error(""))

    def _row(self, index: int, vector: Any) -> Body:
        return {"object": "embedding", "index": index, "embedding": _packed(vector) if self._packed else vector}


def _vectors(said: Body) -> list[Any]:
    found = said.get("embeddings")
    if not isinstance(found, list) or not all(isinstance(vector, list) for vector in found):
        raise Failed
    return found


def _packed(vector: list[Any]) -> str:
    try:
        return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
    except (struct.error, OverflowError):
        raise Failed from None
