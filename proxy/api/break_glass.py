"""`/ringfence/v1/break-glass`: two persons let requests to own servers go on while the audit log takes no records."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from proxy.api.requests import authenticate, read_json
from proxy.break_glass import GRANTORS, BreakGlass
from proxy.identity import KeyStore

MAX_BYTES = 1024


async def show(request: Request, glass: BreakGlass, keys: KeyStore) -> Response:
    """Say what is open, and what is proposed."""
    authenticate(request, keys, GRANTORS)
    return JSONResponse(glass.state())


async def propose(request: Request, glass: BreakGlass, keys: KeyStore) -> Response:
    """Take `{"minutes": ..., "reason": ...}` as the first person's proposal."""
    caller = authenticate(request, keys, GRANTORS)
    asked = await read_json(request, MAX_BYTES)
    return JSONResponse(await asyncio.to_thread(glass.propose, caller, asked.get("minutes"), asked.get("reason")))


async def confirm(request: Request, glass: BreakGlass, keys: KeyStore) -> Response:
    """Take `{"proposal": ID}` as the second person's word, and open."""
    caller = authenticate(request, keys, GRANTORS)
    asked = await read_json(request, MAX_BYTES)
    return JSONResponse(await asyncio.to_thread(glass.confirm, caller, asked.get("proposal")))


async def end(request: Request, glass: BreakGlass, keys: KeyStore) -> Response:
    """Close; needs no body."""
    caller = authenticate(request, keys, GRANTORS)
    return JSONResponse(await asyncio.to_thread(glass.end, caller))
