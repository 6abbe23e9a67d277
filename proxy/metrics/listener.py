"""`GET /metrics`, at an address of its own: figures are not for whoever may ask models, and have no key."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Self

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from proxy.connections import BoundedConfig, BoundedProtocol
from proxy.metrics.exposition import CONTENT_TYPE

PATH = "/metrics"


class Listener:
    """Answers Prometheus until it is closed."""

    def __init__(self, server: asyncio.Server, state: ServerState) -> None:
        self._server, self._state = server, state

    @classmethod
    async def open(cls, sock: socket.socket, read: Callable[[], Awaitable[bytes]]) -> Self:
        """Begin to listen; `read` returns the text."""
        turn = asyncio.Lock()  # who asks often holds one thread and no more: requests need them, too

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            made = Response(status_code=404)
            if scope["path"] == PATH and scope["method"] in {"GET", "HEAD"}:
                async with turn:
                    made = Response(await read(), media_type=CONTENT_TYPE)
            await made(scope, receive, send)

        config = BoundedConfig(answer, ws="none", lifespan="off", proxy_headers=False, log_config=None)
        config.load()
        state = ServerState()
        loop = asyncio.get_running_loop()
        return cls(await loop.create_server(lambda: BoundedProtocol(config, state, {}, loop), sock=sock), state)

    def close(self) -> None:
        """Stop; who is being answered gets the rest."""
        self._server.close()
        for connection in list(self._state.connections):
            connection.shutdown()
