"""Workers that die, hang and lie at random: every scan ends, and is complete only if all of it was answered."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass

from actors import Act, Actors, said, staged, value_id
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from proxy.detection.findings import Scan, Unit
from proxy.detection.queue import LONG_SIZE, PART_SIZE
from proxy.detection.tasks import Task, plan
from proxy.errors import Unavailable

EXAMPLES = min(300, int(os.environ.get("RINGFENCE_TEST_EXAMPLES", "5")))
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
DEADLINE_S = 0.2
ACTS: list[Act] = ["answer", "answer", "answer", "slow", "retire", "die", "hang", "half", "garbage", "lie", "twice"]
SIZES = [20, 300, PART_SIZE // 2, LONG_SIZE]


@dataclass(frozen=True)
class Caller:
    """One scan to come: who asks, after how long, for messages of which sizes, and when it gives up, if it does."""

    tenant: str
    after_s: float
    sizes: tuple[int, ...]
    leaves_s: float | None

    def units(self, number: int) -> list[Unit]:
        """Return messages that no other caller sends."""
        return [said(f"Said {number} {at} {'x ' * (size // 2)}.", at) for at, size in enumerate(self.sizes)]


CALLERS = st.lists(
    st.builds(
        Caller,
        st.sampled_from("abc"),
        st.floats(0, 0.3),
        st.lists(st.sampled_from(SIZES), min_size=1, max_size=5).map(tuple),
        st.none() | st.floats(0, 0.3),
    ),
    min_size=1,
    max_size=16,
)


@given(CALLERS, st.lists(st.sampled_from(ACTS), max_size=40), st.sampled_from([1, 2, 3]), st.sampled_from([2, 64]))
@settings(max_examples=EXAMPLES, deadline=None, phases=PHASES, suppress_health_check=[HealthCheck.too_slow])
def test_every_scan_ends_and_is_complete_only_if_all_of_it_was_answered(
    callers: list[Caller], acts: list[Act], workers: int, room: int
) -> None:
    asyncio.run(asyncio.wait_for(storm(callers, acts, workers, room), 60))


async def storm(callers: Sequence[Caller], acts: Sequence[Act], workers: int, room: int) -> None:
    actors = Actors(acts, workers=workers)
    async with staged(actors, detect_deadline_s=DEADLINE_S, detect_queue=room, detect_deadline_per_100k_s=0) as engine:

        async def call(number: int, caller: Caller) -> object:
            await asyncio.sleep(caller.after_s)
            async with asyncio.timeout(caller.leaves_s):
                return await engine.scan(caller.tenant, caller.units(number))

        asking = [asyncio.create_task(call(number, caller)) for number, caller in enumerate(callers)]
        for number, outcome in enumerate(await asyncio.gather(*asking, return_exceptions=True)):
            assert isinstance(outcome, (Scan, Unavailable, TimeoutError)), outcome
            if isinstance(outcome, Scan):
                tasks = [item.task for item in plan(callers[number].units(number))]
                check(outcome, tasks, actors)
        assert len(engine._queue) == 0
        assert max(actors.seen.values(), default=0) <= 1, "a task went to two workers"
        actors.end_script()
        await asyncio.sleep(DEADLINE_S + 0.1)  # workers that hang with what nobody waits for are killed by then
        useless = [act for act in actors.acted if act not in ("answer", "slow")]
        assert actors.replaced == len(useless), "a useless worker was kept, or a good one was not"
        later = [await engine.scan("later", [said(f"Later {turn}.")]) for turn in range(3 * workers)]
        assert all(scan.complete for scan in later), [scan.failures for scan in later]


def check(scan: Scan, tasks: list[Task], actors: Actors) -> None:
    """Compare a scan with what its tasks' workers really did."""
    found = {finding.value_id for finding in scan.findings if finding.entity_type == "PERSON"}
    assert found <= {value_id(task) for task in tasks if actors.answered[task]}, "found what nobody answered"
    if scan.complete:
        assert found == {value_id(task) for task in tasks}
    else:
        assert scan.failures <= {"worker_died", "bad_answer", "deadline", "no_worker"}
        assert any(finding.entity_type == "UNSCANNED" for finding in scan.findings)
