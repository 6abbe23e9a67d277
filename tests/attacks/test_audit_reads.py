"""Auditors who ask too much: long reads beside a writer, guessing at values, and exports on a full disk.

T41: whoever tries values one after another is stopped after a few, and the log says so. T43: while an auditor reads
all there is, again and again, appends stay within their deadline and the write-ahead log stays small; the control run
holds one transaction open instead, as a reader would that reads everything in one query.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from harness import StandIn, eventually
from inside import inside

from audit import access, statistics
from audit.access import Filters, Records
from audit.api.guessing import ALL, EACH
from audit.exporting import Exports
from audit.log import AuditLog
from audit.statistics import Period, Statistics
from proxy.identity import Role

ORIGIN = "log.example/audit"
SEEDED, WRITTEN = 1500, 2500
WAL_BYTES = 12 * 1024 * 1024
"""What is written of the write-ahead log until a checkpoint is due (1000 pages), and as much again."""
DEADLINE_S = 5.0


def test_t41_whoever_guesses_is_stopped_after_a_few_and_the_log_says_so(
    tmp_path: Path, own: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    guesses = [f"4929 7182 0364 {number:04d}" for number in range(5100, 5130)]

    async def run() -> tuple[list[Any], list[dict[str, Any]]]:
        async with inside(tmp_path, None, own) as ring:
            headers = [ring.key(app, "security", Role.SECURITY) for app in ("one", "two", "three")]
            answers = []
            for number, guess in enumerate(guesses):
                body = {"team": "team", "purpose": "body", "value": guess}
                mine = headers[0] if number < 20 else headers[1 + number % 2]
                answers.append(await ring.client.post("/audit/v1/fingerprints", json=body, headers=mine))
            return answers, await ring.settled()

    answers, records = asyncio.run(run())
    admitted = [answer for answer in answers if answer.status_code == 200]
    assert {answer.status_code for answer in answers} == {200, 429}
    assert len(admitted) <= ALL
    assert sum(answer.status_code == 200 for answer in answers[:20]) == EACH
    assert not any(answer.json()["occurs"] for answer in admitted)
    looked = [body for body in records if body["kind"] == "audit.read" and body["what"] == "fingerprint"]
    assert len(looked) == len(admitted)
    opened = [body for body in records if body["kind"] == "incident.opened"]
    assert {body["what"] for body in opened} == {"fingerprint_guessing"}
    assert 1 <= len(opened) <= 3
    everything = str(records) + "".join(answer.text for answer in answers) + caplog.text
    assert not any(guess in everything or guess.replace(" ", "") in everything for guess in guesses)


@pytest.fixture
def grown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AuditLog]:
    """Return a log of some thousand records, which readers look through in many stretches."""
    monkeypatch.setattr(statistics, "BLOCK", 256)
    monkeypatch.setattr(access, "STRETCH", 256)
    log = AuditLog.open(tmp_path / "audit.db", keys=tmp_path / "keys", origin=ORIGIN, deadline_s=DEADLINE_S)
    asyncio.run(appended(log, SEEDED))
    with closing(log):
        yield log


async def appended(log: AuditLog, count: int) -> None:
    """Append so many records, 16 at a time; each within the deadline, or this raises."""
    turns = iter(range(count))

    async def lane() -> None:
        for _ in turns:
            await log.append("access.denied", DENIED)

    await asyncio.gather(*(lane() for _ in range(16)))


DENIED = {"window_start": "2026-10-01T12:00:00Z", "n_401": 1, "n_404": 2, "n_403": 3}


@contextmanager
def beside(read: Callable[[Records], Any], log: AuditLog) -> Iterator[list[int]]:
    """Read again and again in a thread, at least once to the end."""
    done, rounds = threading.Event(), [0]

    def again() -> None:
        records = Records(log.place)
        while not done.is_set():
            read(records)
            rounds[0] += 1

    thread = threading.Thread(target=again)
    thread.start()
    try:
        yield rounds
        eventually(lambda: rounds[0])
    finally:
        done.set()
        thread.join()


def everything(records: Records) -> None:
    """Ask what takes an auditor longest: figures that nobody has counted yet, and filters that match nothing."""
    Statistics(records).count(("class", "rule"), Period("2020-01-01"), SEEDED + WRITTEN)
    records.page(Filters(team="sales", zone="nowhere", app="crm"), limit=1000)
    after: int | None = -1
    while after is not None:
        after = records.page(Filters(), after=after, limit=1000).next


def wal_bytes(log: AuditLog) -> int:
    return Path(f"{log.place}-wal").stat().st_size


def test_t43_the_write_ahead_log_stays_small_beside_a_reader_of_everything(grown: AuditLog) -> None:
    with beside(everything, grown):
        asyncio.run(appended(grown, WRITTEN))
    assert wal_bytes(grown) < WAL_BYTES


def test_t43_control_one_long_transaction_makes_it_grow(grown: AuditLog) -> None:
    with closing(sqlite3.connect(grown.place)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM record").fetchone()
        asyncio.run(appended(grown, WRITTEN))
        assert wal_bytes(grown) > WAL_BYTES


def test_an_export_on_a_full_disk_fails_cleanly_and_the_server_goes_on(
    tmp_path: Path, own: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    async def run() -> tuple[list[int], list[str]]:
        async with inside(tmp_path, None, own) as ring:
            headers = ring.key("tool", "audit", Role.AUDITOR)
            monkeypatch.setattr(Exports, "_store", full)
            codes = [(await ring.client.post("/audit/v1/exports", json={}, headers=headers)).status_code]
            monkeypatch.undo()
            codes.append((await ring.client.get("/audit/v1/exports", headers=headers)).status_code)
            return codes, [body["kind"] for body in await ring.settled()]

    codes, kinds = asyncio.run(run())
    assert codes == [503, 200]
    assert kinds.count("audit.read") == 1
    assert "audit.exported" not in kinds
