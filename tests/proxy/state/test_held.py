"""State can be asked for only where it lives, by the team that made it, for as long as it is there."""

import asyncio
import hashlib
import itertools
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.place import Place, Postgres
from proxy.errors import RequestRefused
from proxy.state.database import Database, StateUnavailable
from proxy.state.held import Held, HeldStates, _ref

CHILD = Path(__file__).parent / "child_remembering.py"
HOME = Held("onprem", "local", "a" * 64)
ELSEWHERE = [Held("cloud-us", "local", "a" * 64), Held("onprem", "vendor", "a" * 64), Held("onprem", "local", "b" * 64)]
AMBIGUOUS = "409 state_ambiguous"
KINDS = ("response", "item", "conversation", "file", "batch")


async def found(states: HeldStates, team: str, kind: Any, name: str) -> Held | str | None:
    try:
        return await states.find(team, kind, name)
    except RequestRefused as error:
        return f"{error.status} {error.code}"


def test_what_was_remembered_is_found_by_its_team_under_its_kind_and_nowhere_else(place: Place, opened: Any) -> None:
    async def run() -> None:
        async with opened(place) as database:
            states = HeldStates(database)
            await states.remember("sales", "response", ["resp_1", "resp_2", "resp_1"], HOME)
            await states.remember("sales", "response", [], HOME)
            assert await states.find("sales", "response", "resp_1") == HOME
            assert await states.find("sales", "response", "resp_2") == HOME
            for team, kind, name in (
                ("support", "response", "resp_1"),
                ("sales", "conversation", "resp_1"),
                ("sales", "response", "resp_3"),
                ("sales", "response", ""),
            ):
                assert await states.find(team, kind, name) is None

    asyncio.run(run())


def test_many_are_found_at_once_each_under_its_own_kind(place: Place, opened: Any) -> None:
    async def run() -> None:
        async with opened(place) as database:
            states = HeldStates(database)
            await states.remember("sales", "response", ["resp_1", "both"], HOME)
            await states.remember("sales", "item", [f"msg_{number}" for number in range(2000)], ELSEWHERE[0])
            await states.remember("sales", "response", ["both"], ELSEWHERE[1])
            asked: Any = [("response", "resp_1"), ("item", "resp_1"), ("response", "both"), ("response", "unknown")]
            asked += [("item", f"msg_{number}") for number in range(2000)]
            found = await states.find_all("sales", asked)
            assert found.pop(("response", "resp_1")) == HOME
            assert found.pop(("response", "both")) is None
            assert set(found.values()) == {ELSEWHERE[0]}
            assert len(found) == 2000
            assert await states.find_all("support", asked) == {}
            assert await states.find_all("sales", []) == {}

    asyncio.run(run())


@pytest.mark.parametrize("other", ELSEWHERE, ids=["zone", "upstream", "address"])
def test_an_id_that_two_places_gave_can_never_be_used_again(place: Place, opened: Any, other: Held) -> None:
    async def run() -> None:
        async with opened(place) as database:
            states = HeldStates(database)
            await states.remember("sales", "item", ["msg_1", "msg_2"], HOME)
            await states.remember("sales", "item", ["msg_1"], HOME)
            assert await states.find("sales", "item", "msg_1") == HOME, "the control: once more is no contradiction"
            await states.remember("sales", "item", ["msg_0", "msg_1"], other)
            assert await found(states, "sales", "item", "msg_1") == AMBIGUOUS
            await states.remember("sales", "item", ["msg_1"], HOME)
            await states.forget("sales", "item", "msg_1")
            await states.remember("sales", "item", ["msg_1"], HOME)
            assert await found(states, "sales", "item", "msg_1") == AMBIGUOUS
            assert await found(states, "sales", "item", "msg_0") == other
            assert await found(states, "sales", "item", "msg_2") == HOME
            assert await found(states, "support", "item", "msg_1") is None

    asyncio.run(run())


def test_what_was_forgotten_is_unknown_and_may_live_elsewhere_from_then_on(place: Place, opened: Any) -> None:
    async def run() -> None:
        async with opened(place) as database:
            states = HeldStates(database)
            await states.remember("sales", "file", ["file-1"], HOME)
            await states.forget("support", "file", "file-1")
            await states.forget("sales", "batch", "file-1")
            assert await states.find("sales", "file", "file-1") == HOME
            await states.forget("sales", "file", "file-1")
            assert await states.find("sales", "file", "file-1") is None
            await states.remember("sales", "file", ["file-1"], ELSEWHERE[0])
            assert await states.find("sales", "file", "file-1") == ELSEWHERE[0]

    asyncio.run(run())


def test_fifty_who_remember_at_once_all_do(place: Place, opened: Any) -> None:
    async def run() -> None:
        async with opened(place) as database:
            states = HeldStates(database)
            shared = [f"msg_{number}" for number in range(20)]
            ways = [shared, shared[::-1]]
            await asyncio.gather(
                *(states.remember("sales", "item", [f"own_{n}", *ways[n % 2]], HOME) for n in range(50))
            )
            assert [await states.find("sales", "item", f"own_{n}") for n in range(50)] == [HOME] * 50
            assert [await states.find("sales", "item", name) for name in shared] == [HOME] * 20

    asyncio.run(run())


def test_two_places_that_are_named_at_the_same_time_contradict_each_other_as_well(place: Place, opened: Any) -> None:
    async def run() -> None:
        async with opened(place) as database:
            states = HeldStates(database)
            claims = [HOME, ELSEWHERE[0], HOME, HOME]
            first = [states.remember("sales", "item", ["msg_0"], HOME)]  # the others come while this is written
            await asyncio.gather(*first, *(states.remember("sales", "item", ["msg_1"], claim) for claim in claims))
            await asyncio.gather(*(states.remember("sales", "item", ["msg_2"], HOME) for _ in claims))
            assert await found(states, "sales", "item", "msg_1") == AMBIGUOUS
            assert await found(states, "sales", "item", "msg_2") == HOME

    asyncio.run(run())


def test_who_waits_for_a_statement_that_fails_is_refused_and_the_next_is_tried_again(
    tmp_path: Path, opened: Any
) -> None:
    async def run() -> None:
        async with opened(tmp_path / "shared.db", deadline_s=0.3) as database:
            states = HeldStates(database)
            with closing(sqlite3.connect(tmp_path / "shared.db", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                doing = [states.remember("sales", "item", [f"msg_{n}"], HOME) for n in range(20)]
                said = await asyncio.gather(*doing, return_exceptions=True)
            assert {type(one) for one in said} == {StateUnavailable}
            await states.remember("sales", "item", ["msg_1"], HOME)
            assert await states.find("sales", "item", "msg_1") == HOME

    asyncio.run(run())


def test_whoever_leaves_while_he_writes_for_others_leaves_them_what_they_wait_for(place: Place, opened: Any) -> None:
    async def run() -> None:
        async with opened(place) as database:
            states = HeldStates(database)
            for turn in range(5):
                names = [f"msg_{turn}_{n}" for n in range(4)]
                doing = [asyncio.create_task(states.remember("sales", "item", [name], HOME)) for name in names]
                for _ in range(turn):
                    await asyncio.sleep(0)
                doing[0].cancel()
                doing[2].cancel()
                await asyncio.gather(*doing, return_exceptions=True)
                assert await states.find("sales", "item", names[1]) == HOME
                assert await states.find("sales", "item", names[3]) == HOME

    asyncio.run(run())


def test_any_number_of_ids_is_remembered_at_once(place: Place, opened: Any) -> None:
    async def run() -> None:
        async with opened(place) as database:
            states = HeldStates(database)
            await states.remember("sales", "item", (f"msg_{number}" for number in range(20_000)), HOME)
            assert (
                await states.find("sales", "item", "msg_0") == await states.find("sales", "item", "msg_19999") == HOME
            )

    asyncio.run(run())


def text(place: Place) -> str:
    return place.url if isinstance(place, Postgres) else str(place)


def child(place: Place, upstream: str, count: int) -> "subprocess.Popen[str]":
    command = [sys.executable, str(CHILD), text(place), upstream, str(count)]
    made = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert made.stdout is not None
    assert made.stdout.readline() == "ready\n"
    return made


def begin(children: Sequence["subprocess.Popen[str]"]) -> None:
    for each in children:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()


def test_what_a_killed_server_acknowledged_is_known_to_the_next_one(place: Place, opened: Any) -> None:
    killed = child(place, "local", 1_000_000)
    begin([killed])
    assert killed.stdout is not None
    said = [killed.stdout.readline() for _ in range(30)]
    killed.kill()
    said += killed.stdout.readlines()  # by the same reader, which may have taken more than the thirty already
    killed.communicate(timeout=30)
    acknowledged = [line.strip() for line in said if line.endswith("\n")]

    async def run() -> None:
        for _ in range(2):
            async with opened(place) as database:
                states = HeldStates(database)
                some = [acknowledged[0], acknowledged[29], acknowledged[-1]]
                assert [await states.find("sales", "response", f"resp_{n}") for n in some] == [HOME] * 3
                assert await states.find("sales", "response", f"resp_{len(acknowledged) + 1}") is None

    asyncio.run(run())


def test_two_servers_of_one_database_know_the_same_and_never_agree_on_a_contradiction(
    database: Postgres, opened: Any
) -> None:
    children = [child(database, "local", 40), child(database, "other", 20)]
    begin(children)
    assert [each.communicate(timeout=60)[0].count("\n") for each in children] == [40, 20]

    async def run() -> None:
        async with opened(database) as first, opened(database) as second:
            one, two = HeldStates(first), HeldStates(second)
            for states in (one, two):
                assert [await found(states, "sales", "response", f"resp_{n}") for n in range(20)] == [AMBIGUOUS] * 20
                assert [await states.find("sales", "response", f"resp_{n}") for n in range(20, 40)] == [HOME] * 20
            await one.remember("sales", "conversation", ["conv_1"], HOME)
            assert await two.find("sales", "conversation", "conv_1") == HOME
            await two.forget("sales", "conversation", "conv_1")
            assert await one.find("sales", "conversation", "conv_1") is None

    asyncio.run(run())


def test_the_database_holds_neither_ids_nor_names_of_teams(place: Place, opened: Any) -> None:
    async def run() -> None:
        async with opened(place) as database:
            await HeldStates(database).remember("team-with-a-name", "response", ["resp_0123456789"], HOME)

    asyncio.run(run())
    if isinstance(place, Postgres):
        with psycopg.connect(place.url) as reader:
            kept = str(reader.execute("SELECT * FROM ringfence_state.held").fetchall())
    else:
        reader = sqlite3.connect(place)
        kept = str(reader.execute("SELECT * FROM held").fetchall())
        reader.close()
    assert "onprem" in kept, "the control: the search finds what is there"
    assert "resp_" not in kept
    assert "team-with" not in kept


texts = st.text(st.characters(), max_size=6)  # halves of surrogate pairs, too: JSON can hold them
triples = st.tuples(texts, texts, texts)


@given(triples, triples)
def test_different_things_have_different_digests(one: Any, other: Any) -> None:
    assert (_ref(*one) == _ref(*other)) == (one == other)


@given(st.text(st.sampled_from("ab\0"), max_size=6))
def test_where_one_part_ends_and_the_next_begins_is_in_the_digest(whole: str) -> None:
    cuts: dict[str, tuple[str, ...]] = {}
    for left, right in itertools.combinations_with_replacement(range(len(whole) + 1), 2):
        parts: Any = whole[:left], whole[left:right], whole[right:]
        assert cuts.setdefault(_ref(*parts), parts) == parts


def test_the_digest_is_the_documented_one() -> None:
    parts = b"".join(struct.pack(">Q", len(part)) + part for part in (b"sales", b"response", b"resp_\xc3\xa9"))
    assert _ref("sales", "response", "resp_é") == hashlib.sha256(b"ringfence held 1" + parts).hexdigest()


places = st.sampled_from([HOME, *ELSEWHERE])
names = st.sampled_from(["resp_1", "resp_2", "é", "\udc80", "'; DROP TABLE held", ""])
kinds = st.sampled_from(KINDS[:2])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("remember"), st.integers(0, 1), kinds, st.lists(names, max_size=4), places),
        st.tuples(st.just("forget"), st.integers(0, 1), kinds, names),
    ),
    max_size=8,
)


def expected(done: list[Any]) -> dict[tuple[Any, ...], Held | str]:
    """What must be found after some steps, said once more in the plainest way."""
    known: dict[tuple[Any, ...], Held | str] = {}
    for step in done:
        if step[0] == "remember":
            for name in step[3]:
                key = (*step[1:3], name)
                known[key] = step[4] if known.get(key, step[4]) == step[4] else AMBIGUOUS
        elif known.get(step[1:]) != AMBIGUOUS:
            known.pop(step[1:], None)
    return known


def test_whatever_is_done_in_whatever_order_no_id_changes_its_place(place: Place) -> None:
    runs = itertools.count()
    with asyncio.Runner() as runner:
        database = Database.open(place, 10.0)
        states = HeldStates(database)

        async def compare(done: list[Any]) -> None:
            teams = [f"t{next(runs)}", f"t{next(runs)}"]
            for what, team, kind, name, *held in done:
                if what == "remember":
                    await states.remember(teams[team], kind, name, held[0])
                else:
                    await states.forget(teams[team], kind, name)
            known = expected(done)
            for team, kind, name in {*known, (0, "item", "resp_1"), (1, "response", "resp_2")}:
                assert await found(states, teams[team], kind, name) == known.get((team, kind, name))

        @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
        @given(steps)
        def check(done: list[Any]) -> None:
            runner.run(compare(done))

        try:
            check()
        finally:
            database.close()
