"""Many model servers: which one a request waits for, what it is told where none has room, and what the log says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from harness import StandIn, chat_body, eventually
from inside import Inside, Scripted, inside

CARD = "zebra"
PLANTED = f"Who is {CARD}?"
"""What the scripted detector takes for a card number."""


def row(name: str, zone: str, at: StandIn, **more: Any) -> dict[str, Any]:
    serves = {"default_model": "local-model"} if zone == "onprem" else {"models": ["gpt-4*"]}
    return {"name": name, "kind": "openai", "zone": zone, "base_url": at.url, **serves, **more}


@asynccontextmanager
async def estate(
    home: Path, *rows: dict[str, Any], settings: dict[str, Any] | None = None, **more: Any
) -> AsyncIterator[Inside]:
    file = home / "upstreams.yaml"
    file.write_text(yaml.safe_dump({"upstreams": list(rows), **more}))
    async with inside(home, upstreams=file, detector=Scripted({CARD: "CREDIT_CARD"}), **(settings or {})) as ring:
        yield ring


async def post(ring: Inside, key: dict[str, str], text: str = "What is a monad?", **fields: Any) -> httpx.Response:
    return await ring.client.post("/v1/chat/completions", json=chat_body(text, **fields), headers=key)


def code(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


def test_requests_wait_for_a_server_that_takes_one_at_a_time(tmp_path: Path, own: StandIn) -> None:
    own.answer_delay_s = 0.05
    at_once = most = 0
    answer = own._answer

    async def counted(*given: Any) -> bool:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        try:
            return await answer(*given)
        finally:
            at_once -= 1

    own._answer = counted  # type: ignore[method-assign]

    async def run() -> list[dict[str, Any]]:
        async with estate(tmp_path, row("own", "onprem", own, models=["gpt-4*"], max_in_flight=1)) as ring:
            key = await asyncio.to_thread(ring.key)
            answers = await asyncio.gather(*(post(ring, key, PLANTED) for _ in range(4)))
            assert [each.status_code for each in answers] == [200] * 4
            return await ring.records("route.outcome")

    waited = sorted(record["lat_us"]["queue"] for record in asyncio.run(run()))
    assert most == 1
    assert waited[-1] > 3 * 50_000, "the last one waited for three others"


def test_where_nobody_may_wait_the_caller_is_told_to_come_again_and_the_log_says_that_nothing_was_sent(
    tmp_path: Path, own: StandIn, vendor: StandIn
) -> None:
    own.behaviour = "hang"

    async def run() -> tuple[httpx.Response, list[dict[str, Any]]]:
        rows = row("own", "onprem", own, max_in_flight=1, max_queue=0), row("vendor", "cloud-us", vendor)
        async with estate(tmp_path, *rows) as ring:
            key = await asyncio.to_thread(ring.key)
            first = asyncio.ensure_future(post(ring, key, PLANTED))
            await asyncio.to_thread(eventually, lambda: own.posts)
            second = await post(ring, key, PLANTED)
            first.cancel()
            return second, await ring.settled()

    answer, records = asyncio.run(run())
    assert (answer.status_code, code(answer), answer.headers["retry-after"]) == (503, "upstreams_busy", "1")
    assert len(own.posts) == 1
    assert vendor.connections == 0
    (decision,) = [each for each in records if each["kind"] == "route.decision" and "up" not in each]
    (outcome,) = [each for each in records if each.get("dec") == decision["id"]]
    assert (decision["decision"], decision["zones_left"], outcome["status"]) == ("pin", ["onprem"], "not_sent")
    assert decision["id"] == answer.headers["x-ringfence-audit-id"]


@pytest.mark.parametrize(("file", "names"), [({}, {"two"}), ({"balance": {"onprem": "weighted"}}, {"one", "two"})])
def test_unless_the_file_says_otherwise_whoever_has_less_to_do_is_asked(
    tmp_path: Path, own: StandIn, vendor: StandIn, file: dict[str, Any], names: set[str]
) -> None:
    own.behaviour = "hang"

    async def run() -> set[str]:
        async with estate(tmp_path, row("one", "onprem", own), row("two", "onprem", vendor), **file) as ring:
            key = await asyncio.to_thread(ring.key)
            busy = asyncio.ensure_future(post(ring, key, model="local-model"))
            await asyncio.to_thread(eventually, lambda: own.posts)
            own.behaviour = "answer"
            answers = [await post(ring, key, model="local-model") for _ in range(4)]
            busy.cancel()
            return {each.headers["x-ringfence-upstream"] for each in answers}

    assert asyncio.run(run()) == names


def test_a_harmless_request_goes_on_to_the_next_zone_under_a_decision_of_its_own(
    tmp_path: Path, own: StandIn, vendor: StandIn
) -> None:
    vendor.behaviour = "status:500"

    async def run() -> tuple[list[httpx.Response], list[dict[str, Any]]]:
        rows = row("vendor", "cloud-us", vendor), row("own", "onprem", own)
        async with estate(tmp_path, *rows, settings={"upstream_failures": 2}) as ring:
            key = await asyncio.to_thread(ring.key)
            return [await post(ring, key) for _ in range(3)], await ring.records("route.decision")

    answers, decisions = asyncio.run(run())
    assert [each.headers["x-ringfence-zone"] for each in answers] == ["onprem"] * 3
    assert len(vendor.posts) == 2, "its breaker opened after the second"
    assert [each["zone"] for each in decisions] == ["cloud-us", "onprem", "cloud-us", "onprem", "onprem"]


def test_a_server_that_failed_again_and_again_is_left_alone_and_a_pinned_request_goes_nowhere_else(
    tmp_path: Path, own: StandIn, vendor: StandIn
) -> None:
    own.behaviour = "status:500"

    async def run() -> list[httpx.Response]:
        rows = row("own", "onprem", own), row("vendor", "cloud-us", vendor)
        async with estate(tmp_path, *rows, settings={"upstream_failures": 2}) as ring:
            key = await asyncio.to_thread(ring.key)
            return [await post(ring, key, PLANTED) for _ in range(4)]

    answers = asyncio.run(run())
    assert [(each.status_code, code(each)) for each in answers] == [(503, "upstream_unavailable")] * 4
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert len(own.posts) == 2
    assert vendor.connections == 0


def test_a_drained_server_gets_nothing_new(tmp_path: Path, own: StandIn, vendor: StandIn) -> None:
    async def run() -> list[httpx.Response]:
        rows = row("old", "onprem", own, drain=True), row("vendor", "cloud-us", vendor)
        async with estate(tmp_path, *rows) as ring:
            key = await asyncio.to_thread(ring.key)
            return [await post(ring, key, PLANTED), await post(ring, key)]

    pinned, harmless = asyncio.run(run())
    assert (pinned.status_code, code(pinned)) == (503, "upstream_unavailable")
    assert (harmless.status_code, harmless.headers["x-ringfence-upstream"]) == (200, "vendor")
    assert own.connections == 0


def test_the_arm_of_a_split_stands_in_the_record_of_each_request(tmp_path: Path, own: StandIn) -> None:
    async def run() -> list[dict[str, Any]]:
        split = {"gpt-4o": {"onprem": {"small": 1, "big": 1}}}
        rows = row("own", "onprem", own, models=["small", "big"])
        async with estate(tmp_path, rows, splits=split) as ring:
            key = await asyncio.to_thread(ring.key)
            for _ in range(12):
                assert (await post(ring, key, model="gpt-4o")).status_code == 200
            return await ring.records("route.decision")

    arms = [(record["up"]["arm"], record["up"]["model"]) for record in asyncio.run(run())]
    assert set(arms) == {("small", "small"), ("big", "big")}
    assert [seen.json["model"] for seen in own.posts] == [model for _, model in arms]


@pytest.mark.parametrize(
    ("said", "told"),
    [({"type": "insufficient_quota"}, "insufficient_quota"), ({"code": "other"}, "rate_limit_exceeded")],
    ids=["quota", "rate"],
)
def test_how_long_a_vendor_asks_to_wait_reaches_the_caller_and_whether_it_is_about_money(
    tmp_path: Path, vendor: StandIn, said: dict[str, str], told: str
) -> None:
    vendor.behaviour, vendor.extra_headers = "status:429", {"retry-after": "17"}
    vendor.status_body = {"error": {"message": "you sent: quartz", **said}}

    async def run() -> httpx.Response:
        async with estate(tmp_path, row("vendor", "cloud-us", vendor)) as ring:
            return await post(ring, await asyncio.to_thread(ring.key))

    answer = asyncio.run(run())
    assert (answer.status_code, code(answer), answer.headers["retry-after"]) == (429, told, "17")
    assert "quartz" not in answer.text
