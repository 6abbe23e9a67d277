"""What servers spent adds up exactly, whatever is written twice, late or by many at once."""

import asyncio
from typing import Any

from audit.place import Place, Postgres
from proxy.state.spending import LOG, MOST, ROWS, Account, Spending, Spent

ANN = Account("support", "chatbot", "ak_1", "us")
BOB = Account("sales", "crm", "ak_2", "us")
MARCH = "2026-03"


def test_a_server_reads_what_all_others_spent(place: Place, opened: Any) -> None:
    async def main() -> None:
        async with opened(place) as database:
            one, two, three = (Spending(database, name) for name in ("one", "two", "three"))
            await one.put(MARCH, {ANN: Spent(1, 0, 5), BOB: Spent(1, 1, 0)})
            await two.put(MARCH, {ANN: Spent(2, 0, 7)})
            await two.put("2026-04", {ANN: Spent(9, 0, 9)})
            assert await three.others(MARCH) == {ANN: Spent(3, 0, 12), BOB: Spent(1, 1, 0)}
            assert await one.others(MARCH) == {ANN: Spent(2, 0, 7)}
            assert await one.others("2026-05") == {}

    asyncio.run(main())


def test_a_total_that_is_written_again_or_late_counts_once(place: Place, opened: Any) -> None:
    async def main() -> None:
        async with opened(place) as database:
            one, reader = Spending(database, "one"), Spending(database, "reader")
            for spent in (Spent(1, 0, 5), Spent(1, 0, 5), Spent(3, 1, 15), Spent(2, 1, 10)):
                await one.put(MARCH, {ANN: spent})
            assert await reader.others(MARCH) == {ANN: Spent(3, 1, 15)}

    asyncio.run(main())


def test_many_accounts_are_written_in_several_statements(place: Place, opened: Any) -> None:
    many = {ANN._replace(key=f"ak_{number}"): Spent(1, 0, number) for number in range(2 * ROWS + 1)}

    async def main() -> None:
        async with opened(place) as database:
            await Spending(database, "one").put(MARCH, many)
            assert await Spending(database, "two").others(MARCH) == many

    asyncio.run(main())


def test_a_correction_can_be_made_smaller_again_and_no_total_overflows(place: Place, opened: Any) -> None:
    async def main() -> None:
        async with opened(place) as database:
            log, reader = Spending(database, LOG), Spending(database, "reader")
            await log.put(MARCH, {ANN: Spent(5, 0, 10**30)})
            assert await reader.others(MARCH) == {ANN: Spent(5, 0, MOST)}
            await log.put(MARCH, {ANN: Spent(0, 0, 0)})
            assert await reader.others(MARCH) == {ANN: Spent()}

    asyncio.run(main())


def test_old_months_are_forgotten(place: Place, opened: Any) -> None:
    async def main() -> None:
        async with opened(place) as database:
            one, two = Spending(database, "one"), Spending(database, "two")
            await one.put("2025-02", {ANN: Spent(1, 0, 5)})
            await one.put(MARCH, {ANN: Spent(1, 0, 5)})
            await two.forget(MARCH)
            assert (await two.others("2025-02"), await two.others(MARCH)) == ({}, {ANN: Spent(1, 0, 5)})

    asyncio.run(main())


def test_replicas_that_write_at_once_lose_nothing(database: Postgres, opened: Any) -> None:
    async def spend(name: str) -> None:
        async with opened(database) as own:
            server = Spending(own, name)
            for number in range(1, 26):
                await server.put(MARCH, {ANN: Spent(number, 0, number)})

    async def main() -> None:
        await asyncio.gather(*(spend(f"server-{number}") for number in range(4)))
        async with opened(database) as reader:
            assert await Spending(reader, "reader").others(MARCH) == {ANN: Spent(100, 0, 100)}

    asyncio.run(main())
