"""`GET /livez` and `GET /readyz`: alive, and able to decide."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Check = Callable[[], str | None]


async def livez(_: Request) -> Response:
    """Say that the process answers."""
    return JSONResponse({"status": "alive"})


async def readyz(_: Request, checks: dict[str, Check], ages: Callable[[], dict[str, int]]) -> Response:
    """Answer 200 when every part is ready, else 503 that names the parts that are not and why.

    `anchors_behind_s` says for how many seconds each anchor, where there are any, has lacked a checkpoint.
    """
    reasons = {name: reason for name, check in checks.items() if (reason := check()) is not None}
    state = {name: reasons.get(name, "ready") for name in checks}
    behind = {"anchors_behind_s": found} if (found := ages()) else {}
    status = "not ready" if reasons else "ready"
    return JSONResponse({"status": status, **state, **behind}, status_code=503 if reasons else 200)
