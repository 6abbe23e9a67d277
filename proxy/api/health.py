"""`GET /livez` and `GET /readyz`: alive, and able to decide."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Check = Callable[[], str | None]


async def livez(_: Request) -> Response:
    """Say that the process answers."""
    return JSONResponse({"status": "alive"})


async def readyz(_: Request, checks: dict[str, Check]) -> Response:
    """Answer 200 when every part is ready, else 503 that names the parts that are not and why."""
    reasons = {name: reason for name, check in checks.items() if (reason := check()) is not None}
    state = {name: reasons.get(name, "ready") for name in checks}
    return JSONResponse({"status": "not ready" if reasons else "ready", **state}, status_code=503 if reasons else 200)
