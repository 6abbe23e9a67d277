"""Attacks on a log in PostgreSQL: races, wrong isolation, hanging and lost connections, restored backups."""

import asyncio
import secrets
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import psycopg
import pytest
from cutter import How, cutting
from databases import ORIGIN, Cluster, new_database
from harness import eventually
from properties.effort import ASKED
from replicas import (
    EACH,
    LANES,
    NOTE,
    acknowledged,
    append,
    assert_each_wrote_all,
    assert_whole,
    finished,
    replicas,
    until_ready,
    until_ready_again,
    verify,
)

from audit import writer
from audit.errors import AuditMismatch, AuditUnavailable
from audit.log import AuditLog, Receipt
from audit.place import Postgres
from audit.seen import Seen
from audit.sources.postgres import PostgresSource
from audit.stores import postgres, store_postgres
from audit.stores.migrate import migrate_postgres
from audit.verification.verifier import Report

WRITERS = 6
TIMES = 3 if ASKED else 2
"""How often a commit is lost in a way, the server crashes, or is asked while it hangs."""


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a writer look for its database, give up a connection and renew its lease sooner: tests would wait for it."""
    monkeypatch.setattr(writer, "PROBE_S", 0.05)
    monkeypatch.setattr(store_postgres, "MARGIN_S", 0.3)
    monkeypatch.setattr(store_postgres.PostgresStore, "lease_s", 1.0)


def test_t22_six_processes_that_begin_at_once_write_one_chain_without_a_fork(
    database: Postgres, tmp_path: Path
) -> None:
    acks = finished(replicas(database, tmp_path, [EACH] * WRITERS))
    assert_each_wrote_all(database, acks, WRITERS)


@pytest.mark.parametrize("after", [1, 60])
def test_t24_a_process_that_is_killed_takes_nothing_with_it_that_it_acknowledged(
    after: int, database: Postgres, tmp_path: Path
) -> None:
    killed, other = replicas(database, tmp_path, [100_000, EACH])
    assert killed.stdout is not None
    said = "".join(killed.stdout.readline() for _ in range(after))
    killed.kill()
    rest = killed.stdout.read()  # by the same reader, which may have taken more lines already
    killed.communicate(timeout=30)
    others, _ = other.communicate(timeout=240)
    assert other.returncode == 0, "a writer that died holds nobody up"
    acks = [*acknowledged(said + rest), *acknowledged(others)]
    assert len(acks) >= after + 2 * (EACH // LANES * LANES)
    assert_whole(database, *acks)


def test_t24_a_writer_that_vanished_with_the_head_in_its_hands_makes_no_other_refuse(
    database: Postgres, open_shared: Any
) -> None:
    log = open_shared(deadline_s=2.0)
    made = [append(log)]
    with closing(postgres.connect(database, 30.0)) as gone:
        postgres.begin(gone, 2.0, store_postgres.LOCK_HEAD)
        made.append(append(log))
    assert_whole(database, *made)


@pytest.fixture
def forced(database: Postgres) -> Postgres:
    """Return a database in which every transaction is REPEATABLE READ unless it says otherwise."""
    name = urlsplit(database.url).path.strip("/")
    with psycopg.connect(database.url, autocommit=True) as owner:
        owner.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'")
    return database


def race(logs: list[AuditLog], count: int) -> tuple[list[Receipt], list[str]]:
    """Append from all logs at once; return what was acknowledged, and why the rest was not."""
    made: list[Receipt] = []
    refused: list[str] = []

    def write(log: AuditLog) -> None:
        for _ in range(count):
            try:
                made.append(append(log))
            except AuditUnavailable as error:
                refused.append(error.reason)

    with ThreadPoolExecutor(len(logs)) as pool:
        list(pool.map(write, logs))
    return made, refused


def test_t23_a_database_that_prefers_repeatable_read_is_written_in_read_committed(
    forced: Postgres, open_shared: Any
) -> None:
    logs = [open_shared(name, deadline_s=20.0) for name in ("home", "second", "third")]
    made, refused = race(logs, 20)
    assert (len(made), refused) == (60, [])
    assert_whole(forced, *made)


def test_t23_repeatable_read_that_cannot_be_overridden_is_refused_at_start_and_while_running(
    database: Postgres, open_shared: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_shared()
    monkeypatch.setattr(postgres, "BEGIN", postgres.BEGIN.replace("READ COMMITTED", "REPEATABLE READ"))
    with pytest.raises(AuditUnavailable, match="unsafe"):
        append(log)
    with pytest.raises(AuditMismatch, match="transaction_isolation is repeatable read, not read committed"):
        open_shared("second")
    assert verify(database).ok


def test_t23_even_a_writer_that_does_not_look_commits_no_fork(
    database: Postgres, open_shared: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = [open_shared(name, deadline_s=20.0) for name in ("home", "second", "third")]
    monkeypatch.setattr(postgres, "BEGIN", postgres.BEGIN.replace("READ COMMITTED", "REPEATABLE READ"))
    monkeypatch.setattr(postgres, "unsafe", lambda _: None)
    made, refused = race(logs, 20)
    assert refused, "the head was changed by another transaction after the snapshot"
    monkeypatch.undo()
    for log in logs:
        until_ready(log)
    assert_whole(database, *made)


def test_t23_control_a_lock_under_repeatable_read_without_the_unique_parent_does_fork(database: Postgres) -> None:
    with psycopg.connect(database.url, autocommit=True) as owner:
        owner.execute("CREATE TABLE chain (id serial PRIMARY KEY, parent int)")

    def write(_: int) -> None:
        with psycopg.connect(database.url, autocommit=True) as connection:
            for _ in range(40):
                connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
                connection.execute("SELECT pg_advisory_xact_lock(1)")
                connection.execute("INSERT INTO chain (parent) SELECT max(id) FROM chain")
                connection.execute("COMMIT")

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    with psycopg.connect(database.url, autocommit=True) as owner:
        shared = "SELECT count(*) - count(DISTINCT parent) FROM chain WHERE parent IS NOT NULL"
        found = owner.execute(shared).fetchone()
    assert found is not None
    assert found[0] > 0


@pytest.fixture(scope="module")
def running_cluster() -> Iterator[Cluster]:
    if not Cluster.possible():
        pytest.skip("a server that may be stopped needs PostgreSQL's initdb, and a user that is not root")
    with Cluster.running() as made:
        yield made


@pytest.fixture
def cluster(running_cluster: Cluster) -> Cluster:
    """Return a server that may be stopped, started anew as a primary without options of the test before."""
    running_cluster.stop("immediate")
    running_cluster.stand_by(on=False)
    running_cluster.start()
    return running_cluster


@pytest.mark.parametrize("what", ["the whole server", "the process that serves the writer"])
def test_t28_a_server_that_hangs_refuses_within_the_deadline_and_the_writer_goes_on_when_it_is_back(
    what: str, cluster: Cluster, tmp_path: Path
) -> None:
    with new_database(cluster.url) as place:
        migrate_postgres(place)
        whole = what == "the whole server"
        deadline_s = 1.0 if whole else 2.0
        log = AuditLog.open(place, keys=tmp_path / "keys", origin=ORIGIN, deadline_s=deadline_s)
        made = [append(log)]
        own = log._store._connection.info.backend_pid
        with cluster.frozen(*([] if whole else [own])) as resume:
            for _ in range(TIMES if whole else 1):
                began = time.monotonic()
                with pytest.raises(AuditUnavailable):
                    append(log)
                assert time.monotonic() - began < deadline_s + 1.5
            if whole:
                eventually(lambda: log.not_ready() is not None, 5)
                resume()
            until_ready(log)
            made.append(append(log))
        made.append(append(log))
        log.close()
        assert_whole(place, *made)


def crash(cluster: Cluster, place: Postgres, keys: Path) -> tuple[list[Receipt], Report]:
    """Let the server crash right after some records were acknowledged; return them, and what is left."""
    log = AuditLog.open(place, keys=keys, origin=ORIGIN, deadline_s=5.0)
    made = [append(log) for _ in range(20)]
    cluster.stop("immediate")
    cluster.start("wal_writer_delay=10s")
    report = verify(place, *made)
    log.close()
    return made, report


def test_t26_what_was_acknowledged_survives_a_crash_of_the_server(cluster: Cluster, tmp_path: Path) -> None:
    with new_database(cluster.url) as place:
        migrate_postgres(place)
        for _ in range(TIMES):
            made, report = crash(cluster, place, tmp_path / "keys")
            assert report.findings == ()
            assert report.receipts == len(made)


def test_t26_control_with_the_setting_that_is_refused_acknowledged_records_are_lost(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.stop("fast")
    cluster.start("wal_writer_delay=10s", "synchronous_commit=off")
    with new_database(cluster.url) as place:
        migrate_postgres(place)
        with pytest.raises(AuditMismatch, match="synchronous_commit is off"):
            AuditLog.open(place, keys=tmp_path / "keys", origin=ORIGIN, deadline_s=5.0)
        monkeypatch.setattr(postgres, "unsafe", lambda _: None)
        _, report = crash(cluster, place, tmp_path / "keys")
        assert "TRUNCATED" in {finding.code for finding in report.findings}


def test_t27_a_server_that_can_only_be_read_refuses_by_that_name_until_it_can_be_written(
    cluster: Cluster, tmp_path: Path
) -> None:
    with new_database(cluster.url) as place:
        migrate_postgres(place)
        log = AuditLog.open(place, keys=tmp_path / "keys", origin=ORIGIN, deadline_s=2.0)
        made = [append(log)]
        for standby in (True, False):
            cluster.stop("fast")
            cluster.stand_by(on=standby)
            cluster.start()
            if standby:
                eventually(lambda: "read_only" in (log.not_ready() or ""), 20)  # though nobody writes
                with pytest.raises(AuditUnavailable, match="read_only"):
                    append(log)
        until_ready(log)
        made.append(append(log))
        log.close()
        assert_whole(place, *made)


def acknowledged_until_refused(log: AuditLog) -> list[Receipt]:
    """Append until the log refuses: servers take up a changed setting one process after another."""
    made = []
    with suppress(AuditUnavailable):
        for _ in range(10_000):
            made.append(append(log))  # noqa: PERF401 - those before the refusal count
        pytest.fail("each is acknowledged")
    return made


def wait_for_standby(cluster: Cluster, name: str) -> None:
    with psycopg.connect(cluster.url, autocommit=True) as owner:
        owner.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
        owner.execute("SELECT pg_reload_conf()")


def test_a_record_that_no_standby_has_is_not_acknowledged_however_long_the_commit_waits(
    cluster: Cluster, tmp_path: Path
) -> None:
    with new_database(cluster.url) as place:
        migrate_postgres(place)
        log = AuditLog.open(place, keys=tmp_path / "keys", origin=ORIGIN, deadline_s=2.0)
        made = [append(log)]
        wait_for_standby(cluster, "one_that_is_away")
        made += acknowledged_until_refused(log)
        wait_for_standby(cluster, "")
        until_ready(log)
        made.append(append(log))
        log.close()
        assert_whole(place, *made)


@pytest.mark.parametrize("how", get_args(How))
def test_t29_a_connection_lost_in_commit_leaves_exactly_what_was_answered(
    how: How, database: Postgres, tmp_path: Path
) -> None:
    with cutting(database) as cutter:
        log = AuditLog.open(cutter.place, keys=tmp_path / "keys", origin=ORIGIN, deadline_s=1.5)
        made = [append(log)]
        for _ in range(TIMES):
            size = made[-1].seq + 1
            cutter.armed = how
            with suppress(AuditUnavailable):
                made.append(append(log))
            until_ready(log)
            after = append(log)
            assert after.seq - size in (0, 1), "the lost one is there once, or not at all"
            made.append(after)
        assert cutter.cuts == TIMES
        log.close()
    assert_whole(database, *made)
    with closing(PostgresSource(database)) as source:
        lost = [row.columns[1] for row in source.rows(None, 1000)].count("access.denied") - len(made)
    if how == "before":
        assert (len(made), lost) == (1 + TIMES, 0), "refused, and not there"
    if how == "after":
        assert (len(made), lost) == (1 + 2 * TIMES, 0), "acknowledged, and there"
    if how == "silent":
        assert (len(made), lost) == (1 + TIMES, TIMES), "there, but the deadline had passed"


@pytest.mark.parametrize("together", [1, 12])
@pytest.mark.parametrize("how", ["before", "at once"])
def test_t25_a_connection_lost_at_any_message_costs_no_acknowledged_record(
    how: How, together: int, database: Postgres, tmp_path: Path
) -> None:
    async def batch(log: AuditLog) -> list[Receipt]:
        tasks = [log.append("access.denied", NOTE) for _ in range(together)]
        return [one for one in await asyncio.gather(*tasks, return_exceptions=True) if isinstance(one, Receipt)]

    with cutting(database) as cutter:
        log = AuditLog.open(cutter.place, keys=tmp_path / "keys", origin=ORIGIN, deadline_s=3.0)
        made: list[Receipt] = []
        for number in range(1, 12):
            cutter.countdown, cutter.armed = number, how
            made += asyncio.run(batch(log))
            cutter.armed, cutter.countdown = None, 0
            until_ready(log)
            made += asyncio.run(batch(log))
        log.close()
    assert cutter.cuts >= 2, "the lock is a message of its own, and so is what is written with COMMIT behind it"
    assert_whole(database, *made)


def move_aside(server: str, place: Postgres, change: str) -> None:
    """Change a whole database while nobody may enter it."""
    name = urlsplit(place.url).path.strip("/")
    with psycopg.connect(server, autocommit=True) as owner:
        owner.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        owner.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", (name,))
        for statement in change.format(name=name).split(";"):
            owner.execute(statement)
        owner.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


def test_t14_a_database_restored_from_an_older_copy_under_a_running_writer_is_not_built_upon(
    postgres_server: str, database: Postgres, open_shared: Any, tmp_path: Path
) -> None:
    log = open_shared(deadline_s=2.0)
    append(log)
    copy = f"ringfence_test_{secrets.token_hex(6)}"
    move_aside(postgres_server, database, f"CREATE DATABASE {copy} TEMPLATE {{name}}")
    until_ready_again(log)
    kept = append(log)
    move_aside(postgres_server, database, f"DROP DATABASE {{name}}; ALTER DATABASE {copy} RENAME TO {{name}}")
    end = time.monotonic() + 20
    while "behind" not in (log.not_ready() or ""):
        with suppress(AuditUnavailable):
            append(log)
        assert time.monotonic() < end, log.not_ready()
    for _ in range(2):
        with pytest.raises(AuditUnavailable, match="behind"):
            append(log)
    report = verify(database, kept)
    assert [finding.code for finding in report.findings] == ["TRUNCATED"]
    eventually(lambda: (seen := Seen(tmp_path / "home").load()) and seen.size == kept.seq + 1)
    log.close()
    with pytest.raises(AuditMismatch, match="STORE_BEHIND"):
        open_shared(deadline_s=2.0)


def test_two_homes_with_keys_of_their_own_cannot_begin_one_log(database: Postgres, tmp_path: Path) -> None:
    homes = [tmp_path / name for name in ("a", "b", "c")]
    gate = threading.Barrier(len(homes))

    def begin(home: Path) -> AuditLog | str:
        gate.wait()
        try:
            return AuditLog.open(database, keys=home / "keys", origin=ORIGIN, deadline_s=10.0)
        except AuditMismatch as error:
            return str(error)

    with ThreadPoolExecutor(len(homes)) as pool:
        results = list(pool.map(begin, homes))
    won = [result for result in results if isinstance(result, AuditLog)]
    lost = [result for result in results if isinstance(result, str)]
    assert len(won) == 1
    assert all("signing key" in why or "its keys" in why for why in lost)
    won[0].close()
    assert assert_whole(database).size == 3
