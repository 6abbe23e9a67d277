import asyncio
from typing import Any

import httpx
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from proxy.api.routes import Routes


async def says(request: Request) -> Response:
    return PlainTextResponse(f"{request.method} {request.path_params.get('name', '-')}")


async def other(_: Request) -> Response:
    return PlainTextResponse("other")


ROUTES = Routes(
    [
        Route("/a", says, methods=["GET"]),
        Route("/a", other, methods=["POST"]),
        Route("/a/b", other, methods=["GET"]),
        Route("/a/{name}", says, methods=["GET"]),
    ]
)


def asked(method: str, path: str) -> httpx.Response:
    async def main() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(ROUTES), base_url="http://x") as client:
            return await client.request(method, path)

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("method", "path", "answer"),
    [
        ("GET", "/a", "GET -"),
        ("GET", "/%61?b=c", "GET -"),
        ("POST", "/a", "other"),
        ("GET", "/a/b", "other"),
        ("GET", "/a/c", "GET c"),
    ],
)
def test_a_path_and_a_method_lead_to_one_handler(method: str, path: str, answer: str) -> None:
    assert asked(method, path).text == answer


def test_head_is_answered_by_what_answers_get() -> None:
    assert int(asked("HEAD", "/a").headers["content-length"]) == len("HEAD -")


@pytest.mark.parametrize(
    ("method", "path", "status", "headers"),
    [
        ("GET", "/", 404, {}),
        ("GET", "/a/", 404, {}),
        ("GET", "/A", 404, {}),
        ("GET", "/a/b/c", 404, {}),
        ("PUT", "/a/b", 405, {"Allow": {"GET", "HEAD"}}),
    ],
)
def test_what_leads_nowhere_is_raised(method: str, path: str, status: int, headers: dict[str, Any]) -> None:
    with pytest.raises(HTTPException) as raised:
        asked(method, path)
    assert raised.value.status_code == status
    assert {name: set(value.split(", ")) for name, value in (raised.value.headers or {}).items()} == headers
