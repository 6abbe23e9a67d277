"""`POST` to an endpoint of the API: `/v1/chat/completions`, `/v1/responses` and the others that are served."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from functools import partial
from typing import cast

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from proxy.answers import CALLER_LEFT
from proxy.api.guard import Guard
from proxy.api.requests import authenticate, read_ask
from proxy.canary.lane import Lane
from proxy.endpoints.endpoint import Endpoint
from proxy.evidence import Ask
from proxy.identity import Role
from proxy.pipeline import Pipeline

CALLERS = frozenset({Role.APP})
STREAMED = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "x-accel-buffering": "no",
}


async def create(request: Request, endpoint: Endpoint, lane: Lane, guard: Guard) -> ASGIApp:
    """Answer a request, as a stream of events when the model server streams."""
    caller = authenticate(request, lane.keys, CALLERS, endpoint.key_header)
    pipeline = lane.of(caller)
    ask = await read_ask(request, caller, endpoint, pipeline.settings.max_body_bytes)
    return guard.around(request, ask, pipeline.activation.active.limits, partial(Exchange, pipeline))


class Exchange:
    """From a request that was read to the last byte of its answer, one piece of work for as long as the caller stays.

    A caller that leaves ends it at whatever it waits for: a detector, the log, or an upstream that hangs or drips.
    """

    def __init__(self, pipeline: Pipeline, ask: Ask) -> None:
        self._pipeline = pipeline
        self._ask = ask

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Work, and listen for the caller's leaving meanwhile."""
        with _Listening(receive):
            await self._answer(send)

    async def _answer(self, send: Send) -> None:
        async with await self._pipeline.answer(self._ask) as answer:
            headers = answer.attempt.headers()
            if answer.streamed:
                await send(_start(headers | STREAMED))
                async with aclosing(answer.events()) as events:
                    async for event in events:
                        await send({"type": "http.response.body", "body": event, "more_body": True})
                await send({"type": "http.response.body"})
                return
            body = await answer.whole()
        await send(_start(headers | {"content-length": str(len(body)), "content-type": "application/json"}))
        await send({"type": "http.response.body", "body": body})


def _start(headers: Mapping[str, str]) -> Message:
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": 200, "headers": raw}


class _Listening:
    """Cancels the task that entered it when the caller leaves, as long as it is open; it ends there.

    A cancellation that comes from elsewhere goes on, as with `asyncio.timeout`.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._left = False

    def __enter__(self) -> None:
        loop = asyncio.get_running_loop()
        self._work = cast("asyncio.Task[None]", asyncio.current_task(loop))
        self._others = self._work.cancelling()
        self._listening = loop.create_task(self._listen())

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        self._listening.cancel()
        alone = self._left and self._work.uncancel() <= self._others
        return alone and kind is asyncio.CancelledError

    async def _listen(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._left = self._work.cancel(CALLER_LEFT)
