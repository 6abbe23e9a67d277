"""`POST /v1/chat/completions`."""

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from proxy.api.requests import authenticate, read_ask
from proxy.identity import KeyStore, Role
from proxy.pipeline import Pipeline

CALLERS = frozenset({Role.APP})


async def chat(request: Request, pipeline: Pipeline, keys: KeyStore) -> Response:
    """Answer a chat completion, as a stream of events when the model server streams."""
    caller = authenticate(request, keys, CALLERS)
    ask = await read_ask(request, caller, "chat", pipeline.settings.max_body_bytes)
    answer = await pipeline.chat(ask)
    if answer.streamed:
        headers = {**answer.attempt.headers(), "cache-control": "no-cache", "x-accel-buffering": "no"}
        return StreamingResponse(answer.events(), media_type="text/event-stream", headers=headers)
    body = await answer.whole()
    return Response(body, media_type="application/json", headers=answer.attempt.headers())
