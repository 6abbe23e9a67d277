"""Back-pressure as a client sees it: when too many scans wait, it is told to come back; nothing is sent unscanned."""

import asyncio
from pathlib import Path
from typing import cast

import httpx
from actors import Actors, staged
from harness import StandIn, chat_body
from inside import Scripted, entity_types, inside

from proxy.detection.findings import DetectorSet


def test_a_caller_that_no_worker_is_free_for_is_told_when_to_come_back(
    tmp_path: Path, cloud: StandIn, onprem: StandIn, quiet: None
) -> None:
    async def main() -> list[httpx.Response]:
        actors = Actors(then="hang", workers=1, loaded=DetectorSet(entity_types(), (), "0" * 64))
        async with (
            staged(actors, detect_queue=1, detect_deadline_s=30) as engine,
            inside(tmp_path, cloud, onprem, detector=cast("Scripted", engine)) as ringfence,
        ):
            key = ringfence.key()

            async def ask(text: str) -> httpx.Response:
                return await ringfence.client.post("/v1/chat/completions", json=chat_body(text), headers=key)

            waiting = []
            for text in ("one", "two"):
                waiting.append(asyncio.create_task(ask(text)))
                await asyncio.sleep(0.2)
            refused = [await ask(text) for text in ("three", "four")]
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            assert await ringfence.records("route.decision") == []
            return refused

    for answer in asyncio.run(main()):
        assert answer.status_code == 503
        assert answer.json()["error"] == {
            "message": "Too many scans are waiting.",
            "type": "service_unavailable",
            "param": None,
            "code": "detectors_busy",
        }
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert "x-should-retry" not in answer.headers
    assert not cloud.received
    assert not onprem.received
