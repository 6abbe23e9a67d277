"""Over a running server and without one: the same commands, and what was stopped goes on when a server starts."""

import asyncio
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from harness import StandIn
from inside import inside

from audit.errors import AuditMismatch
from audit.log import AuditLog
from audit.retention import doing, erasing
from audit.retention.erasing import Request
from audit.sources.source import SqliteSource
from audit.stores.asking import asking
from audit.verification.verifier import verify
from proxy import admin, retention
from proxy.settings import Settings

CHAT = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", anchor_file=tmp_path / "anchor")


@pytest.fixture
def vendor() -> Any:
    made = StandIn("cloud")
    yield made
    made.stop()


def requests(log: AuditLog, name: str) -> list[Request]:
    with asking(log.place) as run:
        return erasing.find(run, name)


def test_without_a_server_a_command_opens_the_log_once_and_closes_it(settings: Settings) -> None:
    with retention.own(settings) as own:
        own.parts.record("hold.placed", {"hold": "a"})
        own.parts.record("hold.placed", {"hold": "b"})
        assert own.days == 400
        assert own.parts.want() is False
        assert list(own.parts.keepers) == ["file"]
    with closing(SqliteSource(settings.home / "audit.db")) as source:
        kinds = [row.columns[1] for row in source.rows(None, 100)]
    assert kinds == ["genesis", "writer.start", "hold.placed", "hold.placed", "writer.stop"]
    assert [hold.name for hold in doing.holds(settings.home / "audit.db")] == ["a", "b"]


def test_what_the_server_refuses_is_said_to_the_command(settings: Settings) -> None:
    def record(kind: str) -> None:
        with retention.own(settings) as own:
            own.parts.record(kind, {"hold": "a"})

    with pytest.raises(AuditMismatch, match="no record of this kind"):
        record("access.granted")
    log = admin.open_log(settings)
    try:
        with pytest.raises(AuditMismatch, match="A server holds the log"):
            record("hold.placed")
    finally:
        log.close()


def test_a_running_server_erases_what_a_command_asks_for_and_serves_on(tmp_path: Path, vendor: StandIn) -> None:
    async def run() -> None:
        async with inside(tmp_path, vendor) as ring:
            settings, headers = ring.runtime.settings, ring.key()
            answer = await ring.client.post("/v1/chat/completions", json=CHAT, headers=headers)
            assert answer.status_code == 200
            name = answer.headers["x-ringfence-audit-id"]
            await ring.settled()

            def erase() -> int:
                with retention.own(settings) as own:
                    found = requests(ring.runtime.audit, name)
                    made = doing.erase(own.parts, found, "subject_request")
                    assert own.parts.hands.scrub() == ""
                    return made.done

            assert await asyncio.to_thread(erase) == 2
            assert (await ring.client.post("/v1/chat/completions", json=CHAT, headers=headers)).status_code == 200
            await ring.settled()
            report = await asyncio.to_thread(verify, settings.home / "audit.db")
            assert (report.findings, report.erased_total) == ((), 2)

    asyncio.run(run())


def test_what_was_named_and_not_erased_goes_when_a_server_starts(settings: Settings) -> None:
    log = admin.open_log(settings)
    made = log.append_sync("route.decision", _decision())
    log.append_sync("route.outcome", {"dec": made.id, "attempt": 1, "status": "ok"})
    (request,) = requests(log, made.id)
    said = {"records": [stone.as_json() for stone in request.stones], "reason": "asked", "actor": admin.ACTOR}
    log.append_sync("erasure.done", said)
    log.close()
    assert verify(settings.home / "audit.db").unerased == 2
    again = admin.open_log(settings)
    thread = retention.go_on(again)
    assert thread is not None
    thread.join(10)
    again.close()
    report = verify(settings.home / "audit.db")
    assert (report.findings, report.unerased, report.erased_total) == ((), 0, 2)


def _decision() -> dict[str, Any]:
    sha = "5" * 64
    return {
        "req": {
            **dict.fromkeys(("bytes_in", "n_messages", "n_tools", "n_opaque"), 0),
            "id": "req_1",
            "endpoint": "chat",
            "model_req": "m",
            "model_resolved": "m",
            "stream": False,
        },
        "actor": {"kind": "api_key", "id": "ak_1", "app": "crm", "team": "sales", "auth_strength": "bearer"},
        "net": {"ingress": "http"},
        "bundle": {"sha256": sha, "policies": [], "upstreams_sha256": sha},
        "detect": {
            **dict.fromkeys(("us", "segments", "views", "cached"), 0),
            "set_sha256": sha,
            "complete": True,
            "types": [],
        },
        **{name: [] for name in ("classes", "rules", "ceilings", "obligations", "exceptions", "shadow", "zones_left")},
        "decision": "block",
        "dry_run": False,
    }
