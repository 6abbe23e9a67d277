"""What is common to the endpoints: who calls, and a body read strictly and within bounds."""

from starlette.requests import Request

from audit.record import new_id
from proxy import content
from proxy.api.shield import client_address
from proxy.errors import RequestRefused
from proxy.evidence import Ask, Clock
from proxy.identity import Caller, KeyStore, Role

REALM = 'Bearer realm="ringfence"'


class Unauthenticated(RequestRefused):
    """No usable key."""

    kind = "authentication_error"

    def headers(self) -> dict[str, str]:
        """Add the challenge of RFC 6750."""
        return {**super().headers(), "www-authenticate": REALM}


def authenticate(request: Request, keys: KeyStore, allowed: frozenset[Role]) -> Caller:
    """Return the caller of a request.

    Raises RequestRefused: 400 for two credentials, 401 for none that is valid, 403 for the wrong role.
    """
    given = request.headers.getlist("authorization")
    if len(given) > 1:
        raise RequestRefused("Two Authorization headers were sent; send one.", code="duplicate_authorization")
    scheme, _, secret = given[0].partition(" ") if given else ("", "", "")
    caller = keys.authenticate(secret.strip()) if scheme.lower() == "bearer" else None
    if caller is None:
        raise Unauthenticated(
            "A valid Ringfence API key is needed: 'Authorization: Bearer rf-...'; 'ringfence key create' makes one.",
            status=401,
            code="invalid_api_key",
        )
    if caller.role not in allowed:
        raise RequestRefused(
            f"This needs a key with the role {' or '.join(sorted(allowed))}; yours has the role {caller.role.value}.",
            status=403,
            code="wrong_role",
        )
    return caller


async def read_ask(request: Request, caller: Caller, endpoint: str, max_body_bytes: int) -> Ask:
    """Read a request whole; raises RequestRefused: 400, 413 or 415."""
    clock = Clock()
    encoding = ",".join(request.headers.getlist("content-encoding")) or "identity"
    if encoding.strip().lower() != "identity":
        raise RequestRefused("A compressed body is not accepted.", status=415, code="unsupported_encoding")
    media, _, parameters = ",".join(request.headers.getlist("content-type")).partition(";")
    charset = parameters.partition("=")[2].strip().strip('"').lower()
    if media.strip().lower() != "application/json" or charset not in {"", "utf-8"}:
        raise RequestRefused("The body must be 'application/json' in UTF-8.", status=415, code="unsupported_media_type")
    raw = await _read(request, max_body_bytes)
    return Ask(new_id(), endpoint, caller, client_address(request.scope), content.parse(raw), raw, clock)


async def _read(request: Request, limit: int) -> bytes:
    body = bytearray()
    too_large = RequestRefused(f"The body is larger than {limit} bytes.", status=413, code="body_too_large")
    if int(request.headers.get("content-length") or 0) > limit:
        raise too_large
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise too_large
    return bytes(body)
