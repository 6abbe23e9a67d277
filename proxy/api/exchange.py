"""`POST` to an endpoint of the API: `/v1/chat/completions`, `/v1/responses` and the others that are served."""

import asyncio
from contextlib import aclosing
from functools import partial

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from proxy.answers import CALLER_LEFT
from proxy.api.guard import Guard
from proxy.api.requests import authenticate, read_ask
from proxy.canary.lane import Lane
from proxy.endpoints.endpoint import Endpoint
from proxy.evidence import Ask
from proxy.identity import Role
from proxy.pipeline import Pipeline

CALLERS = frozenset({Role.APP})
STALLED_S = 120.0
"""A caller that takes nothing for so long has left: what it does not take holds a place at a model server."""


async def create(request: Request, endpoint: Endpoint, lane: Lane, guard: Guard) -> Response:
    """Answer a request, as a stream of events when the model server streams."""
    caller = authenticate(request, lane.keys, CALLERS, endpoint.key_header)
    pipeline = lane.of(caller)
    ask = await read_ask(request, caller, endpoint, pipeline.settings.max_body_bytes)
    return guard.around(request, ask, pipeline.activation.active.limits, partial(Exchange, pipeline))


class Exchange(Response):
    """From a request that was read to the last byte of its answer, one piece of work for as long as the caller stays.

    A caller that leaves ends it at whatever it waits for: a detector, the log, or an upstream that hangs or drips.
    """

    def __init__(self, pipeline: Pipeline, ask: Ask) -> None:
        super().__init__()
        self._pipeline = pipeline
        self._ask = ask

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Work, and listen for the caller's leaving meanwhile."""
        work = asyncio.ensure_future(self._answer(scope, receive, partial(_taken, send)))
        leaving = asyncio.ensure_future(_left(receive))
        why = None
        try:
            await asyncio.wait({work, leaving}, return_when=asyncio.FIRST_COMPLETED)
            why = CALLER_LEFT
        finally:
            work.cancel(why)  # without effect on work that is done
            leaving.cancel()
            await asyncio.wait({work, leaving})
            failure = None if work.cancelled() else work.exception()
        if failure is not None:
            raise failure

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with await self._pipeline.answer(self._ask) as answer:
            headers = answer.attempt.headers()
            if answer.streamed:
                headers |= {"cache-control": "no-cache", "x-accel-buffering": "no"}
                async with aclosing(answer.events()) as events:
                    stream = StreamingResponse(events, media_type="text/event-stream", headers=headers)
                    await stream.stream_response(send)
                return
            body = await answer.whole()
        await Response(body, media_type="application/json", headers=headers)(scope, receive, send)


async def _taken(send: Send, message: Message) -> None:
    try:
        async with asyncio.timeout(STALLED_S):
            await send(message)
    except TimeoutError:
        raise asyncio.CancelledError(CALLER_LEFT) from None


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
