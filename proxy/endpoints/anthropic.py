"""Errors as Anthropic's API writes them. Source: its reference, "Errors" and "Streaming messages"."""

from http import HTTPStatus
from typing import Any

import orjson

from proxy.errors import RingfenceError

PATH = "/v1/messages"
REQUEST_ID = "request-id"
"""The header in which its clients look for what we also give as `x-request-id`."""
TYPES = {
    HTTPStatus.UNAUTHORIZED: "authentication_error",
    HTTPStatus.FORBIDDEN: "permission_error",
    HTTPStatus.NOT_FOUND: "not_found_error",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "request_too_large",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limit_error",
    HTTPStatus.SERVICE_UNAVAILABLE: "overloaded_error",
}
"""Types by status; others of 4xx are `invalid_request_error`, others of 5xx `api_error`."""


def speaks(path: str) -> bool:
    """Whether callers of a path expect this API's errors."""
    return path == PATH or path.startswith(f"{PATH}/")


def refusal(error: RingfenceError) -> dict[str, Any]:
    """Return the body that says an error, with all that its OpenAI form says."""
    said = {**error.body()["error"], "type": _type(error.status)}
    return {"type": "error", "error": said, "request_id": error.receipt.get("x-request-id")}


def event(message: str, code: str) -> bytes:
    """Frame an error as the last event of a stream."""
    said = {"type": "api_error", "message": message, "code": code}
    return b"event: error\ndata: " + orjson.dumps({"type": "error", "error": said}) + b"\n\n"


def _type(status: int) -> str:
    usual = "api_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
    return next((kind for known, kind in TYPES.items() if known == status), usual)
