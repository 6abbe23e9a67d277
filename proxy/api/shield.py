"""Around every request: errors in the shape of the API that a path is of, and nothing of a failure's text let out."""

import asyncio
import logging
from collections.abc import Callable, MutableMapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from proxy import stopping
from proxy.endpoints import anthropic
from proxy.errors import RingfenceError
from proxy.logs import place

log = logging.getLogger(__name__)
ANSWERED = (RingfenceError, HTTPException)
"""What is raised to be answered; all else is a failure of ours."""


def refuse(scope: Scope, error: Exception) -> JSONResponse:
    """Return the answer for an error: in its own words if it is one of ours, else without any."""
    if not isinstance(error, RingfenceError):
        error = RingfenceError("Ringfence failed to handle this request.")
    return error_response(error, anthropic.refusal(error) if anthropic.speaks(scope["path"]) else None)


class Shield:
    """ASGI middleware: the one place where what a request raised becomes its answer, if it has none yet.

    Nothing that may hold content is above it, so that nothing can print a traceback with it.
    """

    def __init__(self, app: ASGIApp, refused: Callable[[Scope, Exception], Response] = refuse) -> None:
        self._app = app
        self._refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        started = False

        async def sent(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except ClientDisconnect:
            log.debug("a client left before its request was whole")
        except asyncio.CancelledError as error:
            if started or not stopping.caught(error):
                raise
            await self._refused(scope, stopping.refusal())(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - its text may hold content, so only its type and place are logged
            if started or not isinstance(error, ANSWERED):
                log.error("unexpected %s", place(error))  # noqa: TRY400 - the same
            error.__traceback__ = None  # it holds every local variable on its way
            if not started:
                await self._refused(scope, error)(scope, receive, send)


def error_response(error: RingfenceError, body: dict[str, Any] | None = None) -> JSONResponse:
    """Return an error as the OpenAI API would, or with another body."""
    return JSONResponse(body or error.body(), status_code=error.status, headers={**error.headers(), **error.receipt})


def client_address(scope: MutableMapping[str, Any]) -> str:
    """Return the peer's address as the socket gives it; forwarded headers are a caller's text."""
    client = scope.get("client")
    return str(client[0]) if client else ""
