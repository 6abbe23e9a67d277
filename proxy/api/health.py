"""`GET /livez` and `GET /readyz`: alive, and able to decide."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Check = Callable[[], str | None]
OF_THE_LOG = frozenset({"audit_log", "checkpoints"})


async def livez(_: Request) -> Response:
    """Say that the process answers."""
    return JSONResponse({"status": "alive"})


async def readyz(
    _: Request, checks: dict[str, Check], ages: Callable[[], dict[str, int]], spooling: Callable[[], bool]
) -> Response:
    """Answer 200 when every part is ready, else 503 that names the parts that are not and why.

    With the log down and its spool open, requests to own servers go on: `degraded`, and 200, with the reasons. Without
    the log, the signer has nothing to sign. `anchors_behind_s` says for how many seconds each anchor, where there are
    any, has lacked a checkpoint.
    """
    reasons = {name: reason for name, check in checks.items() if (reason := check()) is not None}
    state = {name: reasons.get(name, "ready") for name in checks}
    behind = {"anchors_behind_s": found} if (found := ages()) else {}
    degraded = "audit_log" in reasons and reasons.keys() <= OF_THE_LOG and spooling()
    status = "degraded" if degraded else "not ready" if reasons else "ready"
    return JSONResponse({"status": status, **state, **behind}, status_code=503 if reasons and not degraded else 200)
