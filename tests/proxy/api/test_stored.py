"""What a model server keeps is asked for there alone, by its team alone, and with nothing that a caller wrote."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from inside import Inside, Scripted, inside
from stateful import Keeper

from proxy.holders import held_by
from proxy.settings import ROOT
from proxy.state.held import HeldStates

SECRET = "Maria Gonzalez"
RESPONSE = "/v1/responses"


@pytest.fixture
def stand_in() -> type[Keeper]:
    return Keeper


@asynccontextmanager
async def running(home: Path, vendor: Keeper, own: Keeper) -> AsyncIterator[tuple[Inside, dict[str, str], str]]:
    """A server, a key, and the id of a response that the own server keeps."""
    async with inside(home, vendor, own, detector=Scripted({SECRET: "PERSON"})) as ring:
        key = ring.key()
        said = {"model": "gpt-4o-mini", "input": f"Write to {SECRET}."}
        made = (await ring.client.post(RESPONSE, json=said, headers=key)).json()
        own.requests.clear()
        yield ring, key, made["id"]


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_a_stored_response_is_retrieved_listed_cancelled_and_deleted_where_it_is(
    tmp_path: Path, vendor: Keeper, own: Keeper
) -> None:
    async def run() -> None:
        async with running(tmp_path, vendor, own) as (ring, key, name):
            at, call = f"{RESPONSE}/{name}", ring.client
            whole = await call.get(at, headers=key)
            assert (whole.status_code, whole.json()["id"]) == (200, name)
            assert whole.headers["x-ringfence-zone"] == "onprem"
            streamed = await call.get(f"{at}?stream=true&starting_after=0", headers=key)
            assert streamed.headers["content-type"].startswith("text/event-stream")
            items = await call.get(
                f"{at}/input_items?limit=5&order=asc&include[]=message.output_text.logprobs", headers=key
            )
            item = items.json()["data"][0]["id"]
            after = await call.get(f"{at}/input_items?after={item}", headers=key)
            assert after.status_code == 200, "it was listed before, so it is known"
            assert (await call.post(f"{at}/cancel", headers=key)).status_code == 200
            assert (await call.delete(at, headers=key)).json()["deleted"] is True
            assert own.paths == [
                f"GET {at}",
                f"GET {at}?stream=true&starting_after=0",
                f"GET {at}/input_items?limit=5&order=asc&include%5B%5D=message.output_text.logprobs",
                f"GET {at}/input_items?after={item}",
                f"POST {at}/cancel",
                f"DELETE {at}",
            ]
            assert all(seen.body == b"" for seen in own.requests)
            assert code(await call.get(at, headers=key)) == (404, "state_not_found")
            assert len(own.paths) == 6, "what was deleted is forgotten, and not asked for"
            assert vendor.paths == []
            records = (await ring.records("route.decision"))[1:]
            ops = ["retrieve", "retrieve", "input_items", "input_items", "cancel", "delete"]
            assert [(one["req"]["endpoint"], one["req"]["op"]) for one in records] == [("responses", op) for op in ops]
            assert {(one["zone"], one["state"][-1]["up"]) for one in records} == {("onprem", "local")}
            outcomes = await ring.records("route.outcome")
            assert [one["status"] for one in outcomes] == ["ok"] * 7

    asyncio.run(run())


def test_nobody_else_learns_whether_a_response_exists(tmp_path: Path, vendor: Keeper, own: Keeper) -> None:
    async def run() -> None:
        async with running(tmp_path, vendor, own) as (ring, _, name):
            other = ring.key("app", "other")
            told = set()
            for one in (name, "resp_unknown", "a" * 129, "..", "%2e%2e", "a%20b", "a%0ab"):
                for method, below in (("GET", ""), ("GET", "/input_items"), ("POST", "/cancel"), ("DELETE", "")):
                    answer = await ring.client.request(method, f"{RESPONSE}/{one}{below}", headers=other)
                    if answer.json()["error"]["code"] != "not_found":  # no such path at all
                        told.add((answer.status_code, answer.content))
            assert len(told) == 1
            assert own.paths == vendor.paths == []
            assert len(await ring.records("route.decision")) == 1

    asyncio.run(run())


UNKNOWN = (
    ("GET", "?stream=yes"),
    ("GET", "?starting_after=-1"),
    ("GET", "?include=everything"),
    ("GET", "?note=Maria"),
    ("GET", "/input_items?limit=ten"),
    ("GET", "/input_items?order=random"),
    ("GET", "/input_items?stream=true"),
    ("GET", "/input_items?after=a%20b"),
    ("POST", "/cancel?stream=true"),
    ("DELETE", "?include=reasoning.encrypted_content"),
)


def test_a_query_that_is_not_of_a_known_form_is_refused(tmp_path: Path, vendor: Keeper, own: Keeper) -> None:
    async def run() -> None:
        async with running(tmp_path, vendor, own) as (ring, key, name):
            for method, rest in UNKNOWN:
                answer = await ring.client.request(method, f"{RESPONSE}/{name}{rest}", headers=key)
                assert code(answer) == (400, "invalid_request"), (method, rest)
                assert own.paths == []

    asyncio.run(run())


def test_a_body_that_says_something_is_refused(tmp_path: Path, vendor: Keeper, own: Keeper) -> None:
    async def run() -> None:
        async with running(tmp_path, vendor, own) as (ring, key, name):
            at = f"{RESPONSE}/{name}/cancel"
            for said in (b'{"reason": "x"}', b"x" * 100_000):
                assert code(await ring.client.post(at, content=said, headers=key)) == (400, "invalid_request")
            assert own.paths == []
            assert (await ring.client.post(at, json={}, headers=key)).status_code == 200, "the control"

    asyncio.run(run())


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_server_that_cannot_be_asked_for_what_it_keeps_has_nothing_to_show(
    status: int, tmp_path: Path, vendor: Keeper, own: Keeper
) -> None:
    async def run() -> None:
        async with running(tmp_path, vendor, own) as (ring, key, name):
            own.behaviour = f"status:{status}"
            answer = await ring.client.delete(f"{RESPONSE}/{name}", headers=key)
            assert code(answer) == (404, "state_not_found")
            assert "x-ringfence-audit-id" in answer.headers
            own.behaviour = "answer"
            assert (await ring.client.get(f"{RESPONSE}/{name}", headers=key)).status_code == 200, "nothing is forgotten"

    asyncio.run(run())


GRANT = """
policy: one
version: 1
owner: security@company.example
grants:
  - id: one-team
    who: {teams: [team]}
    what: {endpoints: [responses], models: ["gpt-4*"]}
    zones: [onprem]
"""


def granting(home: Path) -> Path:
    """Policies with one grant, for one team and some models."""
    made = home / "policies"
    made.mkdir()
    shutil.copy(ROOT / "policies" / "taxonomy.yaml", made)
    (made / "one.yaml").write_text(GRANT)
    return made


def test_a_team_gets_out_of_a_zone_what_it_may_still_ask_any_model_there_for(
    tmp_path: Path, vendor: Keeper, own: Keeper
) -> None:
    async def run() -> None:
        async with inside(tmp_path, vendor, own, policies=granting(tmp_path)) as ring:
            may, may_not = ring.key("app", "team"), ring.key("app", "other")
            said = {"model": "gpt-4o-mini", "input": f"Write to {SECRET}."}
            made = (await ring.client.post(RESPONSE, json=said, headers=may)).json()["id"]
            at = ring.runtime.activation.active.registry.upstreams[0]
            await HeldStates(ring.runtime.state).remember("other", "response", [made], held_by(at))
            before = len(own.paths)
            assert (await ring.client.get(f"{RESPONSE}/{made}", headers=may)).status_code == 200
            refused = await ring.client.get(f"{RESPONSE}/{made}", headers=may_not)
            assert code(refused) == (403, "policy_blocked")
            assert len(own.paths) == before + 1
            decisions = await ring.records("route.decision")
            assert [(one["decision"], one["req"]["op"]) for one in decisions[1:]] == [
                ("pin", "retrieve"),
                ("block", "retrieve"),
            ]

    asyncio.run(run())


def test_who_asks_for_ids_that_are_not_its_own_is_counted_in_the_log(
    tmp_path: Path, vendor: Keeper, own: Keeper
) -> None:
    async def run() -> None:
        async with running(tmp_path, vendor, own) as (ring, key, name):
            for one in (name, "resp_1", "resp_2"):
                await ring.client.get(f"{RESPONSE}/{one}", headers=key)
            await ring.runtime.denials.flush()
            (record,) = await ring.records("access.denied")
            assert record["n_404"] == 2

    asyncio.run(run())


def test_an_id_that_is_no_plain_word_is_put_into_no_path_even_if_a_server_gave_it(
    tmp_path: Path, vendor: Keeper, own: Keeper
) -> None:
    async def run() -> None:
        async with running(tmp_path, vendor, own) as (ring, key, name):
            at = held_by(ring.runtime.activation.active.registry.upstreams[0])
            strange = [f"{name}?stream=true", f"{name} x", "resp_é", "a" * 129, "resp.1"]
            await HeldStates(ring.runtime.state).remember("team", "response", strange, at)
            for one in strange:
                answer = await ring.client.get(f"{RESPONSE}/{quote(one)}", headers=key)
                assert code(answer) == (404, "state_not_found")
            assert own.paths == []

    asyncio.run(run())


def test_a_list_begins_after_an_item_of_the_team_or_not_at_all(tmp_path: Path, vendor: Keeper, own: Keeper) -> None:
    async def run() -> None:
        async with running(tmp_path, vendor, own) as (ring, key, name):
            answer = await ring.client.get(f"{RESPONSE}/{name}/input_items?after=msg_unknown", headers=key)
            assert (code(answer), answer.json()["error"]["param"]) == ((404, "state_not_found"), "after")
            assert own.paths == []

    asyncio.run(run())
