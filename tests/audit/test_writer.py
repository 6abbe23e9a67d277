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
