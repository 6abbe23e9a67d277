"""State is tainted: it belongs to its team, and whatever refers to it goes where it lies, or nowhere."""

import asyncio
import json
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from inside import Inside, Scripted, inside
from stateful import Keeper

from proxy.content.walk import MAX_VALUES, Content, Reference
from proxy.detection.findings import Segment, Unit
from proxy.holders import Known, held_by, look_up
from proxy.identity import Role
from proxy.settings import ROOT
from proxy.state.held import Held, HeldStates

SECRET = "Maria Gonzalez"
PERSON = {SECRET: "PERSON"}


@pytest.fixture
def stand_in() -> type[Keeper]:
    return Keeper


def body(text: Any = "What is a monad?", **fields: Any) -> dict[str, Any]:
    return {"model": "gpt-4o-mini", "input": text, **fields}


@asynccontextmanager
async def running(home: Path, vendor: Keeper, own: Keeper, **more: Any) -> AsyncIterator[Inside]:
    async with inside(home, vendor, own, detector=Scripted(PERSON), **more) as ring:
        yield ring


class Team:
    """Somebody who calls."""

    def __init__(self, ring: Inside, team: str = "team") -> None:
        self.ring = ring
        self.key = ring.key("app", team, Role.APP)

    async def asks(self, text: Any = "What is a monad?", **fields: Any) -> httpx.Response:
        return await self.ring.client.post("/v1/responses", json=body(text, **fields), headers=self.key)

    async def begins(self, **fields: Any) -> dict[str, Any]:
        """Make a response that the own server keeps."""
        answer = await self.asks(f"Write to {SECRET}.", **fields)
        assert answer.headers["x-ringfence-zone"] == "onprem", answer.text
        made: dict[str, Any] = answer.json()
        return made


def code(answer: httpx.Response) -> tuple[int, str, str | None]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["param"]


def test_a_harmless_request_that_refers_to_what_an_own_server_keeps_goes_there(
    tmp_path: Path, vendor: Keeper, own: Keeper
) -> None:
    async def run() -> None:
        async with running(tmp_path, vendor, own) as ring:
            team = Team(ring)
            first = await team.begins()
            item = {"type": "item_reference", "id": first["output"][0]["id"]}
            for fields in (
                {"previous_response_id": first["id"]},
                {"text": [item, {"role": "user", "content": "Go on"}]},
            ):
                answer = await team.asks(**{"text": "Go on.", **fields})
                assert (answer.status_code, answer.headers["x-ringfence-zone"]) == (200, "onprem")
            assert vendor.paths == []
            harmless = await team.asks("Go on.")
            assert harmless.headers["x-ringfence-zone"] == "cloud-us", "the control: without a reference it leaves"
            decisions = await ring.records("route.decision")
            states = [record.get("state") for record in decisions]
            assert states == [
                None,
                [{"kind": "response", "zone": "onprem", "up": "local"}],
                [{"kind": "item", "zone": "onprem", "up": "local"}],
                None,
            ]
            assert decisions[1]["zones_left"] == decisions[3]["zones_left"] != ["onprem"]
            assert decisions[1]["detect"]["complete"]

    asyncio.run(run())


def test_what_is_unknown_and_what_is_another_teams_are_refused_in_the_same_words_and_nothing_is_sent(
    tmp_path: Path, vendor: Keeper, own: Keeper
) -> None:
    async def run() -> None:
        async with running(tmp_path, vendor, own) as ring:
            owner, other = Team(ring), Team(ring, "other")
            first = await owner.begins()
            before = len(own.paths)
            refused = [
                await other.asks(previous_response_id=first["id"]),
                await other.asks(previous_response_id="resp_unknown"),
                await other.asks([{"type": "item_reference", "id": first["output"][0]["id"]}]),
                await other.asks(conversation="conv_unknown"),
                await other.asks([{"role": "user", "content": [{"type": "input_file", "file_id": "file-1"}]}]),
            ]
            params = ["previous_response_id"] * 2 + ["input[0].id", "conversation", "input[0].content[0].file_id"]
            assert [code(answer) for answer in refused] == [(404, "state_not_found", param) for param in params]
            assert len({answer.json()["error"]["message"] for answer in refused}) == 1
            assert (len(own.paths), vendor.paths) == (before, [])
            assert (await owner.asks(previous_response_id=first["id"])).status_code == 200, "the control"

    asyncio.run(run())


def test_no_other_way_to_name_a_thing_reaches_what_another_team_has_at_the_same_own_server(
    tmp_path: Path, vendor: Keeper, own: Keeper
) -> None:
    """A server that takes more for a name than the API says would look it up: it does not know of teams."""
    own.reasons = True

    async def run() -> None:
        async with running(tmp_path, vendor, own) as ring:
            owner, other = Team(ring), Team(ring, "other")
            first = await owner.begins()
            thought, item = (each["id"] for each in first["output"])
            before = len(own.paths)
            named: list[dict[str, Any]] = [
                {"input": [{"type": "item_reference", "id": item, "status": "completed"}]},
                {"input": [{"type": "item_reference", "id": {"id": item}}]},
                {"input": [{"type": "item_reference"}]},
                {"input": [{"id": item, "status": "completed"}]},
                {"input": [{"id": item, "role": "user"}]},
                {"input": [{"id": item, "role": "user", "content": None}]},
                {"input": [{"id": item, "role": "no such", "content": "Go on."}]},
                {"previous_response_id": [first["id"]]},
                {"previous_response_id": {"id": first["id"]}},
                {"conversation": [first["id"]]},
                {"conversation": {"id": [first["id"]]}},
            ]
            for fields in named:
                answer = await other.asks(**fields)
                assert answer.status_code == 400, fields
                assert item not in answer.text
            for summary in ([], [{"type": "summary_text", "text": "So it is."}]):
                answer = await other.asks([{"type": "reasoning", "id": thought, "summary": summary}])
                assert code(answer) == (404, "state_not_found", "input[0].id")
            assert len(own.paths) == before
            back = [{"type": "reasoning", "id": thought, "summary": []}, {"role": "user", "content": "Go on."}]
            assert (await owner.asks(back)).status_code == 200, "the control"

    asyncio.run(run())


def test_what_a_request_may_not_reach_is_refused_and_recorded(tmp_path: Path, vendor: Keeper, own: Keeper) -> None:
    """State of a vendor, and a new text that must not go there: nowhere is right."""

    async def run() -> None:
        async with running(tmp_path, vendor, own) as ring:
            team = Team(ring)
            at = ring.runtime.activation.active.registry.upstreams[1]
            await HeldStates(ring.runtime.state).remember("team", "response", ["resp_v"], held_by(at))
            answer = await team.asks(f"Write to {SECRET}.", previous_response_id="resp_v")
            assert code(answer) == (403, "state_out_of_reach", None)
            assert answer.headers["x-should-retry"] == "false"
            assert (vendor.paths, own.paths) == ([], [])
            (decision,) = await ring.records("route.decision")
            assert decision["id"] == answer.headers["x-ringfence-audit-id"]
            assert decision["state"] == [{"kind": "response", "zone": "cloud-us", "up": "vendor"}]
            assert "up" not in decision
            (outcome,) = await ring.records("route.outcome")
            assert (outcome["status"], outcome["bytes_sent"]) == ("not_sent", 0)

    asyncio.run(run())


def test_vendors_are_told_to_keep_nothing_so_nothing_of_theirs_is_known(
    tmp_path: Path, vendor: Keeper, own: Keeper
) -> None:
    async def run() -> None:
        async with running(tmp_path, vendor, own) as ring:
            team = Team(ring)
            answer = await team.asks(store=True)
            assert answer.headers["x-ringfence-zone"] == "cloud-us"
            assert vendor.requests[-1].json["store"] is False
            again = await team.asks(previous_response_id=answer.json()["id"])
            assert code(again) == (404, "state_not_found", "previous_response_id")
            unstored = await team.begins(store=False)
            again = await team.asks(previous_response_id=unstored["id"])
            assert code(again) == (404, "state_not_found", "previous_response_id")

    asyncio.run(run())


def test_a_server_that_is_away_is_not_replaced_by_another(tmp_path: Path, vendor: Keeper, own: Keeper) -> None:
    async def run() -> None:
        async with running(tmp_path, vendor, own) as ring:
            team = Team(ring)
            first = await team.begins()
            own.behaviour = "status:503"
            answer = await team.asks("Go on.", previous_response_id=first["id"])
            assert code(answer) == (503, "upstream_unavailable", None)
            assert vendor.paths == []

    asyncio.run(run())


def test_reasoning_goes_back_to_the_vendor_it_came_from_and_to_nobody_else(
    tmp_path: Path, vendor: Keeper, own: Keeper
) -> None:
    vendor.reasons = True

    async def run() -> None:
        async with running(tmp_path, vendor, own) as ring:
            team, other = Team(ring), Team(ring, "other")
            output = (await team.asks()).json()["output"]
            said = [{"role": "user", "content": "What is a monad?"}, *output]
            by_id = [{name: value for name, value in item.items() if name != "encrypted_content"} for item in said]
            for items in (said, by_id):
                answer = await team.asks([*items, {"role": "user", "content": "Go on."}])
                assert answer.headers["x-ringfence-zone"] == "cloud-us", answer.text
                foreign = await other.asks([*items, {"role": "user", "content": "Go on."}])
                if items is by_id:
                    assert code(foreign) == (404, "state_not_found", "input[1].id")
                else:
                    assert foreign.headers["x-ringfence-zone"] == "onprem", "nobody can read what it holds"
                secret = await team.asks([*items, {"role": "user", "content": f"Write to {SECRET}."}])
                assert secret.headers["x-ringfence-zone"] == "onprem"
                other_model = await team.asks([*items, {"role": "user", "content": "Go on."}], model="local-model")
                assert other_model.headers["x-ringfence-zone"] == "onprem", "the vendor does not serve it"
            assert SECRET.encode() not in vendor.received
            opaque = [record["req"]["n_opaque"] for record in await ring.records("route.decision")]
            assert opaque == [0, 0, 1, 1, 1, 0, 1, 1]

    asyncio.run(run())


def test_what_one_server_sealed_is_scanned_when_it_goes_to_another(tmp_path: Path, vendor: Keeper, own: Keeper) -> None:
    """Not every seal is one: Ollama's is what its model thought, in plain text."""
    vendor.reasons, vendor.prefix = True, SECRET

    async def run() -> None:
        async with running(tmp_path, vendor, own) as ring:
            team = Team(ring)
            sealed = (await team.asks()).json()["output"][0]["encrypted_content"]
            thought = {"type": "reasoning", "summary": [], "encrypted_content": sealed}
            for model in ("gpt-4o-mini", "local-model"):
                answer = await team.asks([thought, {"role": "user", "content": "Go on."}], model=model)
                assert answer.status_code == 200
            found = [
                [each["t"] for each in record["detect"]["types"]] for record in await ring.records("route.decision")
            ]
            assert SECRET in sealed
            assert found == [[], [], ["PERSON", "UNSCANNED"]]

    asyncio.run(run())


def test_an_id_is_remembered_before_the_first_byte_of_it_is_passed_on(
    tmp_path: Path, vendor: Keeper, own: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A caller that leaves before that has no id, and none that it has is unknown."""
    remembering, may = asyncio.Event(), asyncio.Event()
    remember = HeldStates.remember_all

    async def held_up(self: HeldStates, team: str, named: Any, held: Held) -> None:
        remembering.set()
        await may.wait()
        await remember(self, team, named, held)

    async def run() -> None:
        async with running(tmp_path, vendor, own) as ring:
            team = Team(ring)
            monkeypatch.setattr(HeldStates, "remember_all", held_up)
            sent: list[Any] = []
            for stream in (False, True):
                leave = asyncio.Event()
                caller = asyncio.ensure_future(_call(ring, team, leave, sent, stream=stream))
                await asyncio.wait_for(remembering.wait(), 10)
                remembering.clear()
                assert b"resp_" not in b"".join(sent)
                leave.set()
                await asyncio.wait_for(caller, 10)
            assert b"resp_" not in b"".join(sent)
            assert own.given == 2
            outcomes = await ring.records("route.outcome")
            assert [one["status"] for one in outcomes] == ["client_abort"] * 2
            may.set()
            await _call(ring, team, asyncio.Event(), sent, stream=True)
            assert b"resp_own_3" in b"".join(sent), "the control: whoever stays has the id"
            assert (await team.asks("Go on.", previous_response_id="resp_own_3")).status_code == 200
            unknown = await team.asks("Go on.", previous_response_id="resp_own_1")
            assert code(unknown) == (404, "state_not_found", "previous_response_id")

    asyncio.run(run())


async def _call(ring: Inside, team: Team, leave: asyncio.Event, sent: list[Any], *, stream: bool) -> None:
    """Call as a server does for a caller that may leave; what is sent is kept."""
    said = json.dumps(body(f"Write to {SECRET}.", stream=stream)).encode()
    given = [{"type": "http.request", "body": said, "more_body": False}]

    async def receive() -> Any:
        if given:
            return given.pop()
        await leave.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))

    headers = [(b"content-type", b"application/json"), (b"authorization", team.key["authorization"].encode())]
    scope = {"type": "http", "method": "POST", "path": "/v1/responses", "query_string": b"", "headers": headers}
    await ring.app(scope, receive, send)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_an_id_that_cannot_be_remembered_is_not_handed_out(
    stream: bool, tmp_path: Path, vendor: Keeper, own: Keeper
) -> None:
    async def run() -> None:
        async with running(tmp_path, vendor, own, audit_deadline_s=0.5) as ring:
            team = Team(ring)
            other = sqlite3.connect(tmp_path / "shared.db", isolation_level=None)
            other.execute("BEGIN EXCLUSIVE")
            answer = await team.asks(f"Write to {SECRET}.", stream=stream)
            asked = await team.asks("Go on.", previous_response_id="resp_own_1")
            other.close()
            assert own.given == 1
            assert b"resp_" not in answer.content
            if stream:
                event = json.loads(answer.text.partition("data: ")[2])
                assert (event["type"], event["code"], event["sequence_number"]) == ("error", "state_unavailable", 1)
            else:
                assert code(answer) == (503, "state_unavailable", None)
                assert "x-ringfence-audit-id" in answer.headers
            assert code(asked) == (404, "state_not_found", "previous_response_id")
            (outcome,) = await ring.records("route.outcome")
            assert outcome["status"] == "unknown"

    asyncio.run(run())


def test_an_id_that_two_servers_gave_is_of_no_use(tmp_path: Path, vendor: Keeper, own: Keeper) -> None:
    own.prefix = vendor.prefix = "same"

    async def run() -> None:
        async with running(tmp_path, vendor, own, policies=storing(tmp_path)) as ring:
            team = Team(ring)
            first = (await team.asks()).json()["id"]
            second = (await team.begins())["id"]
            assert first == second
            answer = await team.asks("Go on.", previous_response_id=first)
            assert code(answer) == (409, "state_ambiguous", None)
            assert (vendor.given, own.given) == (1, 1)

    asyncio.run(run())


def storing(home: Path) -> Path:
    """The shipped policies, whose grant lets the vendor keep state."""
    made = home / "policies"
    shutil.copytree(ROOT / "policies", made)
    file = made / "soc2.yaml"
    zones = "    zones: [cloud-us, cloud-eu, onprem]"
    text = file.read_text()
    assert zones in text
    file.write_text(text.replace(zones, f"    store: true\n{zones}"))
    return made


def test_a_vendor_keeps_state_where_the_policy_lets_it_unless_the_caller_says_otherwise(
    tmp_path: Path, vendor: Keeper, own: Keeper
) -> None:
    async def run() -> None:
        async with running(tmp_path, vendor, own, policies=storing(tmp_path)) as ring:
            team = Team(ring)
            first = (await team.asks()).json()["id"]
            assert "store" not in vendor.requests[-1].json
            again = await team.asks("Go on.", previous_response_id=first)
            assert (again.status_code, again.headers["x-ringfence-zone"]) == (200, "cloud-us")
            kept = await ring.client.get(f"/v1/responses/{first}", headers=team.key)
            assert (kept.status_code, kept.headers["x-ringfence-zone"]) == (200, "cloud-us")
            private = (await team.asks(store=False)).json()["id"]
            assert vendor.requests[-1].json["store"] is False
            assert (await team.asks("Go on.", previous_response_id=private)).status_code == 404
            home = await team.begins()
            both = await team.asks(
                [{"type": "item_reference", "id": home["output"][0]["id"]}], previous_response_id=first
            )
            assert code(both) == (400, "state_in_two_places", "previous_response_id")

    asyncio.run(run())


def test_state_of_a_server_that_was_moved_is_asked_for_nowhere(tmp_path: Path, vendor: Keeper, own: Keeper) -> None:
    async def run() -> None:
        async with running(tmp_path, vendor, own) as ring:
            team = Team(ring)
            moved = replace(held_by(ring.runtime.activation.active.registry.upstreams[0]), endpoint_sha256="0" * 64)
            await HeldStates(ring.runtime.state).remember("team", "response", ["resp_m"], moved)
            answer = await team.asks("Go on.", previous_response_id="resp_m")
            assert code(answer) == (409, "state_moved", "previous_response_id")
            assert answer.headers["x-should-retry"] == "false"
            assert own.paths == vendor.paths == []

    asyncio.run(run())


def test_a_conversation_that_an_answer_names_is_known_from_then_on(tmp_path: Path, vendor: Keeper, own: Keeper) -> None:
    own.conversation = "conv_1"

    async def run() -> None:
        async with running(tmp_path, vendor, own) as ring:
            team = Team(ring)
            await team.begins()
            for conversation in ("conv_1", {"id": "conv_1"}):
                answer = await team.asks("Go on.", conversation=conversation)
                assert answer.headers["x-ringfence-zone"] == "onprem"
            at = ring.runtime.activation.active.registry.upstreams[1]
            await HeldStates(ring.runtime.state).remember("team", "conversation", ["conv_v"], held_by(at))
            grown = await team.asks("Go on.", conversation="conv_v")
            assert code(grown) == (403, "state_out_of_reach", None), "it would keep what this says"
            foreign = await Team(ring, "other").asks("Go on.", conversation="conv_1")
            assert code(foreign) == (404, "state_not_found", "conversation")
            assert vendor.paths == []

    asyncio.run(run())


def test_a_dry_run_says_where_state_would_take_a_request(tmp_path: Path, vendor: Keeper, own: Keeper) -> None:
    async def run() -> None:
        async with running(tmp_path, vendor, own) as ring:
            team = Team(ring)
            first = await team.begins()
            at = ring.runtime.activation.active.registry.upstreams[1]
            await HeldStates(ring.runtime.state).remember("team", "response", ["resp_v"], held_by(at))
            zones = []
            for text, refers in (("Go on.", {}), ("Go on.", first), (f"Write to {SECRET}.", {"id": "resp_v"})):
                said = body(text, previous_response_id=refers.get("id"))
                path = "/ringfence/v1/inspect?endpoint=responses"
                zones.append((await ring.client.post(path, json=said, headers=team.key)).json()["zone"])
            assert zones == ["cloud-us", "onprem", None]

    asyncio.run(run())


def test_only_the_very_bytes_that_the_holder_sealed_are_not_scanned() -> None:
    known = Known(given=frozenset({("input[0].encrypted_content", "sealed")}))

    def units(path: str, *texts: str) -> Unit:
        return Unit(path, "other", tuple(Segment(path, "", text) for text in texts))

    sealed = units("input[0].encrypted_content", "sealed")
    scanned = (
        units("input[0].encrypted_content", "sealed?"),
        units("input[0].encrypted_content", "sealed", SECRET),
        units("input[1].encrypted_content", "sealed"),
        units("input[0]", SECRET),
    )
    assert known.to_scan(Content((sealed, *scanned), (), 1, 0)) == scanned
    assert Known().to_scan(Content((sealed,), (), 1, 0)) == (sealed,), "of whoever else it is scanned, and unread"


def test_a_body_full_of_references_holds_nobody_up(tmp_path: Path, vendor: Keeper, own: Keeper) -> None:
    """As many as a body may have, each looked at once; compared with each other, they would take minutes."""
    made = partial(Reference, "item", unknown="encrypted_content", sealed=True)
    references = [made(f"sealed-{n}", f"input[{n}].encrypted_content") for n in range(MAX_VALUES)]

    async def run() -> None:
        async with running(tmp_path, vendor, own, audit_deadline_s=30) as ring:
            registry = ring.runtime.activation.active.registry
            states = HeldStates(ring.runtime.state)
            named: list[tuple[Any, str]] = [(each.kind, each.id) for each in references[::2]]
            await states.remember_all("team", named, held_by(registry.upstreams[0]))
            async with asyncio.timeout(20):
                half = await look_up(states, "team", references, registry)
                all_known = await look_up(states, "team", references[::2], registry)
            assert (half.holder, len(half.opaque)) == (None, MAX_VALUES)
            assert all_known.holder is not None
            assert (len(all_known.opaque), len(all_known.optional)) == (0, MAX_VALUES // 2)

    asyncio.run(run())
