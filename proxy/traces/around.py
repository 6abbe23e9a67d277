"""Around every request of a server that is to tell a collector: its trace begins when it arrives, ends when it does."""

from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from proxy.traces import notes
from proxy.traces.caller import caller
from proxy.traces.notes import Trace


class Around:
    """ASGI middleware. Whose caller does not keep its trace is not traced."""

    def __init__(self, app: ASGIApp, take: Callable[[Trace], None]) -> None:
        """`take` is given each trace that is to be told, when its request has ended; it never waits or raises."""
        self._app = app
        self._take = take

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        by = caller(scope["headers"])
        if not by.sampled:
            await self._app(scope, receive, send)
            return
        trace = Trace(by)

        async def passed(message: Message) -> None:
            if message["type"] == "http.response.start":
                trace.status = message["status"]
            await send(message)

        token = notes.begin(trace)
        try:
            await self._app(scope, receive, passed)
        finally:
            notes.end(token)
            if trace.endpoint:
                self._take(trace)
