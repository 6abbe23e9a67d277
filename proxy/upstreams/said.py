"""What an upstream's refusal says, in words of ours: its own text may repeat the prompt and is never used."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import orjson

from proxy.upstreams.connection import Response
from proxy.upstreams.errors import Lost

CODES = {
    "context_length_exceeded": "context_length_exceeded",
    "exceed_context_size_error": "context_length_exceeded",
    "model_not_found": "model_not_found",
    "unsupported_parameter": "unsupported_parameter",
    "unsupported_value": "unsupported_value",
    "content_filter": "content_filter",
    "rate_limit_exceeded": "rate_limit_exceeded",
    "insufficient_quota": "insufficient_quota",
    "answered_elsewhere": "answered_elsewhere",
}
"""Codes of upstreams that tell a caller what to do, and the code we give for each."""
LONGEST_WAIT_S = 24 * 3600
TOO_MANY = 429
MAX_BYTES = 64 * 1024
READ_S = 1.0
"""How long what a refusal says is waited for: it only tells the caller more."""


def code(answer: Any) -> str | None:
    """Return our code for the error in an answer, in the shape of the OpenAI API; None where there is none."""
    error = answer.get("error") if isinstance(answer, dict) else None
    said = error if isinstance(error, dict) else {}
    words = (said.get("code"), said.get("type"))
    return next((CODES[word] for word in words if isinstance(word, str) and word in CODES), None)


def retry_after(headers: Mapping[str, str]) -> int | None:
    """Return how many seconds an upstream asks to wait; None where it does not say, or no number (RFC 9110, 10.2.3)."""
    said = headers.get("retry-after", "")
    if not said.isascii() or not said.isdecimal() or len(said) > len(str(LONGEST_WAIT_S)):
        return None
    return min(int(said), LONGEST_WAIT_S)


async def refusal(response: Response) -> Lost:
    """Return what an answer is after which another upstream may be asked, and close it."""
    status, answer = response.status_code, bytearray()
    try:
        if status == TOO_MANY:
            with suppress(Lost, TimeoutError):
                async with asyncio.timeout(READ_S):
                    while chunk := await response.read():
                        answer += chunk
                        if len(answer) > MAX_BYTES:
                            break
    finally:
        response.close()
    return Lost(f"http_{status}", answered=status, code=_code(answer), retry_after_s=retry_after(response.headers))


def _code(answer: bytearray) -> str | None:
    try:
        return code(orjson.loads(answer))
    except orjson.JSONDecodeError:
        return None
