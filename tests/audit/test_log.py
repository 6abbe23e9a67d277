"""The log under load and under faults: what was acknowledged is there, what is not there was refused in time."""

import asyncio
import json
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from audit import writer
from audit.errors import AuditLocked, AuditUnavailable, RecordRefused
from audit.keys import read_signers
from audit.log import AuditLog, Receipt, new_id
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.note import Note
from audit.proofs.vkey import Signer
from audit.verification.verifier import verify
from audit.writer import MAX_QUEUE

DECISION = "route.decision"
CHILD = Path(__file__).with_name("child_writer.py")


def bodies(path: Path) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(path)) as connection:
        return [json.loads(body) for (body,) in connection.execute("SELECT body FROM record ORDER BY seq")]


def until_ready(log: AuditLog, limit_s: float = 10.0) -> None:
    end = time.monotonic() + limit_s
    while log.not_ready() is not None:
        assert time.monotonic() < end, log.not_ready()
        time.sleep(0.02)


def block(seconds: float) -> None:
    """Hold up whatever runs in this thread."""
    time.sleep(seconds)


def refused(log: AuditLog, body: dict[str, Any], limit_s: float) -> str:
    """Append, expecting a refusal in time; return its reason."""
    began = time.monotonic()
    with pytest.raises(AuditUnavailable) as caught:
        asyncio.run(log.append("route.decision", body))
    assert time.monotonic() - began < limit_s
    return caught.value.reason


def test_a_record_is_durable_and_readable_when_append_returns(open_log: Any, decision: Any) -> None:
    log = open_log()
    receipt = asyncio.run(log.append("route.decision", decision()))
    body = log.committed(receipt.id)
    assert body is not None
    assert (body["id"], body["decision"], body["w"]["n"]) == (receipt.id, "pin", receipt.seq)
    assert log.committed(new_id()) is None
    with closing(sqlite3.connect(log.place)) as connection:
        assert connection.execute("SELECT max(seq), hex(link) FROM record").fetchone() == (
            receipt.seq,
            receipt.link.upper(),
        )


def test_genesis_and_start_come_first_and_stop_comes_last(open_log: Any, decision: Any) -> None:
    log = open_log()
    log.append_sync("route.decision", decision(dry_run=True))
    log.close()
    assert [body["kind"] for body in bodies(log.place)] == ["genesis", "writer.start", "route.decision", "writer.stop"]
    assert bodies(log.place)[0]["vkeys"] == [log.vkey]
    assert bodies(log.place)[-1]["records"] == 4
    with pytest.raises(AuditUnavailable, match="closed"):
        log.append_sync("route.decision", decision())
    assert log.not_ready() is not None


def test_concurrent_appends_share_commits_and_wake_the_loop_in_batches(open_log: Any, decision: Any) -> None:
    log = open_log(deadline_s=20.0)
    sizes: list[int] = []
    commit = log._store.commit

    def counting(rows: Any) -> Any:
        sizes.append(len(rows))
        return commit(rows)

    log._store.commit = counting

    async def many() -> list[Receipt]:
        return await asyncio.gather(*(log.append("route.decision", decision()) for _ in range(300)))

    receipts = asyncio.run(many())
    assert sorted(receipt.seq for receipt in receipts) == list(range(2, 302))
    assert sum(sizes) == 300
    assert len(sizes) < 30
    log.close()
    assert verify(log.place).ok


def test_a_body_outside_its_schema_is_refused_before_it_is_queued(open_log: Any, decision: Any) -> None:
    log = open_log()
    with pytest.raises(RecordRefused, match=r"route\.decision\.zone"):
        log.append_sync("route.decision", decision(zone="Jane Roe's desk"))
    with pytest.raises(RecordRefused, match="unknown kind"):
        log.append_sync("route.rumour", {})
    many = {"rules": [{"id": "r" * 128, "effect": "e" * 128}] * 64, "ceilings": ["c" * 128] * 64}
    with pytest.raises(RecordRefused, match="too long"):
        log.append_sync("route.decision", decision(**many))
    assert log.not_ready() is None


def test_a_body_changed_after_append_began_is_written_as_it_was(open_log: Any, decision: Any) -> None:
    log = open_log()

    async def main() -> Receipt:
        body = decision()
        task = asyncio.ensure_future(log.append("route.decision", body))
        await asyncio.sleep(0)
        body["rules"][0]["id"] = "free text that no schema would admit"
        return await task

    receipt = asyncio.run(main())
    assert log.committed(receipt.id)["rules"] == [{"id": "baseline/keep-home", "effect": "pin"}]  # type: ignore[index]


def test_t30_repeating_a_record_under_its_id_gives_the_first_receipt(
    open_log: Any, decision: Any, outcome: Any
) -> None:
    log = open_log()
    dec = log.append_sync("route.decision", decision())
    chosen = new_id()
    first = log.append_sync("route.outcome", outcome(dec.id), id=chosen)
    assert log.append_sync("route.outcome", outcome(dec.id), id=chosen) == first
    with pytest.raises(RecordRefused, match="another record has this id"):
        log.append_sync("route.outcome", outcome(dec.id, status="timeout"), id=chosen)

    async def twice() -> list[Receipt]:
        again = new_id()
        return await asyncio.gather(*(log.append("route.outcome", outcome(dec.id, 2), id=again) for _ in range(3)))

    assert len(set(asyncio.run(twice()))) == 1
    log.close()
    assert verify(log.place).ok


def test_a_text_is_archived_once_under_its_digest(open_log: Any) -> None:
    log = open_log()
    sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    log.store_bundle(sha256, b"test")
    log.store_bundle(sha256, b"test")
    with pytest.raises(RecordRefused):
        log.store_bundle(sha256, b"something else")
    with closing(sqlite3.connect(log.place)) as connection:
        assert connection.execute("SELECT sha256, text FROM bundle_text").fetchall() == [(sha256, b"test")]


def test_a_checkpoint_of_this_log_is_stored_and_none_of_another(open_log: Any) -> None:
    log = open_log()
    signer = read_signers(log.place.parent / "keys")[0]
    note = Note(Checkpoint(signer.name, 2, bytes(32)).encode()).signed(signer).encode()
    log.store_checkpoint(note)
    log.store_checkpoint(note)
    foreign = Signer("other.example/audit", bytes(32))
    beyond = Note(Checkpoint(signer.name, 99, bytes(32)).encode()).signed(signer).encode()
    for other in (Note(Checkpoint(foreign.name, 2, bytes(32)).encode()).signed(foreign).encode(), beyond, b"no note"):
        with pytest.raises(RecordRefused):
            log.store_checkpoint(other)
    with closing(sqlite3.connect(log.place)) as connection:
        assert connection.execute("SELECT size, note FROM checkpoint").fetchall() == [(2, note)]


def test_what_has_no_outcome_is_closed_at_the_next_start(open_log: Any, decision: Any, outcome: Any) -> None:
    log = open_log()
    done = log.append_sync("route.decision", decision())
    log.append_sync("route.outcome", outcome(done.id))
    lost = log.append_sync("route.decision", decision())
    log.append_sync("route.decision", decision(dry_run=True))
    retried = log.append_sync("route.decision", decision())
    log.append_sync("route.outcome", outcome(retried.id, status="upstream_error"))
    up = decision()["up"]
    attempt = {"dec": retried.id, "attempt": 2, "zone": "onprem", "up": up, "why": "upstream_error"}
    log.append_sync("route.attempt", attempt)
    log.close()
    for _ in range(2):
        log = open_log()
        log.close()
    closed = [body for body in bodies(log.place) if body.get("status") == "unknown_after_crash"]
    assert [(body["dec"], body["attempt"]) for body in closed] == [(lost.id, 1), (retried.id, 2)]
    assert verify(log.place).ok


def test_a_second_process_is_refused(open_log: Any) -> None:
    log = open_log()
    with pytest.raises(AuditLocked):
        open_log()
    command = [sys.executable, str(CHILD), str(log.place.parent), "1"]
    child = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert child.returncode != 0
    assert "AuditLocked" in child.stderr
    assert verify(log.place).size == 2


@pytest.mark.parametrize("acknowledged", [1, 40, 400])
def test_t24_what_a_killed_process_acknowledged_is_in_the_log(acknowledged: int, tmp_path: Path, open_log: Any) -> None:
    home = tmp_path / "home"
    child = subprocess.Popen([sys.executable, str(CHILD), str(home), "16"], stdout=subprocess.PIPE)
    assert child.stdout is not None
    with child.stdout as pipe:
        lines = [pipe.readline() for _ in range(acknowledged)]
        child.kill()
        lines += pipe.readlines()
    child.wait(timeout=30)
    acks = [line.split() for line in lines if line.endswith(b"\n")]
    assert len(acks) >= acknowledged

    log = open_log()
    for record_id, seq, end in ((a.decode(), int(b), c.decode()) for a, b, c in acks):
        with closing(sqlite3.connect(log.place)) as connection:
            found = connection.execute("SELECT seq, lower(hex(link)) FROM record WHERE id = ?", (record_id,)).fetchone()
        assert found == (seq, end)
    log.close()
    written = bodies(log.place)
    decided = {body["id"] for body in written if body["kind"] == "route.decision"}
    outcomes = [body["dec"] for body in written if body["kind"] == "route.outcome"]
    assert sorted(outcomes) == sorted(decided)
    assert any(body.get("status") == "unknown_after_crash" for body in written)
    assert verify(log.place).ok


@contextmanager
def write_lock(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_a_database_locked_by_another_connection_refuses_in_time_and_recovers(open_log: Any, decision: Any) -> None:
    log = open_log(deadline_s=0.3)
    with write_lock(log.place):
        assert refused(log, decision(), 3.0) == "locked"
        time.sleep(0.2)
        assert log.not_ready() is not None
    until_ready(log)
    receipt = asyncio.run(log.append("route.decision", decision()))
    log.close()
    assert receipt.id in {body["id"] for body in bodies(log.place)}
    assert verify(log.place).ok


def test_t27_a_full_disk_refuses_leaves_nothing_half_written_and_recovers(open_log: Any, decision: Any) -> None:
    log = open_log(deadline_s=2.0)
    connection = log._store._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count={pages}")
    acknowledged: list[str] = []

    def fill() -> None:
        while True:
            acknowledged.append(log.append_sync("route.decision", decision()).id)

    with pytest.raises(AuditUnavailable, match="full"):
        fill()
    assert "full" in str(log.not_ready())
    connection.execute("PRAGMA max_page_count=1000000")
    until_ready(log)
    acknowledged.append(log.append_sync("route.decision", decision()).id)
    log.close()
    assert [body["id"] for body in bodies(log.place) if body["kind"] == "route.decision"] == acknowledged
    assert verify(log.place).ok


def test_t27_a_read_only_connection_refuses_and_is_replaced(open_log: Any, decision: Any) -> None:
    log = open_log()
    log._store._connection.execute("PRAGMA query_only=ON")
    assert refused(log, decision(), 4.0) == "read_only"
    until_ready(log)
    log.append_sync("route.decision", decision())
    log.close()
    assert verify(log.place).ok


@pytest.mark.parametrize("suffix", ["", "-wal"])
def test_a_database_deleted_under_the_server_is_noticed(suffix: str, open_log: Any, decision: Any) -> None:
    log = open_log(deadline_s=1.0)
    log.append_sync("route.decision", decision())
    Path(f"{log.place}{suffix}").unlink()
    assert refused(log, decision(), 4.0) == "behind"
    assert log.not_ready() is not None


def test_t11_a_database_put_back_to_an_earlier_state_is_not_built_upon(open_log: Any, decision: Any) -> None:
    log = open_log(deadline_s=1.0)
    earlier = log.append_sync("route.decision", decision())
    log.append_sync("route.decision", decision())
    with closing(sqlite3.connect(log.place)) as other, other:
        for (name,) in other.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            other.execute(f"DROP TRIGGER {name}")
        other.execute("DELETE FROM record_label WHERE seq > ?", (earlier.seq,))
        other.execute("DELETE FROM record WHERE seq > ?", (earlier.seq,))
        other.execute("UPDATE head SET size = ?, hash = ?", (earlier.seq + 1, bytes.fromhex(earlier.link)))
    assert refused(log, decision(), 4.0) == "behind"
    assert refused(log, decision(), 4.0) == "behind"


def test_a_store_that_hangs_is_reported_within_the_deadline(open_log: Any, decision: Any) -> None:
    log = open_log(deadline_s=0.2)
    commit = log._store.commit

    def hanging(rows: Any) -> Any:
        time.sleep(3.0)
        return commit(rows)

    log._store.commit = hanging

    async def main() -> None:
        began = time.monotonic()
        first = asyncio.ensure_future(log.append("route.decision", decision()))
        await asyncio.sleep(0.05)
        rest = [asyncio.ensure_future(log.append("route.decision", decision())) for _ in range(20)]
        results = await asyncio.gather(first, *rest, return_exceptions=True)
        assert time.monotonic() - began < 2.5
        assert {result.reason for result in results if isinstance(result, AuditUnavailable)} == {"deadline"}
        assert len(results) == 21
        assert log.not_ready() == "the audit log does not answer"

    asyncio.run(main())
    until_ready(log)
    log._store.commit = commit
    log.close()
    kinds = [body["kind"] for body in bodies(log.place)]
    assert kinds.count("route.decision") == 1, "the first was under way; those given up in the queue are not written"
    assert verify(log.place).ok


def test_an_id_that_nobody_has_offered_before_is_not_looked_for_and_is_stored_once_even_if_that_is_untrue(
    open_log: Any, decision: Any
) -> None:
    log = open_log()
    looked: list[str] = []
    find = log._store.find

    def noting(name: str) -> Any:
        looked.append(name)
        return find(name)

    log._store.find = noting
    chosen = new_id()
    receipt = asyncio.run(log.append(DECISION, decision(), id=chosen, first=True))
    assert looked == []
    with pytest.raises(AuditUnavailable):
        asyncio.run(log.append(DECISION, decision(), id=chosen, first=True))
    until_ready(log)
    assert asyncio.run(log.append(DECISION, decision(), id=chosen)) == receipt
    assert looked == [chosen]
    log.close()
    assert verify(log.place).ok


def test_a_full_queue_refuses_at_once(open_log: Any, decision: Any) -> None:
    log = open_log(deadline_s=30.0)
    with write_lock(log.place):
        entry = log._entry("route.decision", decision(), None, None)
        log._writer.submit(entry)
        while not log._writer.waiting_for_lock():
            time.sleep(0.01)
        for _ in range(MAX_QUEUE):
            log._writer.submit(entry)
        entry.dropped = True
        assert refused(log, decision(), 4.0) == "queue_full"


def test_a_cancelled_append_leaves_the_log_whole(open_log: Any, decision: Any) -> None:
    log = open_log()

    async def main() -> None:
        tasks = [asyncio.ensure_future(log.append("route.decision", decision())) for _ in range(50)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(result, Receipt) for result in results[1::2])

    asyncio.run(main())
    log.close()
    assert verify(log.place).ok


def test_a_record_that_became_durable_after_its_deadline_is_told_late_and_one_that_did_not_is_not(
    open_log: Any, decision: Any
) -> None:
    log = open_log(deadline_s=0.2)
    commit = log._store.commit

    def slow(rows: Any) -> Any:
        time.sleep(0.6)
        return commit(rows)

    log._store.commit = slow

    async def main() -> list[list[Receipt]]:
        told: list[list[Receipt]] = [[], []]
        first = asyncio.ensure_future(log.append("route.decision", decision(), late=told[0].append))
        await asyncio.sleep(0.05)
        queued = asyncio.ensure_future(log.append("route.decision", decision(), late=told[1].append))
        results = await asyncio.gather(first, queued, return_exceptions=True)
        assert [type(result) for result in results] == [AuditUnavailable] * 2
        assert told == [[], []]
        await asyncio.sleep(0.7)
        return told

    told, untold = asyncio.run(main())
    log._store.commit = commit
    log.close()
    assert [receipt.id for receipt in told] == [body["id"] for body in bodies(log.place) if body["kind"] == DECISION]
    assert untold == []


@pytest.mark.parametrize("waiting", ["for the commit", "for its turn"])
def test_a_cancelled_caller_is_told_late_of_what_became_durable(waiting: str, open_log: Any, decision: Any) -> None:
    log = open_log()
    commit = log._store.commit
    begun, cancelled = threading.Event(), threading.Event()

    def held(rows: Any) -> Any:
        begun.set()
        if waiting == "for the commit":
            cancelled.wait(5)
        return commit(rows)

    async def main() -> list[Receipt]:
        told: list[Receipt] = []
        log._store.commit = held
        task = asyncio.ensure_future(log.append(DECISION, decision(), late=told.append))
        for _ in range(2):  # it begins in the first turn, and what began in that is handed over in the second
            await asyncio.sleep(0)
        begun.wait(5)
        if waiting == "for its turn":
            block(0.3)  # meanwhile the writer hands the receipt over; the loop delivers it, then cancels
            asyncio.get_running_loop().call_soon(task.cancel)
        else:
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        cancelled.set()
        await asyncio.sleep(0.3)
        return told

    told = asyncio.run(main())
    log.close()
    assert [receipt.id for receipt in told] == [body["id"] for body in bodies(log.place) if body["kind"] == DECISION]
    assert len(told) == 1


def test_the_log_is_idle_when_all_that_was_offered_is_decided_however_it_was(open_log: Any, decision: Any) -> None:
    log = open_log(deadline_s=0.2)
    assert log.progress()[0] == 0
    with write_lock(log.place):
        assert refused(log, decision(), 2.0) == "locked"
    chosen = new_id()

    async def main() -> None:
        twice = [asyncio.ensure_future(log.append(DECISION, decision(), id=chosen)) for _ in range(2)]
        await asyncio.sleep(0)
        assert log.progress()[0] > 0
        await asyncio.gather(*twice)

    until_ready(log)
    asyncio.run(main())
    time.sleep(0.1)
    assert log.progress()[0] == 0


def test_who_got_a_receipt_is_not_told_late(open_log: Any, decision: Any) -> None:
    log = open_log()

    async def main() -> list[Receipt]:
        told: list[Receipt] = []
        await log.append("route.decision", decision(), late=told.append)
        await asyncio.sleep(0.1)
        return told

    assert asyncio.run(main()) == []


class FailingCommit:
    """Stands for a connection whose COMMIT reports an I/O error, once: before it was done, or after."""

    def __init__(self, connection: sqlite3.Connection, *, done: bool) -> None:
        self._connection = connection
        self._done = done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, statement: str, *rest: Any) -> Any:
        if statement != "COMMIT":
            return self._connection.execute(statement, *rest)
        if self._done:
            self._connection.execute(statement)
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
        raise error


@pytest.mark.parametrize("done", [True, False])
def test_t29_after_an_error_of_commit_the_answer_is_what_the_database_holds(
    done: bool,
    open_log: Any,
    decision: Any,
) -> None:
    log = open_log()
    chosen = [new_id() for _ in range(3)]
    log._store._connection = FailingCommit(log._store._connection, done=done)

    async def main() -> list[Any]:
        appends = (log.append("route.decision", decision(), id=one) for one in chosen)
        return await asyncio.gather(*appends, return_exceptions=True)

    results = asyncio.run(main())
    log.close()
    stored = {body["id"] for body in bodies(log.place)}
    for one, result in zip(chosen, results, strict=True):
        assert (one in stored) == isinstance(result, Receipt)
        assert isinstance(result, Receipt) or result.reason == "io"
    assert all(isinstance(result, Receipt) for result in results) == done
    assert verify(log.place).ok


def test_a_reader_holding_a_snapshot_keeps_doubtful_records_unacknowledged(open_log: Any, decision: Any) -> None:
    log = open_log(deadline_s=1.0)
    with closing(sqlite3.connect(log.place, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM record").fetchone()
        log._store._connection = FailingCommit(log._store._connection, done=True)
        assert refused(log, decision(), 3.0) in ("io", "deadline")
        reader.execute("ROLLBACK")
    until_ready(log)
    log.append_sync("route.decision", decision())
    log.close()
    assert verify(log.place).ok


@pytest.mark.parametrize("done", [True, False])
def test_what_a_failed_commit_left_in_doubt_is_told_late_if_it_is_there(
    done: bool, open_log: Any, decision: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PROBE_S", 0.05)
    log = open_log(deadline_s=1.0)

    async def main() -> list[Receipt]:
        told: list[Receipt] = []
        with closing(sqlite3.connect(log.place, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM record").fetchone()
            log._store._connection = FailingCommit(log._store._connection, done=done)
            with pytest.raises(AuditUnavailable):
                await log.append("route.decision", decision(), late=told.append)
            reader.execute("ROLLBACK")
        await asyncio.to_thread(until_ready, log)
        await asyncio.sleep(0.1)
        return told

    told = asyncio.run(main())
    log.close()
    assert [receipt.id for receipt in told] == [body["id"] for body in bodies(log.place) if body["kind"] == DECISION]
    assert len(told) == done
    assert verify(log.place).ok


def test_fingerprints_come_with_the_log(open_log: Any) -> None:
    log = open_log()
    made = log.fingerprinter.fingerprint("sales", "body", "body", b"value")
    log.close()
    assert open_log().fingerprinter.fingerprint("sales", "body", "body", b"value") == made


def test_after_close_one_file_holds_the_whole_log(open_log: Any, decision: Any) -> None:
    log = open_log()
    receipt = log.append_sync("route.decision", decision())
    assert log.committed(receipt.id) is not None
    log.close()
    assert not log.place.with_name(log.place.name + "-wal").exists()
