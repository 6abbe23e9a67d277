"""Several writers on one database: no fork, truth after a lost connection, and no way to change what was written."""

import asyncio
import json
import time
from contextlib import closing
from typing import Any

import psycopg
import pytest

from audit import writer
from audit.access import Filters, Records
from audit.errors import AuditUnavailable
from audit.log import AuditLog, Receipt, new_id
from audit.place import Postgres
from audit.records.chain import link
from audit.stores import postgres, store_postgres
from audit.stores.store_postgres import LEASE_S, PostgresStore

DECISION = "route.decision"


def rows(place: Postgres, query: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(place.url, autocommit=True) as connection:
        return connection.execute(query, values, binary=True).fetchall()


def bodies(place: Postgres) -> list[dict[str, Any]]:
    return [json.loads(body) for (body,) in rows(place, "SELECT body FROM ringfence_audit.record ORDER BY seq")]


def assert_whole(place: Postgres) -> None:
    """One chain without gap or fork up to the head, and every writer counts without gap."""
    log_id, size, end = rows(place, "SELECT log_id, size, hash FROM ringfence_audit.head")[0]
    before = None
    counts: dict[str, int] = {}
    found = rows(place, "SELECT seq, prev, bh, link, body FROM ringfence_audit.record ORDER BY seq")
    for expected, (seq, prev, bh, linked, body) in enumerate(found):
        assert seq == expected
        assert before in (None, prev)
        assert link(log_id, seq, prev, bh) == linked
        before = linked
        w = json.loads(body)["w"]
        assert w["n"] == counts.get(w["epoch"], 0)
        counts[w["epoch"]] = w["n"] + 1
    assert (size, end) == (len(found), before)


def refused(log: AuditLog, body: dict[str, Any], limit_s: float) -> str:
    began = time.monotonic()
    with pytest.raises(AuditUnavailable) as caught:
        asyncio.run(log.append(DECISION, body))
    assert time.monotonic() - began < limit_s
    return caught.value.reason


def until_ready(log: AuditLog, limit_s: float = 15.0) -> None:
    end = time.monotonic() + limit_s
    while log.not_ready() is not None:
        assert time.monotonic() < end, log.not_ready()
        time.sleep(0.02)


def test_a_record_is_durable_and_readable_when_append_returns(open_shared: Any, decision: Any) -> None:
    log = open_shared()
    receipt = log.append_sync(DECISION, decision())
    body = log.committed(receipt.id)
    assert (body["id"], body["decision"], body["w"]["n"]) == (receipt.id, "pin", receipt.seq)
    assert log.committed(new_id()) is None
    log.close()
    assert [body["kind"] for body in bodies(log.place)] == ["genesis", "writer.start", DECISION, "writer.stop"]
    assert_whole(log.place)


@pytest.mark.parametrize("count", [1, 2, 300])
def test_batches_of_every_size_are_written_with_their_columns_and_labels(
    count: int, open_shared: Any, decision: Any
) -> None:
    log = open_shared(deadline_s=20.0)

    async def many() -> list[Receipt]:
        return await asyncio.gather(*(log.append(DECISION, decision()) for _ in range(count)))

    receipts = asyncio.run(many())
    assert sorted(receipt.seq for receipt in receipts) == list(range(2, 2 + count))
    assert_whole(log.place)
    found = Records(log.place).page(Filters(class_="pii", rule="baseline/keep-home", team="sales"), limit=1000)
    assert {(one.id, one.seq, one.link) for one in found.records} == {(a.id, a.seq, a.link) for a in receipts}


def test_replicas_share_one_chain_and_count_for_themselves(open_shared: Any, decision: Any, outcome: Any) -> None:
    logs = [open_shared(name, deadline_s=20.0) for name in ("home", "second", "third")]

    async def write(log: AuditLog) -> None:
        for _ in range(20):
            decided = await log.append(DECISION, decision())
            await log.append("route.outcome", outcome(decided.id))

    async def main() -> None:
        await asyncio.gather(*(write(log) for log in logs for _ in range(4)))

    asyncio.run(main())
    for log in logs:
        log.close()
    assert_whole(logs[0].place)
    kinds = [body["kind"] for body in bodies(logs[0].place)]
    assert (kinds.count("genesis"), kinds.count("writer.start"), kinds.count(DECISION)) == (1, 3, 240)


def test_repeating_a_record_under_its_id_gives_the_first_receipt_from_any_replica(
    open_shared: Any, decision: Any
) -> None:
    first, second = open_shared(), open_shared("second")
    chosen = new_id()
    receipt = first.append_sync(DECISION, decision(), id=chosen)
    assert second.append_sync(DECISION, decision(), id=chosen) == receipt
    assert_whole(first.place)


def test_a_text_is_archived_once_under_its_digest(open_shared: Any) -> None:
    sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    for log in (open_shared(), open_shared("second")):
        log.store_bundle(sha256, b"test")
    assert rows(log.place, "SELECT sha256, text FROM ringfence_audit.bundle_text") == [(sha256, b"test")]
    assert Records(log.place).text(sha256) == b"test"


def test_a_held_head_refuses_in_time_and_recovers(open_shared: Any, decision: Any) -> None:
    log = open_shared(deadline_s=0.5)
    with psycopg.connect(log.place.url) as other:
        other.execute("SELECT * FROM ringfence_audit.head FOR UPDATE")
        assert refused(log, decision(), 3.0) == "locked"
        other.rollback()
    until_ready(log)
    log.append_sync(DECISION, decision())
    log.close()
    assert_whole(log.place)


def test_a_connection_that_the_server_ended_while_it_was_idle_costs_no_record(open_shared: Any, decision: Any) -> None:
    log = open_shared(deadline_s=3.0)
    for _ in range(3):
        receipt = log.append_sync(DECISION, decision())
        assert log.committed(receipt.id) is not None
        for connection in (log._store._connection, log._committed._lookup._connection):
            rows(log.place, "SELECT pg_terminate_backend(%s, 5000)", connection.info.backend_pid)
    log.close()
    assert_whole(log.place)


class Cut:
    """Stands for a connection that is lost at COMMIT: after the server got it, or before."""

    def __init__(self, connection: Any, *, done: bool) -> None:
        self.__dict__["_connection"] = connection
        self.__dict__["_done"] = done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._connection, name, value)

    def execute(self, statement: str, *rest: Any, **more: Any) -> Any:
        if statement != "COMMIT":
            return self._connection.execute(statement, *rest, **more)
        if self._done:
            with self._connection.pipeline():  # whose end waits for the answer
                self._connection.execute(statement)
        self._connection.close()
        raise psycopg.OperationalError


class Failed(Cut):
    """Stands for a transaction that the server has given up: it answers COMMIT with ROLLBACK, and no error."""

    def execute(self, statement: str, *rest: Any, **more: Any) -> Any:
        return self._connection.execute("ROLLBACK" if statement == "COMMIT" else statement, *rest, **more)


def test_a_commit_that_became_a_rollback_is_not_acknowledged(open_shared: Any, decision: Any) -> None:
    log = open_shared()
    log._store._connection = Failed(log._store._connection, done=False)
    assert refused(log, decision(), 4.0) == "io"
    log._store._drop()
    until_ready(log)
    log.close()
    assert DECISION not in {body["kind"] for body in bodies(log.place)}
    assert_whole(log.place)


@pytest.mark.parametrize("done", [True, False])
def test_after_a_connection_lost_in_commit_the_answer_is_what_the_database_holds(
    done: bool, open_shared: Any, decision: Any, outcome: Any
) -> None:
    log = open_shared()
    chosen = [new_id() for _ in range(3)]
    log._store._connection = Cut(log._store._connection, done=done)

    async def main() -> list[Any]:
        return await asyncio.gather(
            *(log.append(DECISION, decision(), id=one) for one in chosen), return_exceptions=True
        )

    results = asyncio.run(main())
    after = log.append_sync(DECISION, decision())
    log.append_sync("route.outcome", outcome(after.id))
    log.close()
    stored = {body["id"] for body in bodies(log.place)}
    for one, result in zip(chosen, results, strict=True):
        assert (one in stored) == isinstance(result, Receipt)
        assert isinstance(result, Receipt) or result.reason == "io"
    assert isinstance(results[0], Receipt) == done
    assert_whole(log.place)


@pytest.mark.parametrize("done", [True, False])
def test_what_stays_in_doubt_is_told_late_if_it_is_there(
    done: bool, open_shared: Any, decision: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PROBE_S", 0.05)
    log = open_shared(deadline_s=1.0)

    async def main() -> list[Receipt]:
        told: list[Receipt] = []
        with psycopg.connect(log.place.url) as other:
            log._store._connection = Cut(log._store._connection, done=done)
            connect = store_postgres.connect

            def hold(*values: Any, **more: Any) -> Any:
                """Another writer is at work when the lost batch is asked for."""
                monkeypatch.setattr(store_postgres, "connect", connect)
                other.execute("SELECT * FROM ringfence_audit.head FOR UPDATE")
                return connect(*values, **more)

            monkeypatch.setattr(store_postgres, "connect", hold)
            with pytest.raises(AuditUnavailable):
                await log.append(DECISION, decision(), late=told.append)
            await asyncio.sleep(1.0)
            assert told == []
            assert log.not_ready() is not None
            other.rollback()
        await asyncio.to_thread(until_ready, log)
        await asyncio.sleep(0.2)
        return told

    told = asyncio.run(main())
    log.append_sync(DECISION, decision())
    log.close()
    stored = [body["id"] for body in bodies(log.place) if body["kind"] == DECISION]
    assert [receipt.id for receipt in told] == stored[:-1]
    assert len(told) == done
    assert_whole(log.place)


def put_back(place: Postgres, receipt: Receipt) -> None:
    """Do what a restore from an older backup does: everything behind a record is gone."""
    with psycopg.connect(place.url) as owner:
        for table in ("record", "record_label", "head"):
            owner.execute(f"ALTER TABLE ringfence_audit.{table} DISABLE TRIGGER USER")
        owner.execute("DELETE FROM ringfence_audit.record WHERE seq > %s", (receipt.seq,))
        owner.execute("DELETE FROM ringfence_audit.record_label WHERE seq > %s", (receipt.seq,))
        change = "UPDATE ringfence_audit.head SET size = %s, hash = %b"
        owner.execute(change, (receipt.seq + 1, bytes.fromhex(receipt.link)))
        for table in ("record", "record_label", "head"):
            owner.execute(f"ALTER TABLE ringfence_audit.{table} ENABLE TRIGGER USER")


def test_a_store_put_back_to_an_earlier_state_is_not_built_upon(open_shared: Any, decision: Any) -> None:
    other, log = open_shared(), open_shared("second")
    earlier = log.append_sync(DECISION, decision())
    late = open_shared("third")
    log.append_sync(DECISION, decision())
    put_back(log.place, earlier)
    assert refused(log, decision(), 4.0) == "behind"
    assert refused(log, decision(), 4.0) == "behind"
    for _ in range(3):
        other.append_sync(DECISION, decision())  # what this replica saw last is still there
    assert refused(late, decision(), 4.0) == "behind", "the head has grown past what it saw, along another way"


@pytest.mark.parametrize(("before", "after"), [(1, 0), (0, 1)], ids=["went back", "restored"])
def test_a_log_of_another_generation_is_not_built_upon(
    open_shared: Any, decision: Any, before: int, after: int
) -> None:
    move = "UPDATE ringfence_audit.head SET generation = %s"
    with psycopg.connect(open_shared().place.url, autocommit=True) as owner:
        owner.execute("ALTER TABLE ringfence_audit.head DISABLE TRIGGER only_grows")
        owner.execute(move, (before,))
        log = open_shared("other")
        log.append_sync(DECISION, decision())
        owner.execute(move, (after,))
    assert refused(log, decision(), 4.0) == "behind"


def test_a_head_that_does_not_move_takes_no_record(open_shared: Any, decision: Any) -> None:
    log = open_shared()
    with psycopg.connect(log.place.url, autocommit=True) as owner:
        owner.execute("CREATE FUNCTION stuck() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
        owner.execute(
            "CREATE TRIGGER stuck BEFORE UPDATE ON ringfence_audit.head FOR EACH ROW EXECUTE FUNCTION stuck()"
        )
        assert refused(log, decision(), 4.0) == "corrupt"
        owner.execute("DROP TRIGGER stuck ON ringfence_audit.head")
    until_ready(log)
    assert_whole(log.place)


def test_a_second_record_behind_the_same_one_is_refused_by_the_database(
    open_shared: Any, decision: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, other = open_shared(), open_shared("second")
    lock = PostgresStore._lock
    stale = log._store.head()
    other.append_sync(DECISION, decision())
    tries = 0

    def blind(store: PostgresStore, connection: Any, new_head: Any) -> Any:
        nonlocal tries
        tries += 1
        found = lock(store, connection, new_head)
        return (stale, 0) if tries == 1 else found

    monkeypatch.setattr(PostgresStore, "_lock", blind)
    receipt = log.append_sync(DECISION, decision())
    assert (log._store.forks_prevented, tries) == (1, 2)
    assert receipt.seq == other.append_sync(DECISION, decision()).seq - 1
    monkeypatch.setattr(PostgresStore, "_lock", lambda *_: (stale, 0))
    assert refused(log, decision(), 4.0) == "fork_prevented"
    monkeypatch.setattr(PostgresStore, "_lock", lock)
    until_ready(log)
    assert_whole(log.place)


def test_what_a_dead_writer_left_open_is_closed_by_another_when_its_lease_has_lapsed(
    open_shared: Any, decision: Any, outcome: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PostgresStore, "lease_s", 0.1)
    dead, alive = open_shared(), open_shared("second")
    done = dead.append_sync(DECISION, decision())
    dead.append_sync("route.outcome", outcome(done.id))
    lost = dead.append_sync(DECISION, decision())
    working = alive.append_sync(DECISION, decision())
    monkeypatch.setattr(dead._store, "open_attempts", list)  # it says nothing any more
    time.sleep(0.5)
    assert not any(body.get("status") == "unknown_after_crash" for body in bodies(alive.place))
    change = "UPDATE ringfence_audit.writer_lease SET seen = clock_timestamp() - interval '1 hour' WHERE epoch = %s"
    with psycopg.connect(alive.place.url) as owner:
        owner.execute(change, (dead._self.epoch,))
    end = time.monotonic() + 10
    while not any(body.get("status") == "unknown_after_crash" for body in bodies(alive.place)):
        assert time.monotonic() < end
        time.sleep(0.05)
    closed = [body["dec"] for body in bodies(alive.place) if body.get("status") == "unknown_after_crash"]
    assert closed == [lost.id], f"{working.id} is still under way, {done.id} was closed by its writer"
    assert_whole(alive.place)


def test_a_lease_says_where_open_attempts_begin(open_shared: Any, decision: Any, outcome: Any) -> None:
    log = open_shared()
    first, second = (log.append_sync(DECISION, decision()) for _ in range(2))

    def since() -> int:
        log._store.open_attempts()
        return int(rows(log.place, "SELECT since FROM ringfence_audit.writer_lease")[0][0])

    assert since() == first.seq
    log.append_sync("route.outcome", outcome(first.id))
    assert since() == second.seq
    last = log.append_sync("route.outcome", outcome(second.id))
    assert since() == last.seq + 1
    log.close()
    assert rows(log.place, "SELECT * FROM ringfence_audit.writer_lease") == []


def test_a_writer_that_was_cut_off_itself_takes_no_other_for_dead(open_shared: Any, decision: Any) -> None:
    log, other = open_shared(), open_shared("second")
    log.append_sync(DECISION, decision())
    with psycopg.connect(log.place.url) as owner:
        owner.execute("UPDATE ringfence_audit.writer_lease SET seen = clock_timestamp() - interval '1 hour'")
    other._store._renewed -= LEASE_S
    assert other._store.open_attempts() == [], "the database was away for both"
    assert len(other._store.open_attempts()) == 1, "one that lives would have renewed its lease by now"


def test_a_writer_that_ends_gives_its_lease_back_at_once(open_shared: Any, decision: Any) -> None:
    log = open_shared()
    lost = log.append_sync(DECISION, decision())
    log.close()
    again = open_shared()
    again.close()
    closed = [body["dec"] for body in bodies(log.place) if body.get("status") == "unknown_after_crash"]
    assert closed == [lost.id]


UNSAFE = [
    ("synchronous_commit", "off"),
    ("synchronous_commit", "local"),
]


@pytest.mark.parametrize(("name", "value"), UNSAFE)
def test_a_setting_that_loses_records_stops_a_running_writer(
    name: str, value: str, open_shared: Any, decision: Any
) -> None:
    log = open_shared()
    log._store._connection.execute(f"SET {name} = {value}")
    assert refused(log, decision(), 4.0) == "unsafe"
    until_ready(log)
    log.append_sync(DECISION, decision())


def test_a_server_that_does_not_answer_is_given_up(database: Postgres) -> None:
    with closing(postgres.connect(database, 5.0)) as connection:
        connection.due = time.monotonic() + 0.3
        began = time.monotonic()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT pg_sleep(20)")
        assert time.monotonic() - began < 5.0
