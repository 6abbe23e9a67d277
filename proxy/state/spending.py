"""What each server spent in a month, by caller and zone: rows of its own, from which all servers of a log add up.

A row holds a total that only its server writes, and that only grows. So writing it again changes nothing, whatever
became of the first time, and no server waits for another. What a server had spent when it was killed stays counted.
"""

from collections.abc import Mapping
from itertools import islice
from typing import NamedTuple, Self

from sqlalchemy import BigInteger, Column, Table, Text, func, select

from proxy.state.database import Database
from proxy.state.schema import metadata

LOG = "log"
"""Stands for a server in the rows that correct what servers counted by what the audit log says."""
MOST = 2**60
"""Of any total: more than that is as much as that."""
ROWS = 200
"""That one statement writes."""


class Account(NamedTuple):
    """Who spent, and where."""

    team: str
    app: str
    key: str
    zone: str


class Spent(NamedTuple):
    """How many answers cost how much, in billionths of the currency; what the `unpriced` ones cost is not known."""

    answers: int = 0
    unpriced: int = 0
    nanos: int = 0

    def plus(self, other: "Spent") -> Self:
        """Return both together."""
        return self._replace(
            answers=self.answers + other.answers,
            unpriced=self.unpriced + other.unpriced,
            nanos=self.nanos + other.nanos,
        )


Amounts = Mapping[Account, Spent]

_ROW = ("month", "server", "team", "app", "key_id", "zone")
_AMOUNTS = ("answers", "unpriced", "nanos")
SPENDING = Table(
    "spending",
    metadata,
    *(Column(name, Text, primary_key=True) for name in _ROW),
    *(Column(name, BigInteger, nullable=False) for name in _AMOUNTS),
)


class Spending:
    """The rows of all servers, of which this one writes its own. Methods raise StateUnavailable."""

    def __init__(self, database: Database, server: str) -> None:
        self._database = database
        self._server = server

    async def put(self, month: str, totals: Amounts) -> None:
        """Write totals of this server; one that is older than what is written changes nothing."""
        listed = iter(totals.items())
        while rows := [self._row(month, account, spent) for account, spent in islice(listed, ROWS)]:
            insert = self._database.insert(SPENDING).values(rows)
            changed = {name: insert.excluded[name] for name in _AMOUNTS}
            newer = insert.excluded.answers >= SPENDING.c.answers if self._server != LOG else None
            await self._database.execute(insert.on_conflict_do_update(index_elements=_ROW, set_=changed, where=newer))

    async def others(self, month: str) -> dict[Account, Spent]:
        """Return what all others spent in a month."""
        callers = [SPENDING.c[name] for name in ("team", "app", "key_id", "zone")]
        sums = [func.sum(SPENDING.c[name]) for name in _AMOUNTS]
        mine = (SPENDING.c.month == month, SPENDING.c.server != self._server)
        rows = await self._database.execute(select(*callers, *sums).where(*mine).group_by(*callers))
        return dict(_read(tuple(row)) for row in rows)

    async def forget(self, before: str) -> None:
        """Drop what was spent before a month."""
        await self._database.execute(SPENDING.delete().where(SPENDING.c.month < before))

    def _row(self, month: str, account: Account, spent: Spent) -> dict[str, str | int]:
        amounts = {name: max(-MOST, min(MOST, value)) for name, value in zip(_AMOUNTS, spent, strict=True)}
        return dict(zip(_ROW, (month, self._server, *account), strict=True)) | amounts


def _read(row: tuple[str | int, ...]) -> tuple[Account, Spent]:
    return Account(*map(str, row[:4])), Spent(*map(int, row[4:]))
