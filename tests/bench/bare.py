"""The least that a Python proxy does: FastAPI and httpx, the body passed on as it comes. Checks and keeps nothing.

python tests/bench/bare.py UPSTREAM_BASE_URL
"""

import asyncio
import sys
from collections.abc import AsyncIterator

import httpx
import uvicorn
import uvloop
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import StreamingResponse


def create_app(upstream: str) -> FastAPI:
    """Make the application."""
    app = FastAPI()
    client = httpx.AsyncClient(timeout=60, trust_env=False, limits=httpx.Limits(max_connections=None))

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> StreamingResponse:
        content = await request.body()
        headers = {"content-type": "application/json", "accept-encoding": "identity"}
        sent = client.build_request("POST", f"{upstream}/chat/completions", content=content, headers=headers)
        answer = await client.send(sent, stream=True)

        async def pieces() -> AsyncIterator[bytes]:
            async for piece in answer.aiter_raw():
                yield piece
            await answer.aclose()

        kept = {name: answer.headers[name] for name in ("content-length",) if name in answer.headers}
        return StreamingResponse(pieces(), answer.status_code, kept, answer.headers["content-type"])

    return app


async def main() -> None:
    """Serve until terminated."""
    config = uvicorn.Config(create_app(sys.argv[1]), port=0, http="httptools", access_log=False, log_level="warning")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    print(f"listening on http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", flush=True)
    await task


if __name__ == "__main__":
    uvloop.run(main())
