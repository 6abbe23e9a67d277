import asyncio
from pathlib import Path
from typing import Any

import pytest
from harness import StandIn, chat_body
from inside import Scripted, inside

from audit.api.roles import ROLES
from proxy.app import create_app
from proxy.endpoints.served import ENDPOINTS
from proxy.identity import Role
from proxy.runtime import Runtime


def test_the_routes_are_these_and_no_others(tmp_path: Path, vendor: StandIn) -> None:
    async def run() -> set[str]:
        async with inside(tmp_path, vendor) as ring:
            app: Any = create_app(ring.runtime)
            found: set[str] = set()
            waiting = list(app._app._app.routes)
            while waiting:
                route = waiting.pop()
                inner = getattr(route, "routes", None) or getattr(
                    getattr(route, "original_router", None), "routes", None
                )
                if inner:
                    waiting += inner
                else:
                    found.add(route.path)
            return found

    assert asyncio.run(run()) == {
        *(f"/v1{endpoint.path}" for endpoint in ENDPOINTS),
        "/v1/models",
        "/v1/models/{name:path}",
        "/v1/responses/{id}",
        "/v1/responses/{id}/cancel",
        "/v1/responses/{id}/input_items",
        "/ringfence/v1/inspect",
        "/ringfence/v1/policy",
        "/ringfence/v1/policy/reload",
        "/ringfence/v1/break-glass",
        "/ringfence/v1/break-glass/confirm",
        "/ringfence/v1/break-glass/end",
        "/livez",
        "/readyz",
        *(f"/audit/v1{path}" for path in ROLES),
    }


def test_applications_do_not_read_the_log(tmp_path: Path, vendor: StandIn) -> None:
    async def run() -> dict[str, int]:
        async with inside(tmp_path, vendor) as ring:
            return {
                role.value: (await ring.client.get("/audit/v1/records", headers=ring.key(role=role))).status_code
                for role in Role
            }

    assert asyncio.run(run()) == {"app": 403, "auditor": 200, "security": 200, "admin": 200}


def test_a_failure_nobody_thought_of_is_500_without_its_text(
    tmp_path: Path, vendor: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Scripted):
        async def scan(self, *_: Any) -> Any:
            raise KeyError("zebra" + " quartz")

    async def run() -> Any:
        async with inside(tmp_path, vendor, detector=Broken()) as ring:
            return await ring.client.post("/v1/chat/completions", json=chat_body(), headers=ring.key())

    answer = asyncio.run(run())
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal_error")
    assert "zebra" not in answer.text + caplog.text
    assert vendor.received == b""
    assert hasattr(Runtime, "start")
