"""What is common to the endpoints: who calls, and a body read strictly and within bounds."""

import asyncio
from typing import Any

from starlette.requests import ClientDisconnect, Request

from audit.records.record import new_id
from proxy.api.shield import client_address
from proxy.content.parsing import parse
from proxy.endpoints.endpoint import Endpoint
from proxy.errors import RequestRefused
from proxy.evidence import Ask
from proxy.identity import Caller, Keys, Role
from proxy.traces import notes

REALM = 'Bearer realm="ringfence"'
LONG = 64 * 1024
"""Bytes of a body that takes long enough to parse to keep others waiting: megabytes of numbers take seconds."""


class Unauthenticated(RequestRefused):
    """No usable key."""

    kind = "authentication_error"

    def headers(self) -> dict[str, str]:
        """Add the challenge of RFC 6750."""
        return {**super().headers(), "www-authenticate": REALM}


def authenticate(request: Request, keys: Keys, allowed: frozenset[Role], key_header: str = "") -> Caller:
    """Return the caller of a request, whose key may also stand alone in `key_header`, where one is named.

    An empty header of that name is none: a library that was given no key sends it beside another credential.
    Raises RequestRefused: 400 for two credentials, 401 for none that is valid, 403 for the wrong role.
    """
    given = _sent(request, b"authorization")
    bare = [key for key in _sent(request, key_header.encode()) if key.strip()] if key_header else []
    if len(given) + len(bare) > 1:
        text = f"Two Authorization headers{f', or one and {key_header},' if key_header else ''} were sent; send one."
        raise RequestRefused(text, code="duplicate_authorization")
    scheme, _, secret = given[0].partition(" ") if given else ("bearer", "", "".join(bare))
    caller = keys.authenticate(secret.strip()) if scheme.lower() == "bearer" else None
    if caller is None:
        beside = f" or '{key_header}: rf-...'" if key_header else ""
        raise Unauthenticated(
            f"A valid Ringfence API key is needed: 'Authorization: Bearer rf-...'{beside}; "
            "'ringfence key create' makes one.",
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


async def read_ask(
    request: Request, caller: Caller, endpoint: Endpoint, max_body_bytes: int, *, dry_run: bool = False
) -> Ask:
    """Read a request whole; raises RequestRefused: 400, 413 or 415."""
    clock = notes.clock("inspect" if dry_run else endpoint.name)
    raw = await _read_whole(request, max_body_bytes)
    body = parse(raw) if len(raw) < LONG else await asyncio.to_thread(parse, raw)
    return Ask(new_id(), endpoint, caller, client_address(request.scope), body, raw, clock, dry_run)


async def read_json(request: Request, max_body_bytes: int) -> dict[str, Any]:
    """Read the object that a body is; raises the same."""
    return parse(await _read_whole(request, max_body_bytes))


async def _read_whole(request: Request, limit: int) -> bytes:
    encoding = ",".join(_sent(request, b"content-encoding")) or "identity"
    if encoding.strip().lower() != "identity":
        raise RequestRefused("A compressed body is not accepted.", status=415, code="unsupported_encoding")
    media, _, parameters = ",".join(_sent(request, b"content-type")).partition(";")
    charset = parameters.partition("=")[2].strip().strip('"').lower()
    if media.strip().lower() != "application/json" or charset not in {"", "utf-8"}:
        raise RequestRefused("The body must be 'application/json' in UTF-8.", status=415, code="unsupported_media_type")
    body, too_large = bytearray(), int(next(iter(_sent(request, b"content-length")), 0)) > limit
    more = not too_large
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        too_large = len(body) > limit
        more = message.get("more_body", False) and not too_large
    if too_large:
        raise RequestRefused(f"The body is larger than {limit} bytes.", status=413, code="body_too_large")
    return bytes(body)


def _sent(request: Request, name: bytes) -> list[str]:
    """Return every value of a header."""
    return [value.decode("latin-1") for each, value in request.scope["headers"] if each == name]
