import asyncio
import shutil
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness import StandIn, chat_body, eventually
from inside import Inside, Scripted, inside

from audit.errors import AuditUnavailable
from proxy.settings import ROOT
from proxy.upstreams import upstream
from proxy.upstreams.permit import EgressPermit, Outgoing, PermitError


def upstreams(path: Path, rows: list[tuple[str, str, StandIn]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    made = [
        {
            "name": name,
            "kind": "openai",
            "zone": zone,
            "base_url": server.url,
            **({"default_model": "local-model"} if zone == "onprem" else {"models": ["gpt-4*"]}),
        }
        for name, zone, server in rows
    ]
    path.write_text(yaml.safe_dump({"upstreams": made}))
    return path


class Told:
    """What one request led to: the answer, and the records in their order."""

    def __init__(self, answer: Any, records: list[dict[str, Any]]) -> None:
        self.answer = answer
        self.records = [record for record in records if record["kind"].startswith("route.")]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [record for record in self.records if record["kind"] == f"route.{kind}"]

    @property
    def code(self) -> str:
        return str(self.answer.json()["error"]["code"])


def ask(
    home: Path,
    rows: list[tuple[str, str, StandIn]],
    *,
    words: dict[str, str] | None = None,
    before: Callable[[Inside], None] = lambda _: None,
    **fields: Any,
) -> Told:
    async def run() -> Told:
        file = upstreams(home / "upstreams.yaml", rows)
        async with inside(home, upstreams=file, detector=Scripted(words)) as ring:
            key = ring.key()
            before(ring)
            answer = await ring.client.post("/v1/chat/completions", json=chat_body(**fields), headers=key)
            return Told(answer, await ring.settled())

    return asyncio.run(run())


def test_a_vendor_that_keeps_chats_unasked_is_told_not_to(
    tmp_path: Path, vendor: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    for host in ("api.openai.com", "127.0.0.1"):
        monkeypatch.setattr(upstream, "STORES_CHATS", host)
        home = tmp_path / host
        home.mkdir()
        assert ask(home, [("v", "cloud-us", vendor)]).answer.status_code == 200
        told.append(vendor.requests[-1].json.get("store"))
    assert told == [None, False]


def test_the_record_of_a_decision_is_durable_before_the_upstream_hears_of_it(tmp_path: Path, vendor: StandIn) -> None:
    seen: list[int] = []

    def watch(ring: Inside) -> None:
        send = ring.runtime.pool.client

        def counting(upstream: Any) -> Any:
            with sqlite3.connect(f"file:{tmp_path}/audit.db?mode=ro", uri=True) as other:
                seen.extend(row[0] for row in other.execute("SELECT count(*) FROM record WHERE kind='route.decision'"))
            other.close()
            return send(upstream)

        ring.runtime.pool.client = counting  # type: ignore[method-assign]

    told = ask(tmp_path, [("v", "cloud-us", vendor)], before=watch)
    assert told.answer.status_code == 200
    assert seen == [1]


def test_a_pinned_request_never_tries_a_vendor_even_if_nothing_else_answers(
    tmp_path: Path, vendor: StandIn, own: StandIn
) -> None:
    own.behaviour = "status:503"
    told = ask(tmp_path, [("v", "cloud-us", vendor), ("l", "onprem", own)], words={"jane": "PERSON"}, text="jane")
    assert (told.answer.status_code, told.code) == (503, "upstream_unavailable")
    assert told.answer.headers["x-ringfence-decision"] == "pin"
    assert vendor.connections == 0
    assert [record["zones_left"] for record in told.of("decision")] == [["onprem"]]


def test_a_pinned_request_whose_servers_are_down_is_503(tmp_path: Path, vendor: StandIn, own: StandIn) -> None:
    own.stop()
    told = ask(tmp_path, [("v", "cloud-us", vendor), ("l", "onprem", own)], words={"jane": "PERSON"}, text="jane")
    assert (told.answer.status_code, told.code) == (503, "upstream_unavailable")
    assert vendor.connections == 0
    assert [outcome["status"] for outcome in told.of("outcome")] == ["not_sent"]
    assert told.of("outcome")[0]["bytes_sent"] == 0


def test_another_upstream_of_the_zone_takes_over_with_a_record_and_an_outcome_of_its_own(
    tmp_path: Path, vendor: StandIn, own: StandIn
) -> None:
    second = StandIn("second")
    own.behaviour = "status:500"
    told = ask(
        *(tmp_path, [("v", "cloud-us", vendor), ("l1", "onprem", own), ("l2", "onprem", second)]),
        words={"jane": "PERSON"},
        text="jane",
    )
    second.stop()
    assert told.answer.status_code == 200
    (decision,), (attempt,) = told.of("decision"), told.of("attempt")
    assert (decision["up"]["id"], attempt["up"]["id"]) == ("l1", "l2")
    assert (attempt["dec"], attempt["attempt"], attempt["zone"]) == (decision["id"], 2, "onprem")
    assert attempt["why"] == "upstream_error"
    outcomes = {outcome["attempt"]: outcome["status"] for outcome in told.of("outcome")}
    assert outcomes == {1: "upstream_error", 2: "ok"}
    assert told.answer.headers["x-ringfence-audit-id"] == decision["id"]
    assert vendor.connections == 0


def test_the_next_zone_is_a_new_decision_record(tmp_path: Path, vendor: StandIn, own: StandIn) -> None:
    vendor.behaviour = "status:503"
    told = ask(tmp_path, [("v", "cloud-us", vendor), ("l", "onprem", own)])
    assert told.answer.headers["x-ringfence-zone"] == "onprem"
    assert [record["zone"] for record in told.of("decision")] == ["cloud-us", "onprem"]
    assert told.of("attempt") == []
    closed = {outcome["dec"]: outcome["status"] for outcome in told.of("outcome")}
    assert [closed[record["id"]] for record in told.of("decision")] == ["upstream_error", "ok"]
    assert told.answer.headers["x-ringfence-audit-id"] == told.of("decision")[1]["id"]


@pytest.mark.parametrize("behaviour", ["hang_up", "hang"])
def test_a_request_that_a_vendor_may_have_read_is_sent_to_nobody_else(
    tmp_path: Path, vendor: StandIn, own: StandIn, behaviour: str
) -> None:
    second = StandIn("second")
    vendor.behaviour = behaviour

    async def run() -> Told:
        rows = [("v1", "cloud-us", vendor), ("v2", "cloud-us", second), ("l", "onprem", own)]
        file = upstreams(tmp_path / "upstreams.yaml", rows)
        async with inside(tmp_path, upstreams=file, upstream_read_timeout_s=0.3) as ring:
            answer = await ring.client.post("/v1/chat/completions", json=chat_body(), headers=ring.key())
            return Told(answer, await ring.settled())

    told = asyncio.run(run())
    second.stop()
    assert (told.answer.status_code, told.code) == (503, "upstream_lost")
    assert "retry-after" not in told.answer.headers
    assert len(vendor.posts) == 1
    assert second.connections + own.connections == 0
    assert [outcome["status"] for outcome in told.of("outcome")] == ["timeout" if behaviour == "hang" else "unknown"]
    assert told.of("outcome")[0]["bytes_sent"] > 0


def test_an_own_server_that_hung_up_may_be_followed_by_another_own_one(tmp_path: Path, own: StandIn) -> None:
    second = StandIn("second")
    own.behaviour = "hang_up"
    told = ask(tmp_path, [("l1", "onprem", own), ("l2", "onprem", second)], model="local-model")
    second.stop()
    assert told.answer.status_code == 200
    assert told.of("attempt")[0]["why"] == "unknown"


def test_a_block_is_recorded_and_closed_without_an_upstream(tmp_path: Path, vendor: StandIn, own: StandIn) -> None:
    rows = [("v", "cloud-us", vendor), ("l", "onprem", own)]
    told = ask(tmp_path, rows, words={"zebra": "CLOUD_CREDENTIAL"}, text="zebra")
    assert (told.answer.status_code, told.code) == (403, "policy_blocked")
    (decision,), (outcome,) = told.of("decision"), told.of("outcome")
    assert decision["decision"] == "block"
    assert "up" not in decision
    assert (outcome["dec"], outcome["status"], outcome["bytes_sent"]) == (decision["id"], "not_sent", 0)
    assert told.answer.headers["x-ringfence-audit-id"] == decision["id"]
    assert vendor.connections + own.connections == 0


def test_a_model_that_no_upstream_of_the_zones_left_serves_is_503_and_recorded(tmp_path: Path, vendor: StandIn) -> None:
    own = StandIn("own")
    rows = upstreams(tmp_path / "upstreams.yaml", [("v", "cloud-us", vendor)])
    text = yaml.safe_load(rows.read_text())
    local = {"name": "l", "kind": "openai", "zone": "onprem", "base_url": own.url, "models": ["tiny"]}
    rows.write_text(yaml.safe_dump({"upstreams": [*text["upstreams"], local]}))

    async def run() -> Told:
        async with inside(tmp_path, upstreams=rows, detector=Scripted({"jane": "PERSON"})) as ring:
            answer = await ring.client.post("/v1/chat/completions", json=chat_body("jane"), headers=ring.key())
            return Told(answer, await ring.settled())

    told = asyncio.run(run())
    own.stop()
    assert (told.answer.status_code, told.code) == (503, "no_upstream")
    assert [outcome["status"] for outcome in told.of("outcome")] == ["not_sent"]
    assert vendor.connections + own.connections == 0


@pytest.mark.parametrize("when", ["while it was judged", "between two attempts"])
def test_a_request_that_was_under_way_when_the_log_was_refused_is_sent_nowhere_any_more(
    tmp_path: Path, vendor: StandIn, own: StandIn, when: str
) -> None:
    second = StandIn("second")
    vendor.behaviour = "status:500"

    def stop_at(ring: Inside) -> None:
        runtime = ring.runtime
        at: Any = ring.detector if when == "while it was judged" else runtime.outcomes
        name = "scan" if at is ring.detector else "write"
        do = getattr(at, name)

        def stop_and_do(*given: Any) -> Any:
            runtime.checkpoints._refused = "FORK"
            return do(*given)

        setattr(at, name, stop_and_do)

    told = ask(
        *(tmp_path, [("v1", "cloud-us", vendor), ("v2", "cloud-us", second), ("l", "onprem", own)]), before=stop_at
    )
    second.stop()
    assert (told.answer.status_code, told.code) == (503, "audit_behind")
    assert len(vendor.posts) == len(told.of("decision")) == (when == "between two attempts")
    assert second.connections + own.connections == 0
    assert len(told.of("outcome")) == len(told.of("decision"))


def test_an_incomplete_scan_stays_home(tmp_path: Path, vendor: StandIn, own: StandIn) -> None:
    def fail(ring: Inside) -> None:
        ring.detector.failures = frozenset({"worker_died"})

    told = ask(tmp_path, [("v", "cloud-us", vendor), ("l", "onprem", own)], before=fail)
    assert told.answer.headers["x-ringfence-decision"] == "pin"
    assert told.of("decision")[0]["detect"]["fail"] == ["worker_died"]
    assert vendor.connections == 0


def test_without_a_detector_nothing_is_decided(tmp_path: Path, vendor: StandIn) -> None:
    def unload(ring: Inside) -> None:
        ring.detector.loaded = None

    told = ask(tmp_path, [("v", "cloud-us", vendor)], before=unload)
    assert (told.answer.status_code, told.code) == (503, "detectors_unavailable")
    assert told.records == []
    assert vendor.connections == 0


@pytest.mark.parametrize("at_hand", [None, {"kind": "route.outcome"}], ids=["asked for", "at hand"])
def test_a_permit_that_is_refused_sends_nothing_and_closes_the_decision(
    tmp_path: Path, vendor: StandIn, at_hand: Any
) -> None:
    def spoil(ring: Inside) -> None:
        ring.runtime.pool._at_hand = lambda _: at_hand
        ring.runtime.pool._confirm = lambda _: None

    told = ask(tmp_path, [("v", "cloud-us", vendor)], before=spoil)
    assert (told.answer.status_code, told.code) == (503, "audit_unavailable")
    assert [outcome["status"] for outcome in told.of("outcome")] == ["not_sent"]
    assert vendor.connections == 0


def test_a_log_that_cannot_be_read_back_sends_nothing_and_is_503(tmp_path: Path, vendor: StandIn) -> None:
    def unreadable(_: str) -> Any:
        raise AuditUnavailable("io")

    def spoil(ring: Inside) -> None:
        ring.runtime.pool._at_hand = lambda _: None
        ring.runtime.pool._confirm = unreadable

    told = ask(tmp_path, [("v", "cloud-us", vendor)], before=spoil)
    assert (told.answer.status_code, told.code) == (503, "audit_unavailable")
    assert [outcome["status"] for outcome in told.of("outcome")] == ["not_sent"]
    assert vendor.connections == 0


def test_a_locked_log_refuses_the_request_and_closes_it_when_it_is_free(tmp_path: Path, vendor: StandIn) -> None:
    async def run() -> Told:
        file = upstreams(tmp_path / "upstreams.yaml", [("v", "cloud-us", vendor)])
        async with inside(tmp_path, upstreams=file, audit_deadline_s=0.3) as ring:
            key = ring.key()
            with sqlite3.connect(tmp_path / "audit.db", isolation_level=None) as other:
                other.execute("BEGIN IMMEDIATE")
                answer = await ring.client.post("/v1/chat/completions", json=chat_body(), headers=key)
                assert vendor.connections == 0
                other.execute("ROLLBACK")
            other.close()
            return Told(answer, await ring.settled())

    told = asyncio.run(run())
    assert (told.answer.status_code, told.code) == (503, "audit_unavailable")
    assert [outcome["dec"] for outcome in told.of("outcome")] == [decision["id"] for decision in told.of("decision")]
    assert vendor.connections == 0


@pytest.mark.parametrize("why", ["deadline", "cancelled"])
def test_a_decision_that_becomes_durable_when_nobody_waits_any_more_is_closed(
    tmp_path: Path, vendor: StandIn, why: str
) -> None:
    async def run() -> Told:
        file = upstreams(tmp_path / "upstreams.yaml", [("v", "cloud-us", vendor)])
        async with inside(tmp_path, upstreams=file, audit_deadline_s=0.3) as ring:
            key, store = ring.key(), ring.runtime.audit._store
            commit, begun, release = store.commit, threading.Event(), threading.Event()

            def held(rows: Any) -> Any:
                begun.set()
                release.wait(10)
                return commit(rows)

            store.commit = held  # type: ignore[method-assign]
            asking = asyncio.create_task(ring.client.post("/v1/chat/completions", json=chat_body(), headers=key))
            await asyncio.to_thread(begun.wait, 10)
            if why == "cancelled":
                asking.cancel()
            (answer,) = await asyncio.gather(asking, return_exceptions=True)
            release.set()
            told = Told(answer, await ring.settled())
            async with asyncio.timeout(10):
                while not told.of("outcome"):
                    await asyncio.sleep(0.05)
                    told = Told(answer, await ring.settled())
            return told

    told = asyncio.run(run())
    assert why == "cancelled" or told.code == "audit_unavailable"
    ((outcome,), (decision,)) = told.of("outcome"), told.of("decision")
    assert (outcome["dec"], outcome["attempt"]) == (decision["id"], 1)
    assert (outcome["status"], outcome["bytes_sent"]) == ("not_sent", 0)
    assert vendor.connections == 0


def test_a_log_that_is_down_leaves_nothing_behind_for_the_requests_it_refused(tmp_path: Path, vendor: StandIn) -> None:
    async def run() -> None:
        file = upstreams(tmp_path / "upstreams.yaml", [("v", "cloud-us", vendor)])
        async with inside(tmp_path, upstreams=file) as ring:
            key = ring.key()
            ring.runtime.audit._store._fatal = "full"
            tasks = len(asyncio.all_tasks())
            for _ in range(20):
                answer = await ring.client.post("/v1/chat/completions", json=chat_body(), headers=key)
                assert answer.status_code == 503
            await asyncio.sleep(0)  # what listened for the last caller's leaving was told to end
            assert len(asyncio.all_tasks()) == tasks

    asyncio.run(run())
    assert vendor.connections == 0


def test_a_request_that_is_cancelled_while_it_waits_for_the_upstream_is_closed(tmp_path: Path, vendor: StandIn) -> None:
    async def run() -> Told:
        file = upstreams(tmp_path / "upstreams.yaml", [("v", "cloud-us", vendor)])
        async with inside(tmp_path, upstreams=file) as ring:
            key = ring.key()
            vendor.behaviour = "hang"
            task = asyncio.create_task(ring.client.post("/v1/chat/completions", json=chat_body(), headers=key))
            await asyncio.to_thread(eventually, lambda: vendor.posts)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return Told(None, await ring.settled())

    told = asyncio.run(run())
    assert [outcome["dec"] for outcome in told.of("outcome")] == [decision["id"] for decision in told.of("decision")]
    assert told.of("outcome")[0]["status"] == "unknown"
    assert told.of("outcome")[0]["bytes_sent"] == len(vendor.posts[0].body)


@pytest.mark.parametrize("how", ["cancelled", "failed"])
def test_an_attempt_that_ended_before_a_byte_was_written_says_so(tmp_path: Path, vendor: StandIn, how: str) -> None:
    async def run() -> Told:
        file = upstreams(tmp_path / "upstreams.yaml", [("v", "cloud-us", vendor)])
        async with inside(tmp_path, upstreams=file) as ring:
            key, checking = ring.key(), asyncio.Event()

            async def check(_: Any) -> None:
                checking.set()
                await asyncio.sleep(3600 if how == "cancelled" else 0)
                raise RuntimeError

            ring.runtime.pool.check = check  # type: ignore[method-assign]
            asking = asyncio.create_task(ring.client.post("/v1/chat/completions", json=chat_body(), headers=key))
            await checking.wait()
            if how == "cancelled":
                asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            return Told(None, await ring.settled())

    (outcome,) = asyncio.run(run()).of("outcome")
    assert (outcome["status"], outcome["bytes_sent"]) == ("not_sent", 0)
    assert vendor.connections == 0


def test_the_permit_is_for_the_bytes_that_were_fingerprinted(
    tmp_path: Path, vendor: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    redeem = EgressPermit.redeem

    def other_bytes(self: EgressPermit, upstream: str, zone: str, outgoing: Outgoing, *rest: Any) -> None:
        redeem(self, upstream, zone, replace(outgoing, body=outgoing.body + b" "), *rest)

    monkeypatch.setattr(EgressPermit, "redeem", other_bytes)
    told = ask(tmp_path, [("v", "cloud-us", vendor)])
    assert told.code == "audit_unavailable"
    assert vendor.connections == 0
    assert issubclass(PermitError, Exception)


def test_a_decision_is_made_under_one_bundle_however_often_it_changes_meanwhile(
    tmp_path: Path, vendor: StandIn, own: StandIn
) -> None:
    async def run() -> Told:
        file = upstreams(tmp_path / "upstreams.yaml", [("v", "cloud-us", vendor), ("l", "onprem", own)])
        async with inside(tmp_path, upstreams=file) as ring:
            key, scan = ring.key(), ring.detector.scan

            async def slow(*given: Any) -> Any:
                upstreams(file, [("l", "onprem", own)])
                await ring.runtime.activation.reload()
                return await scan(*given)

            ring.detector.scan = slow  # type: ignore[method-assign]
            answer = await ring.client.post("/v1/chat/completions", json=chat_body(), headers=key)
            ring.detector.scan = scan  # type: ignore[method-assign]
            later = await ring.client.post("/v1/chat/completions", json=chat_body(model="local-model"), headers=key)
            assert later.headers["x-ringfence-zone"] == "onprem"
            return Told(answer, await ring.settled())

    told = asyncio.run(run())
    first, second = told.of("decision")
    assert (told.answer.status_code, first["zone"]) == (200, "cloud-us")
    assert first["bundle"]["sha256"] != second["bundle"]["sha256"]


def test_a_decision_that_no_record_can_hold_is_refused_and_says_so(
    tmp_path: Path, vendor: StandIn, own: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    policies = shutil.copytree(ROOT / "policies", tmp_path / "policies")
    rules = [
        {"id": f"r{n}", "who": {"teams": ["crowded"]}, "then": "pin", "because": "it stays home"} for n in range(65)
    ]
    crowded = {"policy": "crowded", "version": 1, "owner": "ann", "rules": rules}
    (policies / "crowded.yaml").write_text(yaml.safe_dump(crowded))

    async def run() -> tuple[Any, Any, list[dict[str, Any]]]:
        file = upstreams(tmp_path / "upstreams.yaml", [("v", "cloud-us", vendor), ("o", "onprem", own)])
        async with inside(tmp_path, upstreams=file, policies=policies) as ring:
            many = await ring.client.post("/v1/chat/completions", json=chat_body(), headers=ring.key(team="crowded"))
            few = await ring.client.post("/v1/chat/completions", json=chat_body(), headers=ring.key())
            return many, few, await ring.records("route.decision")

    many, few, decisions = asyncio.run(run())
    assert (many.status_code, many.json()["error"]["code"]) == (500, "record_too_large")
    assert many.headers["x-should-retry"] == "false"
    assert "route.decision.rules: too many items" in caplog.text
    assert (few.status_code, len(decisions)) == (200, 1)
    assert len(vendor.requests) + len(own.requests) == 1
