"""The auditors' API: who may, what comes back, and that every read is on the log before it is answered."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Request

from audit.access import Records
from audit.api import router
from audit.log import AuditLog, Receipt

URL = "/audit/v1/records"
ACTOR = {"kind": "api_key", "id": "ak_9", "app": "soc", "team": "audit"}


@dataclass
class Auditor:
    actor: dict[str, Any] = field(
        default_factory=lambda: {"kind": "api_key", "id": "ak_9", "app": "soc", "team": "audit"}
    )


async def authorize(request: Request) -> Auditor:
    if request.headers.get("authorization") != "Bearer good":
        raise HTTPException(401)
    return Auditor()


@dataclass
class Service:
    log: AuditLog
    decisions: list[Receipt]
    explain: Callable[[dict[str, Any]], dict[str, Any]] | None = None

    def get(self, url: str, *, key: str = "good", **params: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            app = FastAPI()
            app.include_router(router(self.log, authorize, self.explain))
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
                return await client.get(url, params=params, headers={"authorization": f"Bearer {key}"})

        return asyncio.run(ask())

    def reads(self) -> list[dict[str, Any]]:
        return [record.body for record in Records(self.log.place).last(1000) if record.body["kind"] == "audit.read"]


@pytest.fixture
def service(open_log: Any, decision: Any) -> Iterator[Service]:
    log = open_log()
    made = [log.append_sync("route.decision", decision(zone=zone)) for zone in ("onprem", "cloud-us", "onprem")]
    return Service(log, made)


def test_a_page_comes_back_and_the_read_is_a_record(service: Service) -> None:
    answer = service.get(URL, zone="onprem", limit=1)
    assert answer.status_code == 200
    first, _, third = service.decisions
    assert [record["id"] for record in answer.json()["records"]] == [first.id]
    assert answer.json()["next"] == first.seq
    assert answer.json()["records"][0]["link"] == first.link
    rest = service.get(URL, zone="onprem", after=first.seq, limit=1)
    assert [record["id"] for record in rest.json()["records"]] == [third.id]
    assert rest.json()["next"] is None
    one, two = service.reads()
    assert (one["filters"], one["rows"], one["limit"]) == (["zone"], 1, 1)
    assert one["actor"] == Auditor().actor
    assert (two["filters"], two["after"]) == (["after", "zone"], first.seq)
    assert "onprem" not in str(one)


def test_one_record_comes_back_and_the_read_is_a_record(service: Service) -> None:
    wanted = service.decisions[1]
    answer = service.get(f"{URL}/{wanted.id}")
    assert answer.status_code == 200
    assert answer.json()["body"]["zone"] == "cloud-us"
    assert service.get(f"{URL}/01a1fe6d-0185-7595-b576-122b77425aaa").status_code == 404
    assert [(body["record"], body["rows"]) for body in service.reads()] == [
        (wanted.id, 1),
        ("01a1fe6d-0185-7595-b576-122b77425aaa", 0),
    ]


def test_a_time_filter_takes_whole_seconds(service: Service) -> None:
    answer = service.get(URL, **{"from": "2020-01-01T00:00:00Z", "to": "2999-01-01T00:00:00Z"})
    assert len(answer.json()["records"]) == 5
    assert service.reads()[0]["from"] == "2020-01-01T00:00:00.000000Z"


def test_without_the_right_key_nothing_is_read(service: Service) -> None:
    for url in (URL, f"{URL}/{service.decisions[0].id}"):
        assert service.get(url, key="bad").status_code == 401
    assert service.reads() == []


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"team": "Jane Roe"}, "team is not a name"),
        ({"kind": "route.rumour"}, "kind is not a kind of record"),
        ({"from": "yesterday"}, "from is not a time"),
        ({"after": "x"}, "after is not a number"),
        ({"after": "-2"}, "after must be between"),
        ({"limit": "0"}, "limit must be between"),
        ({"limit": "1001"}, "limit must be between"),
        ({"color": "red"}, "parameters are"),
        ({"team": ["a", "b"]}, "given twice"),
    ],
)
def test_a_bad_query_is_refused_without_repeating_it(params: dict[str, Any], said: str, service: Service) -> None:
    answer = service.get(URL, **params)
    assert answer.status_code == 400
    assert said in answer.json()["error"]["message"]
    assert "Jane" not in answer.text
    assert service.reads() == []


def test_a_read_that_cannot_be_recorded_is_not_answered(service: Service) -> None:
    service.log._deadline_s = 0.2
    with closing(sqlite3.connect(service.log.place, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for url in (URL, f"{URL}/{service.decisions[0].id}"):
            answer = service.get(url)
            assert answer.status_code == 503
            assert answer.json()["error"]["code"] == "audit_unavailable"
            assert "crm" not in answer.text
        other.execute("ROLLBACK")


def test_an_id_that_is_none_is_not_looked_up(service: Service) -> None:
    assert service.get(f"{URL}/Jane%20Roe").status_code == 404
    assert service.reads() == []


def test_a_decision_that_is_read_by_its_id_comes_with_the_explanation_that_was_injected(service: Service) -> None:
    service.explain = lambda body: {"decided": body["decision"]}
    record = service.decisions[0].id
    answer = service.get(f"{URL}/{record}").json()
    assert answer["explanation"] == {"decided": answer["body"]["decision"]}
    assert all("explanation" not in found for found in service.get(URL).json()["records"])
    read = Records(service.log.place).last(1)[0]
    assert "explanation" not in service.get(f"{URL}/{read.id}").json()
    service.explain = None
    assert "explanation" not in service.get(f"{URL}/{record}").json()
