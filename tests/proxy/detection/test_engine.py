import asyncio
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from proxy.detection import protocol
from proxy.detection.findings import UNSCANNED, Scan, Unit
from proxy.errors import Unavailable

CARD = "4111 1111 1111 1111"


def types(scan: Scan) -> set[str]:
    return {finding.entity_type for finding in scan.findings}


def test_a_scan_finds_what_a_worker_found_and_is_complete(supervised: Any, make_unit: Callable[..., Unit]) -> None:
    async def main() -> Scan:
        async with supervised.engine() as engine:
            return await engine.scan("acme", [make_unit("Pay with", CARD)])

    scan = asyncio.run(main())
    assert "CREDIT_CARD" in types(scan)
    assert scan.complete
    assert {finding.path for finding in scan.findings if finding.entity_type == "CREDIT_CARD"} == {
        "messages[0].content[1].content"
    }


def test_a_hung_worker_costs_only_its_own_request_and_is_replaced(
    supervised: Any, make_unit: Callable[..., Unit], wait_ready: Callable[..., Any]
) -> None:
    async def main() -> tuple[Scan, list[Scan], float]:
        async with supervised.engine(detect_deadline_s=1.0) as engine:
            before = engine.worker_pids()
            stopped = before[0]
            os.kill(stopped, signal.SIGSTOP)
            began = time.monotonic()
            scans = await asyncio.gather(
                *(engine.scan(f"tenant{n}", [make_unit(f"{n}: {CARD}")]) for n in range(2)),
            )
            took = time.monotonic() - began
            await wait_ready(engine, 2)
            assert stopped not in engine.worker_pids()
            after = [await engine.scan("later", [make_unit(f"later {n} {CARD}")]) for n in range(3)]
            return scans, after, took

    scans, after, took = asyncio.run(main())
    late = [scan for scan in scans if not scan.complete]
    assert [scan.failures for scan in late] == [frozenset({"deadline"})]
    assert UNSCANNED in types(late[0])
    assert took < 3
    assert all(scan.complete and "CREDIT_CARD" in types(scan) for scan in after)


def test_a_killed_worker_costs_only_the_request_it_was_working_on(
    supervised: Any, make_unit: Callable[..., Unit], wait_ready: Callable[..., Any]
) -> None:
    async def main() -> tuple[list[Scan], Scan]:
        async with supervised.engine() as engine:
            pids = engine.worker_pids()
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            asking = [asyncio.create_task(engine.scan("t", [make_unit(f"{n} {CARD}")])) for n in range(3)]
            await asyncio.sleep(0.3)
            os.kill(pids[0], signal.SIGKILL)
            os.kill(pids[1], signal.SIGCONT)
            scans = await asyncio.gather(*asking)
            await wait_ready(engine, 2)
            return scans, await engine.scan("t", [make_unit(f"again {CARD}")])

    scans, again = asyncio.run(main())
    assert sorted(len(scan.failures) for scan in scans) == [0, 0, 1]
    assert next(scan for scan in scans if scan.failures).failures == {"worker_died"}
    assert again.complete


def test_an_idle_worker_that_dies_costs_nothing(
    supervised: Any, make_unit: Callable[..., Unit], wait_ready: Callable[..., Any]
) -> None:
    async def main() -> list[Scan]:
        async with supervised.engine() as engine:
            for pid in engine.worker_pids():
                os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(0.2)
            await wait_ready(engine, 2)
            return [await engine.scan("t", [make_unit(f"{n} {CARD}")]) for n in range(4)]

    assert all(scan.complete for scan in asyncio.run(main()))


def test_a_worker_out_of_memory_dies_alone(
    supervised: Any, make_unit: Callable[..., Unit], wait_ready: Callable[..., Any]
) -> None:
    large = "Maria met John in Paris. " * 100_000

    async def main() -> tuple[Scan, Scan]:
        async with supervised.engine() as engine:
            for pid in engine.worker_pids():
                _, hard = resource.prlimit(pid, resource.RLIMIT_DATA)
                assert 0 < hard < 8 * 1024**3
                resource.prlimit(pid, resource.RLIMIT_DATA, (1024, hard))
            starved = await engine.scan("t", [make_unit(large)])
            await asyncio.sleep(0.2)
            await wait_ready(engine, 2)
            for pid in engine.worker_pids():
                _, hard = resource.prlimit(pid, resource.RLIMIT_DATA)
                resource.prlimit(pid, resource.RLIMIT_DATA, (hard, hard))
            return starved, await engine.scan("t", [make_unit(CARD)])

    starved, fine = asyncio.run(main())
    assert starved.failures == {"worker_died"}
    assert UNSCANNED in types(starved)
    assert fine.complete
    assert "CREDIT_CARD" in types(fine)


def test_equal_values_get_one_id_over_workers_and_requests(supervised: Any, make_unit: Callable[..., Unit]) -> None:
    async def main() -> list[Scan]:
        async with supervised.engine() as engine:
            texts = ["4111 1111 1111 1111", "4111-1111-1111-1111", "card=4111111111111111"]
            return await asyncio.gather(*(engine.scan("t", [make_unit(text)]) for text in texts))

    ids = {f.value_id for scan in asyncio.run(main()) for f in scan.findings if f.entity_type == "CREDIT_CARD"}
    assert len(ids) == 1


def test_what_one_tenant_sent_is_not_cached_for_another(supervised: Any, make_unit: Callable[..., Unit]) -> None:
    async def main() -> list[int]:
        async with supervised.engine() as engine:
            said = [make_unit("Hello there"), make_unit("How are you?", path="messages[1]")]
            return [(await engine.scan(tenant, said)).cached for tenant in ("a", "a", "b", "a")]

    assert asyncio.run(main()) == [0, 2, 0, 2]


def test_a_cached_message_gives_its_findings_at_its_new_place(supervised: Any, make_unit: Callable[..., Unit]) -> None:
    async def main() -> Scan:
        async with supervised.engine() as engine:
            await engine.scan("a", [make_unit(CARD)])
            return await engine.scan("a", [make_unit(CARD, path="messages[7]")])

    scan = asyncio.run(main())
    assert scan.cached == 1
    assert {finding.path for finding in scan.findings} == {"messages[7].content[0].content"}


def test_a_full_queue_refuses_and_skips_nothing(supervised: Any, make_unit: Callable[..., Unit]) -> None:
    async def main() -> list[object]:
        async with supervised.engine(detect_queue=1, detect_deadline_s=1.0) as engine:
            for pid in engine.worker_pids():
                os.kill(pid, signal.SIGSTOP)
            asking = []
            for n in range(3):
                asking.append(asyncio.create_task(engine.scan("t", [make_unit(f"{n} {CARD}")])))
                await asyncio.sleep(0.1)
            with pytest.raises(Unavailable):
                await engine.scan("t", [make_unit("fourth")])
            return await asyncio.gather(*asking)

    scans = asyncio.run(main())
    assert all(UNSCANNED in types(scan) for scan in scans[:2])
    assert {UNSCANNED, "CREDIT_CARD"} & types(scans[2])


def test_one_tenant_cannot_fill_the_queue_for_another(supervised: Any, make_unit: Callable[..., Unit]) -> None:
    async def main() -> tuple[list[Any], Scan]:
        async with supervised.engine(detect_queue=4, detect_deadline_s=8.0) as engine:
            pids = engine.worker_pids()
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            loud = [asyncio.create_task(engine.scan("loud", [make_unit(f"{n} {CARD}")])) for n in range(8)]
            await asyncio.sleep(0.3)
            quiet = asyncio.create_task(engine.scan("quiet", [make_unit(CARD)]))
            await asyncio.sleep(0.1)
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
            return await asyncio.gather(*loud, return_exceptions=True), await quiet

    loud, quiet = asyncio.run(main())
    assert quiet.complete
    refused = [result for result in loud if isinstance(result, Unavailable)]
    assert {error.code for error in refused} == {"detectors_busy"}
    assert all(result.complete for result in loud if isinstance(result, Scan))
    assert len(refused) < len(loud)


def test_a_scan_too_long_for_a_frame_is_incomplete_and_kills_no_worker(
    supervised: Any, make_unit: Callable[..., Unit], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> tuple[Scan, Scan, list[int], list[int]]:
        async with supervised.engine() as engine:
            before = engine.worker_pids()
            monkeypatch.setattr(protocol, "MAX_FRAME", 5_000)
            too_long = await engine.scan("t", [make_unit("word " * 1000)])
            fine = await engine.scan("t", [make_unit(CARD)])
            return too_long, fine, before, engine.worker_pids()

    too_long, fine, before, after = asyncio.run(main())
    assert too_long.failures == {"view_bound"}
    assert UNSCANNED in types(too_long)
    assert fine.complete
    assert after == before


def test_a_caller_that_left_gives_its_place_in_the_queue_back(
    supervised: Any, make_unit: Callable[..., Unit], wait_ready: Callable[..., Any]
) -> None:
    async def main() -> Scan:
        async with supervised.engine(detect_queue=2, detect_deadline_s=8.0) as engine:
            pids = engine.worker_pids()
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            asking = []
            for n in range(4):
                asking.append(asyncio.create_task(engine.scan("t", [make_unit(f"{n} {CARD}")])))
                await asyncio.sleep(0.1)
            for task in asking[2:]:
                task.cancel()
            await asyncio.sleep(0)
            later = asyncio.create_task(engine.scan("t", [make_unit(f"later {CARD}")]))
            await asyncio.sleep(0.1)
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
            await asyncio.gather(*asking, return_exceptions=True)
            return await later

    assert asyncio.run(main()).complete


def test_the_engine_imports_no_model() -> None:
    code = (
        "import sys, proxy.detection.engine, proxy.supervisor;"
        "bad = {'spacy', 'presidio_analyzer', 'kingfisher_sdk', 'thinc', 'numpy'} & set(sys.modules);"
        "sys.exit(repr(bad) if bad else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
