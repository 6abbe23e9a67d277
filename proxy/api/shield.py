"""Around every request: errors in the shape of the API that a path is of, and nothing of a failure's text let out."""

import logging
import traceback
from collections.abc import MutableMapping
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from proxy.endpoints import anthropic
from proxy.errors import RingfenceError

log = logging.getLogger(__name__)


class Shield:
    """ASGI middleware; the outermost, so that nothing above it can print a traceback with content."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        except ClientDisconnect:
            log.debug("a client left before its request was whole")
        except Exception as error:  # noqa: BLE001 - its text may hold content, so only its type and place are logged
            frame = traceback.extract_tb(error.__traceback__)[-1]
            log.error("unexpected %s at %s:%s", type(error).__name__, frame.filename, frame.lineno)  # noqa: TRY400


async def refuse(request: Request, error: Exception) -> JSONResponse:
    """Answer for an error: in its own words if it is one of ours, else without any."""
    if not isinstance(error, RingfenceError):
        error = RingfenceError("Ringfence failed to handle this request.")
    return error_response(error, anthropic.refusal(error) if anthropic.speaks(request.scope["path"]) else None)


def error_response(error: RingfenceError, body: dict[str, Any] | None = None) -> JSONResponse:
    """Return an error as the OpenAI API would, or with another body."""
    return JSONResponse(body or error.body(), status_code=error.status, headers={**error.headers(), **error.receipt})


def client_address(scope: MutableMapping[str, Any]) -> str:
    """Return the peer's address as the socket gives it; forwarded headers are a caller's text."""
    client = scope.get("client")
    return str(client[0]) if client else ""
