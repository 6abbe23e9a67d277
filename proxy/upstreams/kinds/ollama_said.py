"""What an answer of Ollama's own API says when it is no answer: in words of ours, as an error of the OpenAI API.

Source: Ollama's docs/api/errors. `{"error": "text"}` with a status, or as a line of a stream that began well. The text
may repeat the prompt: it is compared with what is known, and never passed on.
"""

import logging
from collections.abc import AsyncIterator
from typing import Any

import orjson

from proxy.upstreams.kinds.ollama_names import remote
from proxy.upstreams.upstream import Upstream

log = logging.getLogger(__name__)
Body = dict[str, Any]
MAX_LINE_BYTES = 4 * 1024 * 1024
TOO_LONG = ("context length", "context size", "exceeds the available context")
"""Of these words is every text that refuses a prompt for its length: of the server, of llama.cpp's, of that for MLX."""
MISSING = 404
SERVER_ERROR = 500
TEXTS = {
    "context_length_exceeded": "The prompt is longer than the context that the model has here.",
    "model_not_found": "The model server does not have this model.",
    "answered_elsewhere": "Another host answered for the model server, which nobody decided about: it is withheld.",
    "": "The model server gave no usable answer.",
}


class Failed(Exception):
    """An answer that is none; `code` is ours, empty where there is nothing to say."""

    def __init__(self, code: str = "") -> None:
        super().__init__(code)
        self.code = code


def error(code: str) -> Body:
    """Return an error as the OpenAI API has it."""
    kind = "invalid_request_error" if code in {"context_length_exceeded", "model_not_found"} else "upstream_error"
    return {"error": {"message": TEXTS[code], "type": kind, "param": None, "code": code or None}}


def event(shape: Body) -> bytes:
    """Frame a server-sent event; raises Failed as `written` does."""
    return b"data: " + written(shape) + b"\n\n"


def written(shape: Body) -> bytes:
    """Return it as JSON; raises Failed for what a server nested deeper than JSON is written here."""
    try:
        return orjson.dumps(shape)
    except orjson.JSONEncodeError:
        raise Failed from None


def whole(body: bytes, status: int) -> Body:
    """Return the object that a whole answer is; raises Failed for a refusal and for anything else."""
    said = _object(body)
    if status >= 400 or "error" in said:  # noqa: PLR2004 - HTTP
        raise Failed(_code(said.get("error"), status))
    return said


async def lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[Body]:
    """Yield the objects of a stream as each is whole; raises Failed."""
    pending = bytearray()
    async for chunk in chunks:
        first, *more = chunk.split(b"\n")
        pending += first
        for begun in more:
            if pending.strip():
                yield whole(bytes(pending), 200)
            pending = bytearray(begun)
        if len(pending) > MAX_LINE_BYTES:
            raise Failed
    if pending.strip():
        yield whole(bytes(pending), 200)


def own(said: Body, upstream: Upstream) -> Body:
    """Return an answer that the server made itself; raises Failed where it says that another host did.

    It has happened then. A vendor's Ollama may do so: what its zone may see was decided.
    """
    if not upstream.vendor and remote(said):
        log.critical("upstream %s had another host answer: set OLLAMA_NO_CLOUD=1 there", upstream.id)
        raise Failed("answered_elsewhere")
    return said


def _object(body: bytes) -> Body:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Failed from None
    if not isinstance(said, dict):
        raise Failed
    return said


def _code(said: Any, status: int) -> str:
    text = said.lower() if isinstance(said, str) else ""
    if status <= SERVER_ERROR and any(words in text for words in TOO_LONG):
        return "context_length_exceeded"
    return "model_not_found" if status == MISSING else ""
