"""Budgets are used up by what all servers spent, known late at most by what is said, and never guessed to be free."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from audit.errors import Reason
from proxy.costs.ledger import AWAY_S, Ledger
from proxy.costs.prices import Price, Prices
from proxy.policy.model import Budget, Identity, Who
from proxy.policy.modes import Pot
from proxy.state.database import StateUnavailable
from proxy.state.spending import LOG, Account, Spending, Spent

ANN, BOB = Identity("support", "chatbot", "ak_1"), Identity("sales", "crm", "ak_2")
NOW, LATER = datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC), datetime(2026, 4, 1, 0, 0, 1, tzinfo=UTC)
PRICES = Prices("USD", {"gpt*": {"us": Price(10**9, 10**9, 10**9)}})
"""A thousand billionths for each token."""
Open = Callable[[], Any]


def budget(monthly: int, per: Pot = "", who: Who | None = None) -> tuple[Budget, ...]:
    return (Budget("b", who or Who(), per, ("us",), monthly * 1000, "pin", "why"),)


def answer(tokens: int) -> dict[str, Any]:
    return {"status": "ok", "http": 200, "usage": {"in": tokens, "out": 0}}


def spend(ledger: Ledger, tokens: int, who: Identity = ANN, now: datetime = NOW) -> None:
    ledger.spent(who, "us", "gpt-4o", answer(tokens), PRICES, now)


async def begun(database: Any) -> Ledger:
    made = Ledger(database)
    await made.read(NOW)
    return made


def test_a_budget_is_used_up_at_once_by_what_this_server_spent(opened: Open) -> None:
    async def main() -> None:
        async with opened() as database:
            ledger, most = await begun(database), budget(100)
            spend(ledger, 99)
            assert ledger.exhausted(most, ANN, NOW) == frozenset()
            spend(ledger, 1, BOB)
            assert ledger.exhausted(most, ANN, NOW) == {"b"}
            assert ledger.exhausted((), ANN, NOW) == frozenset()

    asyncio.run(main())


def test_a_pot_for_each_team_leaves_the_others_theirs_and_others_than_the_budgets_draw_on_none(opened: Open) -> None:
    async def main() -> None:
        async with opened() as database:
            ledger = await begun(database)
            spend(ledger, 100)
            assert ledger.exhausted(budget(100, "team"), ANN, NOW) == {"b"}
            assert ledger.exhausted(budget(100, "team"), BOB, NOW) == frozenset()
            assert ledger.exhausted(budget(0, who=Who(teams=("support",))), BOB, NOW) == frozenset()
            assert ledger.exhausted(budget(0, who=Who(teams=("support",))), ANN, NOW) == {"b"}, "nothing may be spent"

    asyncio.run(main())


def test_a_changed_budget_counts_what_was_spent_before_it(opened: Open) -> None:
    async def main() -> None:
        async with opened() as database:
            ledger = await begun(database)
            spend(ledger, 60)
            assert [bool(ledger.exhausted(budget(most), ANN, NOW)) for most in (100, 60, 61)] == [False, True, False]

    asyncio.run(main())


def test_what_others_spent_counts_when_it_was_written_and_read(opened: Open) -> None:
    async def main() -> None:
        async with opened() as database:
            one, two, most = await begun(database), await begun(database), budget(100)
            spend(one, 70)
            spend(two, 30)
            assert two.exhausted(most, ANN, NOW) == frozenset(), "until then, it can be overrun"
            await one.write()
            await two.read(NOW)
            assert two.exhausted(most, ANN, NOW) == {"b"}
            await two.read(NOW)
            assert two.exhausted(budget(101), ANN, NOW) == frozenset(), "and is counted once"
            restarted = await begun(database)
            assert restarted.exhausted(budget(70), ANN, NOW) == {"b"}, "a server that was restarted knows it as well"

    asyncio.run(main())


def test_a_month_ends_and_every_budget_begins_anew(opened: Open) -> None:
    async def main() -> None:
        async with opened() as database:
            one, two, most = await begun(database), await begun(database), budget(100)
            spend(one, 100)
            await one.write()
            await two.read(NOW)
            assert two.exhausted(most, ANN, NOW) == {"b"}
            assert two.exhausted(most, ANN, LATER) == frozenset()
            spend(two, 100, now=LATER)
            assert two.exhausted(most, ANN, LATER) == {"b"}
            await two.read(LATER)
            assert two.exhausted(most, ANN, LATER) == {"b"}
            await two.read(NOW)
            assert two.exhausted(budget(101), ANN, LATER) == frozenset(), "what is read late of March is not April's"

    asyncio.run(main())


def test_a_clock_that_was_ahead_and_is_set_right_costs_nothing_of_what_is_known(opened: Open) -> None:
    async def main() -> None:
        async with opened() as database:
            clock = [0.0]
            ledger, other = Ledger(database, lambda: clock[0]), await begun(database)
            spend(other, 50, BOB)
            await other.write()
            await ledger.read(NOW)
            spend(ledger, 49)
            await ledger.write()
            assert ledger.exhausted(budget(100), ANN, LATER) == frozenset()
            spend(ledger, 7, now=LATER)
            await ledger.write()
            clock[0] = AWAY_S + 1
            await ledger.read(NOW)
            assert ledger.exhausted(budget(100), ANN, NOW) == frozenset(), "what others spent is known again"
            assert ledger.exhausted(budget(99), ANN, NOW) == {"b"}, "and what this server spent before"
            spend(ledger, 1)
            await ledger.write()
            await other.read(NOW)
            assert other.exhausted(budget(100), ANN, NOW) == {"b"}
            assert other.exhausted(budget(101), ANN, NOW) == frozenset()

    asyncio.run(main())


def test_what_is_not_known_for_long_counts_as_used_up(opened: Open) -> None:
    async def main() -> None:
        async with opened() as database:
            clock = [0.0]
            ledger = Ledger(database, lambda: clock[0])
            assert ledger.exhausted(budget(100), ANN, NOW) == {"b"}, "nothing is known yet"
            assert ledger.exhausted(budget(100, who=Who(teams=("sales",))), ANN, NOW) == frozenset()
            await ledger.read(NOW)
            clock[0] = AWAY_S
            assert ledger.exhausted(budget(100), ANN, NOW) == frozenset()
            clock[0] = AWAY_S + 1
            assert ledger.exhausted(budget(100), ANN, NOW) == {"b"}
            await ledger.read(NOW)
            assert ledger.exhausted(budget(100), ANN, NOW) == frozenset()

    asyncio.run(main())


def test_what_could_not_be_written_is_written_later(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with opened() as database:
            ledger, reader = await begun(database), Spending(database, "reader")
            spend(ledger, 5)
            reason: Reason = "unreachable"

            async def fail(*_: object) -> None:
                raise StateUnavailable(reason)

            with monkeypatch.context() as away:
                away.setattr(ledger._spending, "put", fail)
                with pytest.raises(StateUnavailable):
                    await ledger.write()
                spend(ledger, 6)
                await ledger.close(1.0)
            assert await reader.others("2026-03") == {}
            await ledger.close(1.0)
            assert await reader.others("2026-03") == {Account("support", "chatbot", "ak_1", "us"): Spent(2, 0, 11_000)}

    asyncio.run(main())


def test_it_writes_and_reads_by_itself_and_goes_on_after_an_outage(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with opened() as database:
            one, two = Ledger(database), Ledger(database)
            await one.start()
            failed = asyncio.Event()
            put = one._spending.put

            async def fail_once(*facts: Any) -> None:
                if not failed.is_set():
                    failed.set()
                    raise StateUnavailable("locked")
                await put(*facts)

            monkeypatch.setattr(one._spending, "put", fail_once)
            task = asyncio.create_task(one.run())
            one.spent(ANN, "us", "gpt-4o", answer(5), PRICES)
            async with asyncio.timeout(30):
                while not two._others:
                    await asyncio.sleep(0.05)
                    await two.read()
            assert failed.is_set()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    asyncio.run(main())


def test_unpriced_answers_are_counted_and_what_was_never_answered_is_not(opened: Open) -> None:
    async def main() -> None:
        async with opened() as database:
            ledger = await begun(database)
            ledger.spent(ANN, "us", "claude", answer(5), PRICES, NOW)
            ledger.spent(ANN, "us", "gpt-4o", {"status": "client_abort", "http": 200}, PRICES, NOW)
            ledger.spent(ANN, "us", "gpt-4o", {"status": "not_sent"}, PRICES, NOW)
            await ledger.write()
            assert await Spending(database, LOG).others("2026-03") == {
                Account("support", "chatbot", "ak_1", "us"): Spent(2, 2, 0)
            }

    asyncio.run(main())


def test_where_no_prices_are_configured_nothing_is_counted(opened: Open) -> None:
    async def main() -> None:
        async with opened() as database:
            ledger = await begun(database)
            ledger.spent(ANN, "us", "gpt-4o", answer(5), Prices(), NOW)
            await ledger.write()
            assert await Spending(database, LOG).others("2026-03") == {}

    asyncio.run(main())
