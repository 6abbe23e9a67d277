"""Which budgets are used up, by what all servers of a log spent this month: known in memory, counted behind answers.

A request never waits for it. This server's own spending counts at once, that of others when it was written and read:
so a budget can be overrun by what is under way when it is used up, and by what other servers answer within WRITE_S and
READ_S. When others' spending is not known for AWAY_S, every budget counts as used up: who set one wants no more spent
than is known. What a server had not written when it was killed, WRITE_S' worth, is in the audit log alone, from which
`ringfence costs --budgets --recount` counts it.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from audit.records.record import new_id
from proxy.costs.answers import charge
from proxy.costs.pots import Pot, drawn_on, month_of, pot_of
from proxy.costs.prices import Prices
from proxy.policy.model import Budget, Identity
from proxy.state.database import Database, StateUnavailable
from proxy.state.spending import Account, Spending, Spent

log = logging.getLogger(__name__)
WRITE_S = 0.2
"""What was spent is written together, so long after the first of it."""
READ_S = 2.0
AWAY_S = 30.0
KEPT_YEARS = 1
KEPT_MONTHS = 12
"""Of this server's own spending: a clock that is set back must not find a month forgotten."""
NO_PRICES = Prices()


class Ledger:
    """What was spent in one month: by this server, and by others as last read. Used by one event loop."""

    def __init__(self, database: Database, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._spending = Spending(database, new_id())
        self._monotonic = monotonic
        self._known_at = float("-inf")
        self._month = ""
        self._own: dict[str, dict[Account, Spent]] = {}
        """By month, as long as something of it is not written, and the last KEPT_MONTHS."""
        self._unwritten: dict[str, set[Account]] = {}
        self._others: dict[Account, Spent] = {}
        self._budgets: Sequence[Budget] = ()
        """Those by which the following are reckoned."""
        self._pots: dict[Pot, int] = {}
        self._drawn: dict[Account, tuple[Pot, ...]] = {}
        self._mine: dict[Identity, tuple[tuple[Pot, int], ...]] = {}
        """The pots of a caller, each with what there is for a month."""
        self._spent = asyncio.Event()

    async def start(self) -> None:
        """Read what was spent. Where that cannot be done now, every budget counts as used up until it can."""
        with suppress(StateUnavailable):
            await self.read()

    def exhausted(self, budgets: Sequence[Budget], who: Identity, now: datetime) -> frozenset[str]:
        """Return the ids of the budgets for this caller that are used up, or count as such. Never waits."""
        if not budgets:
            return frozenset()
        if self._monotonic() - self._known_at > AWAY_S:
            return frozenset(budget.id for budget in budgets if pot_of(budget, who) is not None)
        self._reckon(budgets, month_of(now))
        if who not in self._mine:
            pots = ((pot_of(budget, who), budget.monthly) for budget in budgets)
            self._mine[who] = tuple((pot, most) for pot, most in pots if pot is not None)
        return frozenset(pot[0] for pot, most in self._mine[who] if self._pots.get(pot, 0) >= most)

    def spent(  # noqa: PLR0917 - the facts of one answer
        self,
        who: Identity,
        zone: str,
        model: str,
        outcome: Mapping[str, Any],
        prices: Prices,
        now: datetime | None = None,
    ) -> None:
        """Count what an attempt cost, by its outcome's body. `model` is the name that its record has. Never waits."""
        cost = charge(outcome, prices.of(model, zone)) if prices != NO_PRICES else None
        if cost is None:
            return
        month, account = month_of(now or datetime.now(UTC)), Account(who.team, who.app, who.key, zone)
        own = self._own.setdefault(month, {})
        own[account] = own.get(account, Spent()).plus(cost)
        self._unwritten.setdefault(month, set()).add(account)
        if month == self._month:
            self._add(account, cost.nanos)
        self._spent.set()

    async def run(self) -> None:
        """Write and read until cancelled. A database that does not answer is asked again, and nothing is lost of it."""
        away = False
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(READ_S):
                    await self._spent.wait()
                    await asyncio.sleep(WRITE_S)
            try:
                await self.write()
                await self.read()
            except StateUnavailable as error:
                if not away:
                    log.warning("what is spent cannot be counted together (%s)", error.reason)
                away = True
            else:
                away = False

    async def write(self) -> None:
        """Write what was spent here and is not written; raises StateUnavailable, and then it still is not."""
        self._spent.clear()
        for month in sorted(self._unwritten):
            accounts = self._unwritten.pop(month)
            try:
                await self._spending.put(month, {account: self._own[month][account] for account in accounts})
            except BaseException:
                self._unwritten.setdefault(month, set()).update(accounts)
                raise
        for month in sorted(self._own.keys() - self._unwritten.keys())[:-KEPT_MONTHS]:
            del self._own[month]

    async def read(self, now: datetime | None = None) -> None:
        """Read what others spent this month; raises StateUnavailable."""
        began, month = self._monotonic(), month_of(now or datetime.now(UTC))
        others = await self._spending.others(month)
        if month != month_of(now or datetime.now(UTC)):
            return  # it ended while this was read
        if month > self._month:
            await self._spending.forget(f"{int(month[:4]) - KEPT_YEARS:04}{month[4:]}")
        self._reckon(self._budgets, month)
        for account, spent in others.items():
            self._add(account, spent.nanos - self._others.get(account, Spent()).nanos)
        self._others, self._known_at = others, began

    async def close(self, timeout_s: float) -> None:
        """Write what is left, as far as the database takes it in this time."""
        with suppress(StateUnavailable, TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self.write()

    def _reckon(self, budgets: Sequence[Budget], month: str) -> None:
        """See that the pots are those of these budgets and this month."""
        if month != self._month:  # an earlier one, where a clock was wrong and is set right
            self._month, self._others = month, {}
        elif budgets is self._budgets:
            return
        self._budgets, self._pots, self._drawn, self._mine = budgets, {}, {}, {}
        for amounts in (self._others, self._own.get(self._month, {})):
            for account, spent in amounts.items():
                self._add(account, spent.nanos)

    def _add(self, account: Account, nanos: int) -> None:
        if account not in self._drawn:
            self._drawn[account] = drawn_on(self._budgets, account)
        for pot in self._drawn[account]:
            self._pots[pot] = self._pots.get(pot, 0) + nanos
