"""The writer thread's own duties: heartbeats, truthful numbering, and an end that leaves nobody waiting."""

import asyncio
import json
import sqlite3
import threading
import time
from contextlib import closing
from typing import Any

import pytest

from audit import writer
from audit.errors import AuditUnavailable
from audit.verification.verifier import verify


def test_an_idle_log_says_that_it_is_alive(open_log: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "HEARTBEAT_S", 0.1)
    log = open_log()
    time.sleep(0.5)
    log.close()
    with closing(sqlite3.connect(log.place)) as connection:
        rows = connection.execute("SELECT body FROM record WHERE kind = 'writer.heartbeat' ORDER BY seq").fetchall()
    beats = [json.loads(body) for (body,) in rows]
    assert 2 <= len(beats) <= 5
    assert [beat["records"] for beat in beats] == [3 + index for index in range(len(beats))]
    assert verify(log.place).ok


def test_an_unforeseen_error_refuses_its_batch_and_numbers_stay_right(open_log: Any, decision: Any) -> None:
    log = open_log()
    commit = log._store.commit

    def failing(rows: Any) -> Any:
        log._store.commit = commit
        commit(rows)
        raise RuntimeError

    log._store.commit = failing
    with pytest.raises(AuditUnavailable, match="io"):
        log.append_sync("route.decision", decision())
    log.append_sync("route.decision", decision())
    log.close()
    assert verify(log.place).ok


def test_closing_writes_what_was_queued(open_log: Any, decision: Any) -> None:
    log = open_log(deadline_s=20.0)

    async def main() -> list[Any]:
        tasks = [asyncio.ensure_future(log.append("route.decision", decision())) for _ in range(500)]
        await asyncio.sleep(0)
        await asyncio.to_thread(log.close)
        return await asyncio.gather(*tasks)

    assert len(asyncio.run(main())) == 500
    report = verify(log.place)
    assert report.ok
    assert report.size == 503


def test_many_threads_and_loops_share_one_log(open_log: Any, decision: Any) -> None:
    log = open_log(deadline_s=20.0)

    def plain() -> None:
        for _ in range(20):
            log.append_sync("route.decision", decision())

    def looped() -> None:
        async def main() -> None:
            await asyncio.gather(*(log.append("route.decision", decision()) for _ in range(20)))

        asyncio.run(main())

    threads = [threading.Thread(target=target) for target in (plain, looped) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    report = verify(log.place)
    assert report.ok
    assert report.size == 123


def batches(log: Any) -> list[list[str]]:
    """Note the kinds of each batch that is committed from now on."""
    made: list[list[str]] = []
    commit = log._store.commit

    def noting(rows: Any) -> Any:
        made.append([row.derived.kind for row in rows])
        return commit(rows)

    log._store.commit = noting
    return made


def test_what_a_loop_offers_in_one_turn_is_one_batch(open_log: Any, decision: Any) -> None:
    log = open_log(deadline_s=20.0)
    made = batches(log)

    async def main() -> None:
        await asyncio.gather(*(log.append("route.decision", decision()) for _ in range(50)))

    asyncio.run(main())
    assert made == [["route.decision"] * 50]


def test_an_outcome_goes_along_with_the_next_decision_and_alone_where_none_comes(
    open_log: Any, decision: Any, outcome: Any
) -> None:
    log = open_log(deadline_s=20.0)
    first = log.append_sync("route.decision", decision())
    made = batches(log)

    async def main() -> float:
        ended = asyncio.ensure_future(log.append("route.outcome", outcome(first.id)))
        await asyncio.sleep(0)
        second = await log.append("route.decision", decision())
        assert (await ended).seq < second.seq
        began = time.monotonic()
        await log.append("route.outcome", outcome(second.id))
        return time.monotonic() - began

    took = asyncio.run(main())
    assert made == [["route.outcome", "route.decision"], ["route.outcome"]]
    assert took >= writer.PATIENCE_S / 2


def test_a_loop_that_ended_before_it_told_the_writer_holds_up_no_other(
    open_log: Any, decision: Any, outcome: Any
) -> None:
    log = open_log(deadline_s=5.0)
    first = log.append_sync("route.decision", decision())

    async def offer(*bodies: tuple[str, Any]) -> None:
        for body in bodies:
            asyncio.ensure_future(log.append(*body))  # noqa: RUF006 - the loop ends before it is done
        await asyncio.sleep(0)

    for _ in range(2):
        with closing(asyncio.new_event_loop()) as loop:
            loop.run_until_complete(offer(("route.decision", decision()), ("route.outcome", outcome(first.id))))
            for task in asyncio.all_tasks(loop):
                task.cancel()
    asyncio.run(log.append("route.outcome", outcome(first.id, attempt=2)))
    asyncio.run(log.append("route.decision", decision()))
    log.close()
    assert verify(log.place).ok


def test_batches_that_are_all_full_fill_no_queue_and_let_a_thread_append_in_between(
    open_log: Any, decision: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MAX_BATCH", 4)
    monkeypatch.setattr(writer, "MAX_QUEUE", 64)
    log = open_log()

    async def main() -> None:
        between = asyncio.Event()

        async def lane() -> None:
            for _ in range(25):
                await log.append("route.decision", decision())
            while not between.is_set():
                await log.append("route.decision", decision())

        async def thread() -> None:
            await asyncio.to_thread(log.append_sync, "route.decision", decision())
            between.set()

        await asyncio.gather(*(lane() for _ in range(16)), thread())

    asyncio.run(main())
    log.close()
    assert verify(log.place).ok
