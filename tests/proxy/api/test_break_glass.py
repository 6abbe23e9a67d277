import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from harness import StandIn, chat_body, eventually
from inside import Inside, Scripted, inside

from audit.errors import AuditUnavailable
from proxy.identity import Role

AT = "/ringfence/v1/break-glass"
WANTED = {"minutes": 20, "reason": "critical_operation"}


def run(home: Path, cloud: StandIn, own: StandIn, story: Callable[[Inside], Awaitable[None]]) -> list[dict[str, Any]]:
    """Tell a story, and return every record that it left in the log."""

    async def go() -> list[dict[str, Any]]:
        async with inside(home, cloud, own, detector=Scripted({"jane": "PERSON"})) as ring:
            await story(ring)
            return await ring.settled()

    return asyncio.run(go())


def break_store(ring: Inside, patch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise AuditUnavailable("read_only")

    patch.setattr(ring.runtime.audit._store, "commit", refuse)


async def chat(ring: Inside, key: dict[str, str], text: str) -> Any:
    return await ring.client.post("/v1/chat/completions", json=chat_body(text), headers=key)


def test_two_persons_let_pinned_requests_go_on_and_it_ends_when_the_store_is_back(
    tmp_path: Path, vendor: StandIn, own: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(ring: Inside) -> None:
        app = ring.key()
        ana, ben = ring.key("ana", "security", Role.SECURITY), ring.key("ben", "operations", Role.ADMIN)
        with monkeypatch.context() as patch:
            break_store(ring, patch)
            assert (await chat(ring, app, "jane")).status_code == 503
            assert (await ring.client.get("/readyz")).json()["status"] == "not ready"
            proposed = await ring.client.post(AT, json=WANTED, headers=ana)
            name = proposed.json()["proposal"]["id"]
            assert (await chat(ring, app, "jane")).status_code == 503
            same = await ring.client.post(f"{AT}/confirm", json={"proposal": name}, headers=ana)
            assert (same.status_code, same.json()["error"]["code"]) == (409, "break_glass_refused")
            opened = await ring.client.post(f"{AT}/confirm", json={"proposal": name}, headers=ben)
            assert opened.json()["open"]
            assert (await ring.client.get(AT, headers=ana)).json() == opened.json()
            served = await chat(ring, app, "jane")
            assert served.status_code == 200
            assert served.headers["x-ringfence-audit"] == "spooled"
            assert "x-ringfence-audit-seq" not in served.headers
            refused = await chat(ring, app, "What is a monad?")
            assert (refused.status_code, refused.json()["error"]["code"]) == (503, "audit_unavailable")
            ready = await ring.client.get("/readyz")
            assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
            assert "read_only" in ready.json()["audit_log"]
        log = ring.runtime.audit
        await asyncio.to_thread(eventually, lambda: log.not_ready() is None and not log.spool.pending)
        assert not (await ring.client.get(AT, headers=ana)).json()["open"]
        assert (await chat(ring, app, "jane")).headers["x-ringfence-audit-seq"]

    records = run(tmp_path, vendor, own, story)
    first = next(at for at, record in enumerate(records) if record["kind"] == "breakglass.granted")
    assert [record["kind"] for record in records[first : first + 4]] == [
        "breakglass.granted",
        "route.decision",
        "route.outcome",
        "breakglass.ended",
    ]
    assert records[first]["proposer"]["app"] == "ana"
    assert vendor.received == b""
    assert len(own.posts) == 2


def test_it_is_ended_by_a_person_too(
    tmp_path: Path, vendor: StandIn, own: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(ring: Inside) -> None:
        app = ring.key()
        ana, ben = ring.key("ana", "security", Role.SECURITY), ring.key("ben", "operations", Role.ADMIN)
        with monkeypatch.context() as patch:
            break_store(ring, patch)
            assert (await chat(ring, app, "jane")).status_code == 503
            name = (await ring.client.post(AT, json=WANTED, headers=ana)).json()["proposal"]["id"]
            await ring.client.post(f"{AT}/confirm", json={"proposal": name}, headers=ben)
            assert (await chat(ring, app, "jane")).status_code == 200
            assert not (await ring.client.post(f"{AT}/end", headers=ben)).json()["open"]
            assert (await chat(ring, app, "jane")).status_code == 503
        log = ring.runtime.audit
        await asyncio.to_thread(eventually, lambda: log.not_ready() is None and not log.spool.pending)

    ended = [record for record in run(tmp_path, vendor, own, story) if record["kind"] == "breakglass.ended"]
    assert [(record["how"], record["actor"]["app"]) for record in ended] == [("ended", "ben")]


@pytest.mark.parametrize("role", [Role.APP, Role.AUDITOR])
def test_it_is_not_for_other_roles(tmp_path: Path, vendor: StandIn, own: StandIn, role: Role) -> None:
    async def story(ring: Inside) -> None:
        key = ring.key("x", "y", role)
        answers = [await ring.client.post(f"{AT}{way}", json={}, headers=key) for way in ("", "/confirm", "/end")]
        answers.append(await ring.client.get(AT, headers=key))
        assert {answer.status_code for answer in answers} == {403}

    run(tmp_path, vendor, own, story)


@pytest.mark.parametrize(
    "sent", [b"", b"[]", b'{"minutes":1,"minutes":2}', b"x" * 2000], ids=["-", "list", "two", "long"]
)
def test_a_body_that_is_not_what_it_should_be_is_refused(
    tmp_path: Path, vendor: StandIn, own: StandIn, sent: bytes
) -> None:
    async def story(ring: Inside) -> None:
        key = {**ring.key("x", "y", Role.ADMIN), "content-type": "application/json"}
        for way in ("", "/confirm"):
            answer = await ring.client.post(f"{AT}{way}", content=sent, headers=key)
            assert answer.status_code in {400, 413}

    run(tmp_path, vendor, own, story)
