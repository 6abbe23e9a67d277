"""The memory of requests that carry a key: each is worked on once, whoever asks, and whatever became of the first."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from audit.place import Place, Postgres
from audit.records.fingerprint import Fingerprinter
from proxy.errors import RequestRefused
from proxy.identity import Caller, Role
from proxy.state import idempotency
from proxy.state.database import Database, StateUnavailable
from proxy.state.idempotency import Claim, Idempotency
from proxy.state.sealing import Kept

CALLER = Caller("ak_0123456789abcdef", "app", "team", Role.APP)
KEY, BODY = "0b9e3c5e-7c1b-4a57-9a39-6f6a2f5f1f0d", b'{"prompt":"Martina Keller"}'
ANSWER = Kept(200, (("content-type", "application/json"),), b'{"answer":"Martina Keller"}')
Open = Callable[[Place], AbstractAsyncContextManager[Database]]


def remembering(database: Database) -> Idempotency:
    return Idempotency(database, Fingerprinter(bytes(range(32))))


async def begin(store: Idempotency, caller: Caller = CALLER, key: str = KEY, body: bytes = BODY) -> Claim | Kept | str:
    """Begin, and say a refusal in its code."""
    try:
        return await store.begin(caller, key, "chat", body)
    except RequestRefused as refused:
        return f"{refused.status} {refused.code}"


async def claimed(store: Idempotency, key: str = KEY) -> Claim:
    claim = await begin(store, key=key)
    assert isinstance(claim, Claim)
    return claim


def check(place: Place, opened: Open, work: Callable[[Database], Awaitable[None]]) -> None:
    """Run something on a database."""

    async def main() -> None:
        async with opened(place) as database:
            await work(database)

    asyncio.run(main())


async def change(database: Database, **values: Any) -> None:
    """Change every row, as time or an accident would."""
    await database.execute(idempotency._row.update().values(**values))


def test_a_request_is_claimed_once_and_its_answer_comes_back_from_any_server(place: Place, opened: Open) -> None:
    async def work(database: Database) -> None:
        one, other = remembering(database), remembering(database)
        claim = await claimed(one)
        assert await begin(other) == "409 idempotency_in_progress"
        await one.keep(claim, ANSWER)
        assert await begin(one) == await begin(other) == ANSWER

    check(place, opened, work)


def test_of_fifty_at_once_one_goes_on(place: Place, opened: Open) -> None:
    async def work(database: Database) -> None:
        stores = [remembering(database), remembering(database)]
        came = await asyncio.gather(*(begin(stores[number % 2]) for number in range(50)))
        assert sum(isinstance(one, Claim) for one in came) == 1
        assert came.count("409 idempotency_in_progress") == 49

    check(place, opened, work)


def test_another_request_under_the_key_is_refused_whatever_became_of_the_first(place: Place, opened: Open) -> None:
    async def work(database: Database) -> None:
        store = remembering(database)
        claim = await claimed(store)
        assert await begin(store, body=b"{}") == "422 idempotency_mismatch"
        await store.keep(claim, ANSWER)
        assert await begin(store, body=b"{}") == "422 idempotency_mismatch"

    check(place, opened, work)


def test_a_key_says_nothing_to_another_team_or_another_api_key(place: Place, opened: Open) -> None:
    async def work(database: Database) -> None:
        store = remembering(database)
        await store.keep(await claimed(store), ANSWER)
        for other in (replace(CALLER, team="others"), replace(CALLER, key_id="ak_fedcba9876543210")):
            assert isinstance(await begin(store, other, body=b"{}"), Claim)

    check(place, opened, work)


def test_where_nothing_was_sent_the_key_is_free_again_and_where_nobody_knows_it_is_not(
    place: Place, opened: Open
) -> None:
    async def work(database: Database) -> None:
        store = remembering(database)
        await store.free(await claimed(store))
        await store.doubt(await claimed(store))
        assert await begin(store) == "409 idempotency_unknown"
        assert not store._open

    check(place, opened, work)


def test_an_answer_that_is_too_large_is_not_sent_for_again(place: Place, opened: Open) -> None:
    async def work(database: Database) -> None:
        store = remembering(database)
        await store.keep(await claimed(store), None)
        assert await begin(store) == "409 idempotency_not_kept"

    check(place, opened, work)


def test_a_server_that_speaks_keeps_its_claim_and_one_that_does_not_leaves_an_unknown(
    place: Place, opened: Open
) -> None:
    async def work(database: Database) -> None:
        store = remembering(database)
        claim = await claimed(store)
        await change(database, lease=0)
        assert await begin(store) == "409 idempotency_unknown"
        await store.speak()
        assert await begin(store) == "409 idempotency_in_progress"
        await change(database, lease=0)
        await store.keep(claim, ANSWER)
        assert await begin(store) == ANSWER, "it was alive after all"
        await store.speak()

    check(place, opened, work)


def test_the_only_server_of_a_file_knows_at_its_start_that_nobody_works_on_what_is_open(
    place: Place, opened: Open
) -> None:
    async def work(database: Database) -> None:
        await claimed(remembering(database))
        kept = remembering(database)
        await kept.keep(await claimed(kept, "another key"), ANSWER)
        await remembering(database).start()
        shared = isinstance(place, Postgres)
        assert await begin(kept) == ("409 idempotency_in_progress" if shared else "409 idempotency_unknown")
        assert await begin(kept, key="another key") == ANSWER

    check(place, opened, work)


def test_after_a_day_a_key_is_new(place: Place, opened: Open) -> None:
    async def work(database: Database) -> None:
        store = remembering(database)
        await store.keep(await claimed(store), ANSWER)
        await change(database, expires=1)
        await store.keep(await claimed(store), None)
        assert await begin(store) == "409 idempotency_not_kept"
        await change(database, expires=1)
        await store.sweep()
        assert await rows(database) == []

    check(place, opened, work)


def test_who_claimed_it_a_day_ago_cannot_end_what_another_has_begun(place: Place, opened: Open) -> None:
    async def work(database: Database) -> None:
        store = remembering(database)
        late = await claimed(store)
        await change(database, expires=1)
        await claimed(store)
        for end in (store.doubt, store.free):
            await end(late)
            assert await begin(store) == "409 idempotency_in_progress"

    check(place, opened, work)


def test_a_team_can_fill_its_own_share_and_no_other(
    place: Place, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "MAX_KEYS", 3)
    monkeypatch.setattr(idempotency, "MAX_TEAM_BYTES", 150)

    async def work(database: Database) -> None:
        store = remembering(database)
        for key in ("a", "b"):
            await store.keep(await claimed(store, key), ANSWER)
        await store.sweep()
        await store.keep(await claimed(store, "c"), ANSWER)
        assert await begin(store, key="c") == "409 idempotency_not_kept", "the answers are more than 150 bytes"
        await store.sweep()
        assert await begin(store, key="d") == "429 idempotency_full"
        assert await begin(store, key="a") == ANSWER
        assert isinstance(await begin(store, replace(CALLER, team="others"), "d"), Claim)

    check(place, opened, work)


def test_nothing_that_is_kept_can_be_read_without_the_key(place: Place, opened: Open) -> None:
    async def work(database: Database) -> None:
        store = remembering(database)
        claim = await claimed(store)
        await store.keep(claim, ANSWER)
        kept = repr(await rows(database))
        assert claim.seal.name in kept, "this is what is kept"
        assert not any(word in kept for word in ("Martina", "Keller", KEY, "team", "ak_", "json"))

    check(place, opened, work)


def test_an_answer_that_was_changed_is_no_answer(place: Place, opened: Open) -> None:
    async def work(database: Database) -> None:
        store = remembering(database)
        await store.keep(await claimed(store), ANSWER)
        await change(database, answer=bytes(64))
        assert await begin(store) == "409 idempotency_unknown"

    check(place, opened, work)


def test_a_claim_of_which_nobody_heard_is_taken_back(place: Place, opened: Open) -> None:
    async def work(database: Database) -> None:
        store = remembering(database)
        execute = database.execute

        async def deaf(*told: object) -> object:
            await execute(*told)  # type: ignore[arg-type]
            raise StateUnavailable("deadline")

        database.execute = deaf  # type: ignore[method-assign, assignment]
        with pytest.raises(StateUnavailable):
            await begin(store)
        database.execute = execute  # type: ignore[method-assign]
        assert await begin(store) == "409 idempotency_in_progress"
        await store.speak()
        assert isinstance(await begin(store), Claim)

    check(place, opened, work)


async def rows(database: Database) -> list[object]:
    return list(await database.execute(select(idempotency._row)))


def test_an_outage_however_long_leaves_only_so_many_claims_to_take_back(place: Place, opened: Open) -> None:
    """More than one statement can name would keep this server from ever speaking of what it works on again."""

    async def work(database: Database) -> None:
        store, execute = remembering(database), database.execute

        async def away(*_: object) -> object:
            raise StateUnavailable("unreachable")

        claim = await claimed(store)
        store._lapsed |= {f"{number:032x}" for number in range(idempotency.MAX_LAPSED)}
        database.execute = away  # type: ignore[method-assign, assignment]
        for key in ("a", "b"):
            with pytest.raises(StateUnavailable):
                await begin(store, key=key)
        database.execute = execute  # type: ignore[method-assign]
        assert len(store._lapsed) == idempotency.MAX_LAPSED
        await change(database, lease=0)
        assert await begin(store) == "409 idempotency_unknown", "the outage was longer than the lease"
        await store.speak()
        assert await begin(store) == "409 idempotency_in_progress"
        assert not store._lapsed
        await store.free(claim)

    check(place, opened, work)
