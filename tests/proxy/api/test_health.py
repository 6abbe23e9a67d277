import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
from harness import ROOT, StandIn, chat_body
from inside import Inside, inside


def ready(ring: Inside) -> Any:
    return ring.client.get("/readyz")


def test_everything_is_ready_after_a_start(tmp_path: Path, vendor: StandIn) -> None:
    async def run() -> None:
        async with inside(tmp_path, vendor) as ring:
            assert (await ring.client.get("/livez")).json() == {"status": "alive"}
            answer = await ready(ring)
            assert answer.status_code == 200
            assert set(answer.json()) == {"status", "policy", "detectors", "audit_log", "checkpoints"}

    asyncio.run(run())


def test_a_part_that_is_not_ready_is_named_with_the_reason(tmp_path: Path, vendor: StandIn) -> None:
    async def run() -> None:
        async with inside(tmp_path, vendor) as ring:
            ring.detector.why_not = "every worker is down"
            answer = await ready(ring)
            assert answer.status_code == 503
            assert answer.json() == {
                "status": "not ready",
                "policy": "ready",
                "detectors": "every worker is down",
                "audit_log": "ready",
                "checkpoints": "ready",
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
