import asyncio
import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from clocks import Hands
from harness import ROOT, StandIn, chat_body
from inside import Inside, inside
from starlette.requests import Request

from audit.place import Postgres
from proxy import identity
from proxy.api.health import Check, readyz


def ready(ring: Inside) -> Any:
    return ring.client.get("/readyz")


def test_everything_is_ready_after_a_start(tmp_path: Path, vendor: StandIn) -> None:
    async def run() -> None:
        async with inside(tmp_path, vendor) as ring:
            assert (await ring.client.get("/livez")).json() == {"status": "alive"}
            answer = await ready(ring)
            assert answer.status_code == 200
            assert set(answer.json()) == {"status", "server", "policy", "detectors", "audit_log", "checkpoints", "keys"}

    asyncio.run(run())


def test_a_part_that_is_not_ready_is_named_with_the_reason(tmp_path: Path, vendor: StandIn) -> None:
    async def run() -> None:
        async with inside(tmp_path, vendor) as ring:
            ring.detector.why_not = "every worker is down"
            answer = await ready(ring)
            assert answer.status_code == 503
            assert answer.json() == {
                "status": "not ready",
                "server": "ready",
                "policy": "ready",
                "detectors": "every worker is down",
                "audit_log": "ready",
                "checkpoints": "ready",
                "keys": "ready",
            }
            assert (await ring.client.get("/livez")).status_code == 200

    asyncio.run(run())


def test_what_is_wrong_in_which_policy_file_is_told_to_the_log_and_not_to_anybody_who_asks(
    tmp_path: Path, vendor: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> Any:
        policies = shutil.copytree(ROOT / "policies", tmp_path / "policies")
        async with inside(tmp_path / "home", vendor, policies=policies) as ring:
            taxonomy = policies / "taxonomy.yaml"
            taxonomy.write_text("zebra: 1\n" + taxonomy.read_text())
            await ring.runtime.activation.reload()
            return await ready(ring)

    answer = asyncio.run(run())
    assert answer.status_code == 503
    assert answer.json()["policy"] == "the policy files on disk are refused, the last good ones stay in force"
    assert "taxonomy.yaml:1:1" in caplog.text


def test_a_closed_log_is_not_ready_and_no_request_is_answered(
    tmp_path: Path, vendor: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        async with inside(tmp_path, vendor) as ring:
            key = ring.key()
            await asyncio.to_thread(ring.runtime.audit.close)
            answer = await ready(ring)
            assert (answer.status_code, answer.json()["audit_log"]) == (503, "the audit log is closed")
            refused = await ring.client.post("/v1/chat/completions", json=chat_body(), headers=key)
            assert (refused.status_code, refused.json()["error"]["code"]) == (503, "audit_unavailable")
            assert refused.headers["retry-after"] == "1"
            for task in ring.runtime.outcomes._open:
                task.cancel()

    asyncio.run(run())
    assert vendor.received == b""
    assert "Traceback" not in caplog.text


def test_t32_after_a_jump_of_the_clock_no_request_is_answered_until_somebody_accepts_it(
    tmp_path: Path, vendor: StandIn
) -> None:
    async def run() -> None:
        async with inside(tmp_path, vendor) as ring:
            key, hands = ring.key(), Hands(time.time_ns())
            ring.runtime.audit.clock = hands.clock()
            hands.step(-3600)
            refused = await ring.client.post("/v1/chat/completions", json=chat_body(), headers=key)
            assert (refused.status_code, refused.json()["error"]["code"]) == (503, "audit_unavailable")
            assert refused.json()["error"]["message"] == "The audit log cannot take a record now (clock)."
            assert vendor.received == b""
            assert (await ready(ring)).json()["audit_log"] == "the audit log takes no decisions: clock"
            accepted = await asyncio.to_thread(ring.runtime.admin.do, "clock.accept", {})
            assert accepted == {"off": "back_hours"}
            assert (await ready(ring)).status_code == 200
            answer = await ring.client.post("/v1/chat/completions", json=chat_body(), headers=key)
            assert answer.status_code == 200

    asyncio.run(run())


def test_a_server_that_cannot_see_the_keys_for_too_long_is_not_ready_and_lets_nobody_in(
    tmp_path: Path, vendor: StandIn, database: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        async with inside(tmp_path, vendor, audit_url=database.url) as ring:
            key = ring.key()
            monkeypatch.setattr(identity, "BLIND_S", -1.0)
            refused = await ring.client.post("/v1/chat/completions", json=chat_body(), headers=key)
            assert (refused.status_code, refused.json()["error"]["code"]) == (503, "state_unavailable")
            assert (await ready(ring)).json()["keys"] == "the API keys were not seen for too long"
            assert vendor.received == b""
            monkeypatch.undo()
            assert (await ring.client.post("/v1/chat/completions", json=chat_body(), headers=key)).status_code == 200

    asyncio.run(run())


@pytest.mark.parametrize(
    ("wrong", "spooling", "status"),
    [
        ({"audit_log"}, True, "degraded"),
        ({"audit_log", "checkpoints"}, True, "degraded"),
        ({"audit_log"}, False, "not ready"),
        ({"audit_log", "detectors"}, True, "not ready"),
        ({"checkpoints"}, True, "not ready"),
        (set(), True, "ready"),
    ],
    ids=["log", "log and signer", "closed", "log and detectors", "signer", "nothing"],
)
def test_only_a_log_whose_spool_is_open_leaves_a_server_degraded(wrong: set[str], spooling: bool, status: str) -> None:
    def check(name: str) -> Check:
        return lambda: "away" if name in wrong else None

    checks = {name: check(name) for name in ("policy", "detectors", "audit_log", "checkpoints")}
    answer = asyncio.run(readyz(Request({"type": "http"}), checks, dict, lambda: spooling))
    said = json.loads(bytes(answer.body))
    assert (said["status"], answer.status_code) == (status, 503 if status == "not ready" else 200)
    assert {name for name in checks if said[name] == "away"} == wrong
