"""What callers can rely on: an answer or StateUnavailable within the deadline, whatever becomes of the database."""

import asyncio
import logging
import shutil
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any, get_args

import psycopg
import pytest
from cutter import How, cutting
from databases import Cluster
from harness import StandIn
from inside import inside
from pooler import Pooler, pooling, program
from sqlalchemy import select, text

from audit.errors import REASONS, Reason
from audit.place import Place, Postgres, place_of
from audit.stores.migrate import migrate_postgres as migrate_log
from proxy.errors import ConfigurationError, RingfenceError
from proxy.settings import Settings
from proxy.state.database import Database, StateUnavailable, state_place
from proxy.state.engines import CONNECTIONS
from proxy.state.held import Held, HeldStates
from proxy.state.schema import metadata

HOME = Held("onprem", "local", "a" * 64)


async def refused(doing: Any) -> Reason:
    with pytest.raises(StateUnavailable) as caught:
        await doing
    assert (caught.value.status, caught.value.code) == (503, "state_unavailable")
    return caught.value.reason


async def works(database: Database) -> None:
    states = HeldStates(database)
    await states.remember("sales", "response", ["resp_1"], HOME)
    assert await states.find("sales", "response", "resp_1") == HOME


async def until_it_works(database: Database) -> None:
    """Try as callers do, again and again."""
    for _ in range(200):
        try:
            return await works(database)
        except StateUnavailable:
            await asyncio.sleep(0.05)
    return await works(database)


def test_a_statement_gives_its_rows_if_it_has_any(place: Place, opened: Any) -> None:
    async def run() -> None:
        async with opened(place) as database:
            assert [tuple(row) for row in await database.execute(select(text(":n AS n")), {"n": 7})] == [(7,)]
            assert await database.execute(metadata.tables["held"].delete()) == ()

    asyncio.run(run())


def test_callers_wait_in_the_loop_and_the_loop_waits_for_nobody(place: Place, opened: Any) -> None:
    async def run() -> None:
        async with opened(place) as database:
            held = asyncio.gather(*(database._run(lambda _: begun.release() or gate.wait(20)) for _ in range(4)))
            await asyncio.to_thread(begun.acquire)
            late = asyncio.create_task(works(database))
            await asyncio.sleep(0)
            gate.set()
            assert await held == [True] * 4
            await late

    gate, begun = threading.Event(), threading.Semaphore(0)
    asyncio.run(run())


def test_many_callers_share_a_few_connections(database: Postgres, opened: Any) -> None:
    async def run() -> None:
        async with opened(database) as found:
            await asyncio.gather(*(works(found) for _ in range(40)))
            query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ringfence' AND datname = %s"
            with psycopg.connect(database.url) as reader:
                row = reader.execute(query, (reader.info.dbname,)).fetchone()
            assert row is not None
            assert 1 <= row[0] <= CONNECTIONS

    asyncio.run(run())


def test_who_waits_too_long_is_refused_and_leaves_nothing_behind(place: Place, opened: Any) -> None:
    async def run() -> None:
        async with opened(place, deadline_s=0.3) as database:
            hung = [asyncio.create_task(database._run(lambda _: gate.wait(20))) for _ in range(CONNECTIONS)]
            await asyncio.sleep(0)
            said = await asyncio.gather(*(refused(works(database)) for _ in range(20)), *map(refused, hung))
            assert set(said) == {"deadline"}
            gate.set()
            await until_it_works(database)

    gate = threading.Event()
    asyncio.run(run())


def test_a_caller_who_leaves_takes_no_thread_along(place: Place, opened: Any) -> None:
    async def run() -> None:
        async with opened(place) as database:
            for _ in range(3 * CONNECTIONS):
                leaving = asyncio.create_task(works(database))
                await asyncio.sleep(0)
                leaving.cancel()
                await asyncio.gather(leaving, return_exceptions=True)
            await works(database)

    asyncio.run(run())


def test_a_closed_database_refuses(place: Place, opened: Any) -> None:
    async def run() -> None:
        async with opened(place) as database:
            pass
        assert await refused(works(database)) == "closed"

    asyncio.run(run())


@pytest.mark.parametrize("reason", REASONS)
def test_an_error_says_its_reason_in_a_word_and_invites_a_retry(reason: Reason) -> None:
    error = StateUnavailable(reason)
    assert isinstance(error, RingfenceError)
    assert error.message == f"The proxy's own database cannot be used now ({reason})."
    assert error.headers() == {"retry-after": "1"}


def test_what_a_driver_says_reaches_nobody(place: Place, opened: Any, caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        async with opened(place) as database:
            doing = database.execute(text("SELECT 'a secret' FROM nowhere"))
            with pytest.raises(StateUnavailable) as caught:
                await doing
            assert "secret" not in f"{caught.value} {caught.value.body()}"
            assert caught.value.__suppress_context__

    caplog.set_level(logging.DEBUG)
    asyncio.run(run())
    assert "secret" not in caplog.text


# SQLite


def test_without_a_shared_log_the_state_is_a_file_in_the_home_and_with_one_it_is_beside_it(tmp_path: Path) -> None:
    def of(**given: Any) -> Place:
        return state_place(Settings.load({"home": tmp_path, **given}, environ={}))

    assert of() == of(audit_url=f"sqlite:///{tmp_path}/elsewhere.db") == tmp_path / "shared.db"
    assert of(audit_url="postgresql://db.example/logs") == place_of("postgresql://db.example/logs")


def test_while_another_program_writes_the_file_it_is_read_and_not_written(tmp_path: Path, opened: Any) -> None:
    async def run() -> None:
        async with opened(tmp_path / "shared.db", deadline_s=0.2) as database:
            await works(database)
            with closing(sqlite3.connect(tmp_path / "shared.db", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                assert await refused(HeldStates(database).remember("sales", "item", ["i"], HOME)) in {
                    "deadline",
                    "locked",
                }
                assert await HeldStates(database).find("sales", "response", "resp_1") == HOME
            await until_it_works(database)

    asyncio.run(run())


@pytest.mark.parametrize(("pragma", "reason"), [("max_page_count = 1", "full"), ("query_only = 1", "read_only")])
def test_a_file_that_cannot_be_written_is_so_by_that_name_until_it_can(
    tmp_path: Path, opened: Any, pragma: str, reason: Reason
) -> None:
    async def run() -> None:
        async with opened(tmp_path / "shared.db") as database:
            await works(database)
            await database.execute(text(f"PRAGMA {pragma}"))
            many = [f"msg_{number}" for number in range(500)]
            assert await refused(HeldStates(database).remember("sales", "item", many, HOME)) == reason
            assert await HeldStates(database).find("sales", "item", "msg_0") is None
            await works(database)

    asyncio.run(run())


def damage(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


@pytest.mark.parametrize(("at", "size"), [(0, 100), (4096, 4096)], ids=["its head", "a page"])
def test_a_damaged_file_is_not_opened_and_it_is_said_what_to_do(tmp_path: Path, at: int, size: int) -> None:
    path = tmp_path / "shared.db"
    Database.open(path, 5.0).close()
    damage(path, at, b"\xff" * size)
    with pytest.raises(ConfigurationError, match=r"is damaged\. Restore a copy of it, or move it away"):
        Database.open(path, 5.0)
    path.rename(tmp_path / "away")
    Database.open(path, 5.0).close()


def test_a_file_that_is_damaged_later_refuses_and_brings_nothing_else_down(tmp_path: Path, opened: Any) -> None:
    path = tmp_path / "shared.db"

    async def run() -> None:
        async with opened(path) as database:
            await works(database)
            await database.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
            damage(path, 4096, b"\xff" * 8 * 4096)
            await database.execute(text("PRAGMA shrink_memory"))
            states = HeldStates(database)
            assert {await refused(states.find("sales", "response", "resp_1")) for _ in range(2)} == {"corrupt"}

    asyncio.run(run())


def test_a_place_that_cannot_be_a_file_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "shared.db").mkdir()
    for path in (tmp_path / "shared.db", tmp_path / "missing" / "shared.db"):
        with pytest.raises(ConfigurationError, match=str(path)):
            Database.open(path, 5.0)


# PostgreSQL


def test_a_connection_that_was_ended_while_it_was_idle_is_not_noticed(database: Postgres, opened: Any) -> None:
    async def run() -> None:
        async with opened(database) as found:
            await asyncio.gather(*(works(found) for _ in range(20)))
            with psycopg.connect(database.url, autocommit=True) as owner:
                owner.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND pid <> pg_backend_pid()"
                )
            await asyncio.gather(*(works(found) for _ in range(20)))

    asyncio.run(run())


@pytest.mark.parametrize("how", get_args(How))
def test_a_connection_that_is_lost_in_mid_air_is_an_error_once(database: Postgres, opened: Any, how: How) -> None:
    async def run(place: Postgres, cutter: Any) -> None:
        async with opened(place, deadline_s=1.0) as found:
            await works(found)
            cutter.countdown, cutter.armed = 1, how
            assert await refused(works(found)) in {"io", "deadline"}
            await until_it_works(found)

    with cutting(database) as cutter:
        asyncio.run(run(cutter.place, cutter))


def test_a_server_that_hangs_is_waited_for_until_the_deadline_and_used_again_when_it_is_back(
    cluster: Cluster, mortal: Postgres, opened: Any
) -> None:
    async def run() -> None:
        async with opened(mortal, deadline_s=0.5) as found:
            await works(found)
            with cluster.frozen():
                began = time.monotonic()
                said = await asyncio.gather(*(refused(works(found)) for _ in range(3 * CONNECTIONS)))
                assert set(said) == {"deadline"}
                assert time.monotonic() - began < 5, "all wait at once"
            await until_it_works(found)

    asyncio.run(run())


def test_what_was_acknowledged_survives_a_crash_of_the_server(cluster: Cluster, mortal: Postgres, opened: Any) -> None:
    async def run() -> None:
        async with opened(mortal) as found:
            await HeldStates(found).remember("sales", "conversation", ["conv_1"], HOME)
            await asyncio.to_thread(cluster.stop, "immediate")
            assert await refused(works(found)) in {"unreachable", "io"}
            with pytest.raises(StateUnavailable, match="unreachable"):
                await asyncio.to_thread(Database.open, mortal, 1.0)
            await asyncio.to_thread(cluster.start)
            await until_it_works(found)
            assert await HeldStates(found).find("sales", "conversation", "conv_1") == HOME

    asyncio.run(run())


def test_a_standby_is_read_and_not_written(cluster: Cluster, mortal: Postgres, opened: Any) -> None:
    async def restarted(*, standby: bool) -> None:
        await asyncio.to_thread(cluster.stop, "fast")
        cluster.stand_by(on=standby)
        await asyncio.to_thread(cluster.start)

    async def run() -> None:
        async with opened(mortal) as found:
            await works(found)
            await restarted(standby=True)
            assert await refused(HeldStates(found).remember("sales", "item", ["i"], HOME)) == "read_only"
            assert await HeldStates(found).find("sales", "response", "resp_1") == HOME
            await restarted(standby=False)
            await until_it_works(found)

    asyncio.run(run())


def test_a_pooler_may_share_the_connections_out_by_transaction(database: Postgres, opened: Any) -> None:
    if program() is None:
        pytest.skip("needs pgbouncer")

    async def run(pooler: Pooler) -> None:
        async with opened(pooler.place) as one, opened(pooler.place) as two:
            await asyncio.gather(*(works(found) for found in (one, two) for _ in range(20)))
            await asyncio.to_thread(pooler.kill)
            assert await refused(works(one)) in {"unreachable", "io"}
            await asyncio.to_thread(pooler.start)
            await asyncio.gather(works(one), works(two))

    with pooling(database) as made:
        asyncio.run(run(made))


def test_a_url_that_cannot_be_read_is_refused_without_repeating_it() -> None:
    place = place_of("postgresql://jane:hunter2@db.example/logs?nonsense=1")
    with pytest.raises(ConfigurationError, match="cannot be read") as told:
        Database.open(place, 1.0)
    assert "hunter2" not in told.value.message
    assert "nonsense" not in told.value.message


# A server


def test_a_server_opens_the_state_when_it_starts_and_closes_it_when_it_ends(tmp_path: Path, own: StandIn) -> None:
    async def run() -> None:
        for _ in range(2):
            async with inside(tmp_path, own) as ring:
                await works(ring.runtime.state)
        assert await refused(works(ring.runtime.state)) == "closed"

    asyncio.run(run())
    assert (tmp_path / "shared.db").stat().st_mode & 0o777 == 0o600


def test_a_server_whose_state_is_damaged_does_not_start_and_lets_go_of_its_log(tmp_path: Path, own: StandIn) -> None:
    async def run() -> None:
        async with inside(tmp_path, own):
            pass

    asyncio.run(run())
    damage(tmp_path / "shared.db", 0, b"\xff" * 100)
    with pytest.raises(ConfigurationError, match="is damaged"):
        asyncio.run(run())
    (tmp_path / "shared.db").unlink()
    asyncio.run(run())


def test_a_server_refuses_a_log_beside_which_its_own_tables_are_missing(
    empty_database: Postgres, tmp_path: Path, own: StandIn
) -> None:
    migrate_log(empty_database)

    async def run() -> None:
        async with inside(tmp_path, own, audit_url=empty_database.url):
            pass

    with pytest.raises(ConfigurationError, match="create them with `ringfence audit migrate`"):
        asyncio.run(run())


def test_servers_of_one_log_share_the_state(database: Postgres, tmp_path: Path, own: StandIn) -> None:
    async def run() -> None:
        async with inside(tmp_path / "one", own, audit_url=database.url) as one:
            shutil.copytree(tmp_path / "one" / "keys", tmp_path / "two" / "keys")
            async with inside(tmp_path / "two", own, audit_url=database.url) as two:
                await HeldStates(one.runtime.state).remember("sales", "response", ["resp_1"], HOME)
                assert await HeldStates(two.runtime.state).find("sales", "response", "resp_1") == HOME

    asyncio.run(run())
    assert not (tmp_path / "one" / "shared.db").exists()
