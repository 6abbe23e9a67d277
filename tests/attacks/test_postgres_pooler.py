"""Writers of one log on PostgreSQL that share connections, by transaction, through a real pgbouncer."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from harness import eventually
from pooler import CONNECTIONS, Pooler, pooling, program
from replicas import EACH, append, assert_each_wrote_all, assert_whole, finished, replicas, until_ready_again

from audit.place import Postgres
from proxy.identity import LOOK_S, KeyStore, Role, new_key

WRITERS = 2 * CONNECTIONS


@pytest.fixture
def pooler(database: Postgres) -> Iterator[Pooler]:
    if program() is None:
        pytest.skip("writers through a pooler need pgbouncer")
    with pooling(database) as made:
        yield made


def test_t22_six_processes_through_a_pooler_write_one_chain_without_a_fork(
    pooler: Pooler, database: Postgres, tmp_path: Path
) -> None:
    acks = finished(replicas(pooler.place, tmp_path, [EACH] * WRITERS))
    assert_each_wrote_all(database, acks, WRITERS)
    assert assert_whole(pooler.place).grade == "self-consistent", "a verifier reads through it as well"


def test_t22_control_what_a_session_was_told_is_not_there_in_its_next_transaction(pooler: Pooler) -> None:
    """One client's setting reaches another: the pooler does share sessions, and nobody could rely on one."""
    with closing(psycopg.connect(pooler.place.url, autocommit=True)) as one:
        one.execute("SET lock_timeout = '777ms'")
        with closing(psycopg.connect(pooler.place.url, autocommit=True)) as other:
            assert other.execute("SHOW lock_timeout").fetchone() == ("777ms",)


def test_t29_a_pooler_that_dies_between_writers_and_server_takes_no_acknowledged_record_with_it(
    pooler: Pooler, database: Postgres, open_shared: Any
) -> None:
    logs = [open_shared(name, place=pooler.place) for name in ("home", "second")]
    made = [append(log) for log in logs]
    pooler.kill()
    pooler.start()
    for log in logs:
        until_ready_again(log)
        made.append(append(log))
    assert_whole(database, *made)


def test_servers_behind_a_pooler_share_api_keys_and_wait_for_each_other(pooler: Pooler) -> None:
    with closing(KeyStore(pooler.place, 10)) as one, closing(KeyStore(pooler.place, 10)) as other:
        other.watch()
        made = [new_key("crm", "sales", Role.APP, None) for _ in range(20)]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda at: (one, other)[at % 2].add(made[at][1]), range(20)))
        eventually(lambda: all(other.authenticate(secret) for secret, _ in made), LOOK_S + 2)
        one.revoke(made[0][1].id)
        eventually(lambda: other.authenticate(made[0][0]) is None, LOOK_S + 2)
