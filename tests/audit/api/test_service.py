"""What all routes stand on: roles by the table, a record before the answer, and no answer without one."""

import asyncio
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from audit.access import Records
from audit.api import routes
from audit.api.gate import HEAVY, WAITING
from audit.api.roles import PREFIX, ROLES
from audit.api.service import Service, endpoint
from audit.exporting import Exports


def test_a_route_that_does_not_serve_what_the_table_says_is_not_built(service: Any) -> None:
    made = Service(service.log, Records(service.log.place))
    with pytest.raises(ValueError, match="not served as the table"):
        endpoint(made, None, "/exports", {"GET": None})  # type: ignore[arg-type, dict-item]


def test_the_caller_is_in_the_record_and_head_is_a_read_too(service: Any) -> None:
    assert service.ask("GET", "/records", key="security").status_code == 200
    assert service.ask("HEAD", "/records", key="auditor").status_code == 200
    assert [body["actor"]["id"] for body in service.reads()] == ["ak_security", "ak_auditor"]


def test_every_route_refuses_who_has_another_role_before_anything_is_read(service: Any) -> None:
    for path, methods in ROLES.items():
        for method in methods:
            assert service.ask(method, path, key="app").status_code == 403
    assert service.reads() == []


@pytest.mark.parametrize("path", ["/records?limit=1000", "/checkpoints?limit=1000", f"/texts/{'5' * 64}"])
def test_of_many_who_read_much_at_once_most_are_told_to_come_back(path: str, service: Any) -> None:
    actor = {"kind": "api_key", "id": "ak_9", "app": "soc", "team": "audit"}

    async def anybody(*_: Any) -> Any:
        return SimpleNamespace(actor=actor)

    async def run() -> list[int]:
        exports = await Exports(service.log, service.folder, ()).take_over()
        app = Starlette(routes=routes(service.log, anybody, exports))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
            asked = [client.get(f"{PREFIX}{path}") for _ in range(40)]
            return [answer.status_code for answer in await asyncio.gather(*asked)]

    statuses = asyncio.run(run())
    assert statuses.count(503) >= 40 - HEAVY - WAITING - 5  # a turn may end while others still arrive
    assert statuses.count(503) + statuses.count(200 if "texts" not in path else 404) == 40
