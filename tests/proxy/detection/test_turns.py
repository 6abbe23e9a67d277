"""What the engine does about time: turns, deadlines, refusals, and what it keeps of scans that did not end well."""

import asyncio
import time
from typing import Any

import pytest
from actors import Act, Actors, said, staged

from proxy.detection import engine as engine_module
from proxy.detection.findings import UNSCANNED, Scan
from proxy.detection.queue import PART_SIZE
from proxy.errors import Unavailable


def types(scan: Scan) -> set[str]:
    return {finding.entity_type for finding in scan.findings}


def test_the_deadline_grows_with_the_size_up_to_the_ceiling() -> None:
    times = {"detect_deadline_s": 0.2, "detect_deadline_per_100k_s": 1.0, "detect_ceiling_s": 0.9}

    async def main(size: int) -> tuple[Scan, float]:
        async with staged(Actors(then="hang"), **times) as engine:
            began = time.monotonic()
            return await engine.scan("t", [said("x" * size)]), time.monotonic() - began

    for size, expected in ((100, 0.2), (40_000, 0.6), (1_000_000, 0.9)):
        scan, took = asyncio.run(main(size))
        assert scan.failures == {"deadline"}
        assert UNSCANNED in types(scan)
        assert expected <= took < expected + 1


def test_a_scan_waits_for_its_turn_as_long_as_it_may_take_and_is_then_refused() -> None:
    async def main() -> tuple[Any, float]:
        actors = Actors(["slow", "slow"], slow_s=0.9)
        async with staged(actors, detect_deadline_s=0.4, detect_deadline_per_100k_s=5.0) as engine:
            long = [asyncio.create_task(engine.scan("a", [said(f"{n}" + "x" * 40_000)])) for n in range(2)]
            await asyncio.sleep(0.1)
            began = time.monotonic()
            other = asyncio.create_task(engine.scan("b", [said("y" * 18_000)]))
            await asyncio.sleep(0)
            with pytest.raises(Unavailable) as refused:
                await engine.scan("c", [said("z")])
            waited = time.monotonic() - began
            assert all(scan.complete for scan in await asyncio.gather(*long, other))
            return refused.value, waited

    error, waited = asyncio.run(main())
    assert error.code == "detectors_busy"
    assert 1 <= int(error.headers()["retry-after"]) <= 60
    assert 0.4 <= waited < 0.9, "a worker was free by then"


def test_a_full_queue_refuses_and_says_when_to_come_back() -> None:
    async def main(size: int) -> int:
        async with staged(Actors(then="hang"), detect_queue=2) as engine:
            engine._pace = 1e-3
            asking = []
            for letter in "abcd":
                asking.append(asyncio.create_task(engine.scan("t", [said(letter * size)])))
                await asyncio.sleep(0.02)
            with pytest.raises(Unavailable) as refused:
                await engine.scan("t", [said("one more")])
            for task in asking:
                task.cancel()
            return int(refused.value.headers()["retry-after"])

    assert asyncio.run(main(1)) == 1
    assert asyncio.run(main(10_000)) == 11
    assert asyncio.run(main(300_000)) == 60


def test_the_pace_that_a_refusal_counts_with_is_that_of_the_workers() -> None:
    async def main(act: Act) -> float:
        async with staged(Actors(then=act, slow_s=0.3)) as engine:
            for n in range(3):
                await engine.scan("t", [said(f"{n}" * 1000)])
            return engine._pace

    assert asyncio.run(main("slow")) > 1.5 * asyncio.run(main("answer"))


def test_a_long_conversation_is_spread_over_idle_workers() -> None:
    actors = Actors(then="slow", workers=4)

    async def main() -> Scan:
        async with staged(actors) as engine:
            return await engine.scan("t", [said(letter * (PART_SIZE // 2), at) for at, letter in enumerate("abcdefgh")])

    assert asyncio.run(main()).complete
    assert set(actors.by) == {0, 1, 2, 3}


def test_what_was_answered_of_an_incomplete_scan_is_not_asked_again_and_the_rest_is() -> None:
    actors = Actors(["answer", "die"], workers=1)
    units = [said(f"{letter * (PART_SIZE - 200)}?", at) for at, letter in enumerate("abc")]

    async def main() -> list[Scan]:
        async with staged(actors) as engine:
            return [await engine.scan("t", units) for _ in range(3)]

    first, second, third = asyncio.run(main())
    assert first.failures == {"worker_died"}
    assert second.complete
    assert third.complete
    assert (first.cached, second.cached, third.cached) == (0, 2, 3)
    assert sorted(actors.seen.values()) == [1, 1, 2]


def test_what_was_answered_is_kept_though_nobody_waits_any_more() -> None:
    async def main() -> Scan:
        async with staged(Actors(then="slow", workers=1, slow_s=0.1)) as engine:
            asking = asyncio.create_task(engine.scan("t", [said("Who?")]))
            await asyncio.sleep(0.05)
            asking.cancel()
            await asyncio.sleep(0.15)
            return await engine.scan("t", [said("Who?")])

    assert asyncio.run(main()).cached == 1


def test_what_a_request_says_twice_is_scanned_once() -> None:
    actors = Actors()

    async def main() -> Scan:
        async with staged(actors) as engine:
            return await engine.scan("t", [said("Who?", at) for at in range(3)])

    scan = asyncio.run(main())
    assert scan.complete
    assert sorted(finding.path for finding in scan.findings) == [f"messages[{at}].content" for at in range(3)]
    assert list(actors.seen.values()) == [1]


def test_a_worker_that_speaks_unasked_is_replaced_and_its_words_are_no_answer() -> None:
    actors = Actors(["twice"], workers=1)

    async def main() -> list[Scan]:
        async with staged(actors) as engine:
            return await asyncio.gather(*(engine.scan("t", [said(f"{n}")]) for n in range(3)))

    scans = asyncio.run(main())
    assert all(scan.complete for scan in scans)
    assert len({finding.value_id for scan in scans for finding in scan.findings}) == 3
    assert actors.replaced == 1


def test_others_get_their_turns_while_a_long_conversation_is_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "SLICE_S", 0.0)
    units = [said(f"{number}?", number) for number in range(100)]

    async def main() -> int:
        actors = Actors()
        async with staged(actors) as engine:
            scan = asyncio.create_task(engine.scan("t", units))
            turns = 0
            while not actors.seen:
                turns += 1
                await asyncio.sleep(0)
            assert (await scan).complete
            return turns

    assert asyncio.run(main()) >= 100
