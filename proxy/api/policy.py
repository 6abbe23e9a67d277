"""`/ringfence/v1/policy`: which bundle is in force, and `.../reload`: take up what lies on disk now.

For the security team's keys, never for an application's. What is said of refused files is what the loader says:
places, codes and names. Reading this is no record, because it shows nothing of the log; every bundle that comes into
force is one, with who asked.
"""

from datetime import UTC
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from proxy.activation import ASKED, Activation, Active, Asked
from proxy.api.requests import authenticate
from proxy.errors import ConfigurationError, RequestRefused, RingfenceError
from proxy.files.diagnostics import FileRefused
from proxy.identity import KeyStore, Role

MANAGERS = frozenset({Role.SECURITY, Role.ADMIN})
READERS = MANAGERS | {Role.AUDITOR}
UNPROCESSABLE = 422


class BundleRefused(RequestRefused):
    """The files on disk are refused; the last good bundle stays in force."""

    def __init__(self, refusal: dict[str, Any]) -> None:
        text = f"The files on disk are refused, the last good ones stay in force: {refusal['message']}"
        super().__init__(text, status=UNPROCESSABLE, code="policy_refused")
        self.diagnostics: list[str] = refusal["diagnostics"]

    def body(self) -> dict[str, Any]:
        """Add every diagnostic."""
        shape = super().body()
        shape["error"]["diagnostics"] = self.diagnostics
        return shape


async def show(request: Request, bundles: Activation, keys: KeyStore) -> Response:
    """Say what is in force, since when, and why the files on disk are not, if so."""
    authenticate(request, keys, READERS)
    since = bundles.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    refused = {} if bundles.error is None else {"refused": _refusal(bundles.error)}
    return JSONResponse({**_described(bundles.active), "since": since, **refused})


async def reload(request: Request, bundles: Activation, keys: KeyStore) -> Response:
    """Take up what lies on disk now; needs no body."""
    caller = authenticate(request, keys, MANAGERS)
    result = await take_up(bundles, Asked(ASKED, caller.actor))
    if "refused" in result:
        raise BundleRefused(result["refused"])
    return JSONResponse(result)


async def take_up(bundles: Activation, asked: Asked) -> dict[str, Any]:
    """Reload, and say what came of it: what is in force now and, with `refused`, why the files on disk are not.

    Raises RingfenceError where the fault is not in the files.
    """
    came = await bundles.reload(asked)
    result = {**_described(came.active), "changed": came.previous is not None}
    if came.error is None:
        return result if came.previous is None else {**result, "previous": came.previous}
    if isinstance(came.error, ConfigurationError):
        return {**result, "refused": _refusal(came.error)}
    if isinstance(came.error, RingfenceError):
        raise came.error
    raise RingfenceError("The reload failed; the last good policies stay in force.")


def _described(active: Active) -> dict[str, Any]:
    approval = {"approval": active.approval.record()} if active.approval else {}
    return {"object": "policy.bundle", **active.record(), **approval}


def _refusal(error: Exception) -> dict[str, Any]:
    """Say why files are not in force: in the loader's words, or in no words of a file."""
    message = error.message if isinstance(error, RingfenceError) else "the reload failed"
    found = error.diagnostics if isinstance(error, FileRefused) else ()
    return {"message": message, "diagnostics": [str(item) for item in found if item.severity == "error"]}
