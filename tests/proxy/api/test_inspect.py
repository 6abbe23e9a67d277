import asyncio
from pathlib import Path
from typing import Any

from harness import StandIn, chat_body, upstreams_file
from inside import Scripted, inside


def inspect(tmp_path: Path, vendor: StandIn, own: StandIn | None, detector: Scripted, **fields: Any) -> Any:
    async def run() -> Any:
        async with inside(tmp_path, vendor, own, detector=detector) as ring:
            answer = await ring.client.post("/ringfence/v1/inspect", json=chat_body(**fields), headers=ring.key())
            return answer, await ring.records("route.decision"), await ring.records("route.outcome")

    return asyncio.run(run())


def test_a_report_explains_a_block_and_sends_nothing(tmp_path: Path, vendor: StandIn, own: StandIn) -> None:
    detector = Scripted({"zebra": "PRIVATE_KEY"})
    answer, decisions, outcomes = inspect(tmp_path, vendor, own, detector, text="a zebra")
    said = answer.json()
    assert answer.status_code == 200
    assert (said["decision"], said["zone"]) == ("block", None)
    assert said["types"] == [{"type": "PRIVATE_KEY", "distinct_values": 1}]
    assert said["places"] == [{"type": "PRIVATE_KEY", "path": "messages[0].content"}]
    assert {row["verdict"] for row in said["zones"]} == {"struck"}
    assert said["because"]
    assert [record["dry_run"] for record in decisions] == [True]
    assert outcomes == []
    assert vendor.received + own.received == b""


def test_a_report_names_why_a_scan_is_incomplete(tmp_path: Path, vendor: StandIn, own: StandIn) -> None:
    detector = Scripted()
    detector.failures = frozenset({"deadline"})
    said = inspect(tmp_path, vendor, own, detector)[0].json()
    assert (said["decision"], said["complete"], said["incomplete_because"]) == ("pin", False, ["deadline"])


def test_a_report_says_when_no_upstream_is_left(tmp_path: Path, vendor: StandIn) -> None:
    said = inspect(tmp_path, vendor, None, Scripted({"jane": "PERSON"}), text="jane")[0].json()
    assert said["decision"] == "block"
    assert {"zone": "onprem", "verdict": "struck", "by": ["no upstream"]} in said["zones"]


def test_a_report_names_models_as_they_are_registered(tmp_path: Path, vendor: StandIn) -> None:
    answer = inspect(tmp_path, vendor, None, Scripted(), model="gpt-4o-jane-doe")[0]
    assert answer.json()["model"] == "gpt-4*"
    assert "jane" not in answer.text


def test_a_report_says_what_no_model_in_reach_can_do(tmp_path: Path, own: StandIn) -> None:
    file = upstreams_file(tmp_path / "upstreams.yaml", None, own, profiles={"local-model": {"tools": False}})
    body = chat_body(model="local-model", tools=[{"type": "function", "function": {"name": "f"}}])

    async def run() -> list[Any]:
        async with inside(tmp_path / "home", upstreams=file) as ring:
            asked = [("/ringfence/v1/inspect", body), ("/v1/chat/completions", body)]
            asked.append(("/ringfence/v1/inspect", chat_body(model="local-model")))
            return [(await ring.client.post(path, json=sent, headers=ring.key())).json() for path, sent in asked]

    told, refused, harmless = asyncio.run(run())
    assert told["missing"] == refused["error"]["missing"] == ["tools"]
    assert harmless["missing"] == []
