"""Buckets that several servers share: as exact as one server's, by the database's clock."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.place import Postgres
from audit.stores.roles import READER, WRITER
from proxy.limits.bucket import MINUTE_US, Draw, take
from proxy.limits.counters import Counters
from proxy.state.buckets import InDatabase
from proxy.state.database import Database

CHILD = Path(__file__).with_name("child_hammering.py")
PER_MINUTE, PROCESSES, LANES, SECONDS = 600, 4, 3, 1.5
TAKE = "SELECT ringfence_state.take(%s, %s::bigint[], false)"
BUCKETS = "SELECT name, full_at FROM ringfence_state.bucket"


def test_four_processes_together_get_what_there_is_and_not_one_more(database: Postgres) -> None:
    command = [sys.executable, str(CHILD), database.url, str(PER_MINUTE), str(LANES), str(SECONDS)]
    children = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    began = time.monotonic()
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    said = [child.communicate(timeout=60)[0] for child in children]
    took = time.monotonic() - began
    got = [int(text) for text in said]
    assert sum(got) <= PER_MINUTE + took * PER_MINUTE / 60
    assert sum(got) >= PER_MINUTE, "the bucket was asked until it was empty"


def test_what_one_bucket_refuses_is_taken_from_none(database: Postgres) -> None:
    async def main(counters: Counters) -> None:
        assert (await counters.take([Draw("team", 1, 1)]))[0]
        done, (key, team) = await counters.take([Draw("key", 10, 1), Draw("team", 1, 1)])
        assert (done, key.left, team.left) == (False, 10, 0)
        await counters.settle([Draw("team", 1, -1)])
        assert (await counters.take([Draw("key", 10, 1), Draw("team", 1, 1)]))[0]
        await counters.settle([Draw("key", 10, 20)])
        _, (key,) = await counters.take([Draw("key", 10, 0)])
        assert key.wait_us(Draw("key", 10, 10)) > MINUTE_US, "a debt is waited for"

    with_counters(database, main)


def test_a_server_that_logs_in_as_a_writer_may_count_and_an_auditor_may_not(database: Postgres) -> None:
    draws = (["team"], [Draw("team", 2, 1).cost_us])
    with psycopg.connect(database.url, autocommit=True) as owner:
        owner.execute(f"SET ROLE {WRITER}")
        owner.execute(TAKE, draws)
        owner.execute(f"SET ROLE {READER}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute(TAKE, draws)


steps = st.lists(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 30)), min_size=1, max_size=3, unique_by=lambda one: one[0]
    ),
    max_size=8,
)


def test_the_database_does_what_the_rule_says(database: Postgres) -> None:
    with psycopg.connect(database.url, autocommit=True) as owner:

        @settings(max_examples=40, deadline=None)
        @given(steps)
        def follow(asked: list[list[tuple[str, int]]]) -> None:
            owner.execute("DELETE FROM ringfence_state.bucket")
            full_at: dict[str, int] = {}
            for wanted in asked:
                draws = [Draw(name, 20, amount) for name, amount in wanted]
                names, costs = [draw.name for draw in draws], [draw.cost_us for draw in draws]
                now, *before = owner.execute(TAKE, (names, costs)).fetchall()[0][0]
                assert before == [max(full_at.get(name, 0), now) for name in names]
                full_at |= zip(names, take(draws, before, now)[1], strict=True)
                kept = dict(owner.execute(BUCKETS).fetchall())
                assert [max(kept[name], now) for name in names] == [full_at[name] for name in names]

        follow()


def with_counters(place: Postgres, work: Callable[[Counters], Awaitable[None]]) -> None:
    """Run something on buckets in a database."""

    async def main() -> None:
        opened = await asyncio.to_thread(Database.open, place, 10.0)
        try:
            await work(InDatabase(opened))
        finally:
            await asyncio.to_thread(opened.close)

    asyncio.run(main())
