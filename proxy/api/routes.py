"""Which handler a path and a method lead to. A path that is not here does not exist."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send


class Routes:
    """ASGI application: looks up what stands for one path and one method, and leaves all else to Starlette.

    That is paths with a variable part, HEAD, and the 404 or 405 of what leads nowhere, which it raises.
    """

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes = routes
        self._others = Router(routes, redirect_slashes=False)
        self._plain = {
            (method, route.path): route.endpoint
            for route in routes
            for method in route.methods or ()
            if not route.param_convertors and method != "HEAD"
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        handler = self._plain.get((scope["method"], scope["path"]))
        if handler is None:
            scope["app"] = self  # or Starlette would answer 404 and 405 itself
            await self._others(scope, receive, send)
            return
        answer = await handler(Request(scope, receive))
        await answer(scope, receive, send)
